"""Codes of images without the encoder: the decoder inverted by gradient descent.

Reference:
    Lipton & Tripathi, "Precise Recovery of Latent Vectors from Generative Adversarial Networks",
    ICLR 2017 workshop. https://arxiv.org/abs/1702.04782
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
from keras import ops
from tqdm import tqdm

from vae_tf.data.pixel_values import as_floats
from vae_tf.models.template.arrays import RowFunctions
from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.runs.inference.descent import descend

_ROWS = 1024  # codes that descend together


class Inversion(NamedTuple):
    """Codes found for images.

    Attributes:
        codes: `[N, L]`, for each image the code of the best start.
        reconstruction: `[N]` nats, negative log-likelihood given the code, less its constant.
        reconstruction_of_starts: `[S, N]` nats that each start came to.
        reconstruction_of_encoder: `[N]` nats given the means of the encoder's posteriors.
    """

    codes: np.ndarray
    reconstruction: np.ndarray
    reconstruction_of_starts: np.ndarray
    reconstruction_of_encoder: np.ndarray


def invert(
    model,
    images: np.ndarray,
    *,
    starts: int = 4,
    steps: int = 300,
    learning_rate: float = 0.1,
    seed: int = 0,
    progress: bool = False,
) -> Inversion:
    """Find for each image the code that explains it best: argmax over z of log p(x|z).

    The encoder is not asked. The first start is the code 0, others are samples of the prior.
    Each descends by Adam, and the best one counts. For a linear decoder and squared errors the
    result equals least squares. The prior has no part in it: codes may be where it has none.

    Args:
        model: Model of this package with continuous codes and without labels.
        images: `[N, H, W, C]` images, or `[N, D]` vectors, N at least 1.
        starts: Number of starts, S, at least 1.
        steps: Steps of Adam of each start, at least 1.
        learning_rate: Rate of the first step, in units of a code; it falls to 0.
        seed: Seed of the starts.
        progress: Whether to show a progress bar on stderr.

    Raises:
        UserError: If an argument is out of range, the images do not fit the model, or the model
            has labels or discrete codes.
    """
    starts, steps = check_count("starts", starts, 1), check_count("steps", steps, 1)
    if not (np.isfinite(learning_rate) and learning_rate > 0):
        raise UserError(
            f"`learning_rate` must be above 0. Received: learning_rate={learning_rate}. Choose for "
            f"instance 0.1."
        )
    if model.conditional or model.num_silent or hasattr(model, "codebook"):
        raise UserError(
            f"Inversion is for continuous codes without labels. Received: a "
            f"{type(model).__name__}. Train a vae, plain_ae, iwae or the like."
        )
    means, _ = model.encode(images)  # checks the images
    if not len(means):
        raise UserError("Inversion needs at least one image. Received: none.")
    x = as_floats(np.asarray(images), model.image_shape, unit=model.likelihood.unit)
    functions, rng = RowFunctions(), np.random.default_rng(seed)
    first = model.sample_prior(starts * len(x), rng).reshape(starts, *means.shape)
    first[0] = 0.0

    def gradients(rows):
        z = rows["z"]
        with tf.GradientTape() as tape:
            tape.watch(z)
            logits = model.render(z, {"image": rows["x"]}, False)
            nats, _ = model.likelihood.reconstruction(rows["x"], logits)
            total = ops.sum(nats)  # no row changes another's term
        return (tape.gradient(total, z),)

    codes = np.empty_like(first)
    batches = range(0, len(x), _ROWS)
    with tqdm(
        desc="Inversion: steps", total=starts * steps * len(batches), delay=2, disable=not progress
    ) as bar:
        for start in range(starts):
            for begin in batches:
                part = slice(begin, begin + _ROWS)

                def of_codes(values, rows=x[part]):
                    return functions("gradients", gradients, {"x": rows, "z": values[0]})

                arrays = descend([first[start, part]], of_codes, steps, learning_rate, bar)
                codes[start, part] = arrays[0]
    nats = np.stack([model.reconstruction_nats(images, each) for each in codes])
    if not np.isfinite(nats).any(axis=0).all():
        raise UserError(
            "Every start gave NaN or infinity for an image. Choose a smaller learning_rate, or "
            "look for a diverged model."
        )
    best = np.nanargmin(nats, axis=0)
    rows = np.arange(len(x))
    encoded = model.reconstruction_nats(images, means)
    return Inversion(codes[best, rows], nats[best, rows], nats, encoded)
