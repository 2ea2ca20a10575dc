"""Tiny models, trained in seconds, for `between_codes.py` and `small_questions.py`."""

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from vae_tf import data  # noqa: E402
from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.models.template.build import build_model  # noqa: E402
from vae_tf.networks.builders import build_networks  # noqa: E402

BATCH_SIZE = 64
DIGITS = Params(
    dataset="digits",
    encoder=((128,),),
    latent_size=8,
    batch_size=BATCH_SIZE,
    steps=1_500,
    learning_rate=2e-3,
)


def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Digits: 1,500 images and labels to train on, 297 to test on, shuffled by seed 0."""
    known = data.load("digits", "all")
    order = np.random.default_rng(0).permutation(len(known))
    images, labels = known.images(order), known.labels[order]
    return images[:1_500], labels[:1_500], images[1_500:], labels[1_500:]


def of_beta(beta: float, **changes) -> Params:
    """The digits' parameters at a KL weight; 0 is the model `ae`."""
    weight = {"model": "ae", "kl_weight": None} if beta == 0 else {"kl_weight": beta}
    return replace(DIGITS, **weight, **changes)


def trained(params: Params, images: np.ndarray, kind: Callable | None = None, **hyper):
    """Model after its steps, and the terms of every step.

    Args:
        params: Parameters of the run.
        images: `[N, H, W, C]` training images; each batch is drawn from all of them.
        kind: Class of the model where it is none of `MODELS`.
        **hyper: Hyperparameters of such a class.

    Returns:
        The model, and a dict of arrays `[steps]`: loss, reconstruction and kl.
    """
    if kind is None:
        model = build_model(params, images.shape[1:], len(images))
    else:
        networks = build_networks(params, images.shape[1:])
        options = {"likelihood": params.likelihood, "seed": params.seed}
        model = kind(*networks, **options, **hyper)
        model.compile(tf.keras.optimizers.Adam(params.rate(0)))
    update = tf.function(model.update, autograph=False)
    rng = np.random.default_rng(params.seed)
    seen = []
    for _ in range(params.steps):
        rows = rng.integers(len(images), size=params.batch_size)
        terms = update({"image": tf.constant(images[rows])})
        seen.append([terms[name] for name in ("loss", "reconstruction", "kl")])
    loss, reconstruction, kl = np.array(seen, "f8").T
    return model, {"loss": loss, "reconstruction": reconstruction, "kl": kl}


def averages(model, images: np.ndarray, draws: int = 20) -> dict[str, float]:
    """Reconstruction, KL and ELBO of images in nats, averages over images and `draws` samples."""
    terms = [model.compute_terms({"image": images}, training=False) for _ in range(draws)]
    return {
        name: float(np.mean([each[name] for each in terms]))
        for name in ("reconstruction", "kl", "elbo")
    }
