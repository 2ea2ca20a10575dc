"""Evaluate a model on a whole set of images, without changing the model."""

import contextlib
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from vae_tf.data.batches import parts
from vae_tf.data.image_set import ImageSet
from vae_tf.data.labels import labels_of
from vae_tf.models.template.generative_model import GenerativeModel

_AT_ONCE = 1_000  # images

NOISE_SEED = 0  # for validation and sample pictures: the same noise at every step, in every run


def evaluate(model: GenerativeModel, images: ImageSet, batch_size: int, *, terms=None) -> dict:
    """Computes the terms of the log over a whole set of images.

    Args:
        model: Any model of this package.
        images: Images. Each is used once, with the same noise at every call.
        batch_size: Number of images per batch. It changes estimators that depend on the batch.
        terms: Compiled `model.compute_terms`; None to compile it.

    Returns:
        Dict of floats: means over images; for `*_min` the minimum, for `*_max` the maximum.
    """
    terms = terms or tf.function(model.compute_terms, autograph=False)
    rows, sizes = [], []
    with state_kept(model, NOISE_SEED):
        for batch in parts(images, batch_size, model.batch_keys):
            values = terms(as_tensors(batch), training=False)
            rows.append({name: float(value) for name, value in values.items()})
            sizes.append(len(batch["image"]))
    reductions = {"min": min, "max": max}
    result = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        reduce = reductions.get(name.rsplit("_", 1)[-1])
        result[name] = reduce(values) if reduce else float(np.average(values, weights=sizes))
    return result


def classification_error(model: GenerativeModel, images: ImageSet) -> float:
    """Computes the share of labeled images that a model classifies wrongly, in [0, 1]."""
    wrong = 0
    for rows in np.array_split(np.arange(len(images)), max(len(images) // _AT_ONCE, 1)):
        guess = model.classify(images.images(rows)).argmax(axis=1)
        wrong += int(np.sum(guess != labels_of(images)[rows]))
    return wrong / len(images)


@contextlib.contextmanager
def state_kept(model: GenerativeModel, seed: int | None = None) -> Iterator[None]:
    """Context that restores the model's state at its end. `seed` sets the random state inside."""
    noise = model.seed_generator.state
    # Statistics of batch normalization move in a forward pass of training.
    state = [noise, *model.layer_seeds, *model.non_trainable_weights]
    kept = [np.array(variable) for variable in state]
    try:
        if seed is not None:
            noise.assign([seed, 0])
        yield
    finally:
        for variable, value in zip(state, kept, strict=True):
            variable.assign(value)


def as_tensors(batch):
    """Converts arrays of a batch to tensors, so that compiled functions are not traced again."""
    return tf.nest.map_structure(tf.constant, batch)
