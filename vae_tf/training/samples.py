"""Sample pictures of a training: originals, reconstructions and generated images, by step."""

from pathlib import Path

import numpy as np

from vae_tf.config import Params
from vae_tf.data.image_set import ImageSet
from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.plots.grids import image_grid
from vae_tf.plots.saving import save_png
from vae_tf.training.evaluation import NOISE_SEED

_NUM_SHOWN = 10  # images in a row of a sample picture


def is_sampled(params: Params, step: int) -> bool:
    """Whether a picture is due: at the steps of `sample_steps`, then every `sample_every` steps."""
    early = params.sample_steps
    after = step - max(early, default=0)
    return step in early or (after >= 0 and after % params.sample_every == 0)


def save_samples(folder: Path, step: int, model: GenerativeModel, images: ImageSet):
    """Saves the picture of a step: originals, their reconstructions and generated images.

    Args:
        folder: The folder of sample pictures, made if it does not exist.
        step: Optimizer updates done.
        model: The model at that step.
        images: The originals are evenly spaced over this set.
    """
    picked = np.linspace(0, len(images) - 1, _NUM_SHOWN).astype(int)
    originals = images.images(picked)
    labels = images.labels[picked] if model.conditional and images.labels is not None else None
    rows = [
        originals,
        model.reconstruct(images.observed(picked), labels),
        model.generate(_NUM_SHOWN, NOISE_SEED, labels),
    ]
    save_png(folder / f"step_{step:08d}.png", image_grid(np.concatenate(rows), _NUM_SHOWN))
