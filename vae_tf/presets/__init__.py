"""The runs and studies that come with the package, by subject.

Presets are written as differences from one another. All fields, with their units and defaults, are
in vae_tf/config/params.py.
"""

from vae_tf.config import Params
from vae_tf.config.studies import Study
from vae_tf.presets import (
    binary_mnist,
    celeba,
    digits,
    emoji,
    lines,
    mnist,
    semi_supervised,
    sprites,
)
from vae_tf.presets.presets import Presets
from vae_tf.presets.studies import STUDIES

GROUPS: tuple[Presets[Params], ...] = (
    digits.RUNS,
    sprites.RUNS,
    lines.RUNS,
    emoji.RUNS,
    mnist.RUNS,
    binary_mnist.RUNS,
    semi_supervised.RUNS,
    celeba.RUNS,
)

# Runs to try first, in this order; nothing is downloaded.
FIRST = ("digits-map", "sprites-beta-TCVAE", "digits-VAE", "emoji-VAE", "my-images")

# Former name -> name.
RENAMED = celeba.RENAMED | binary_mnist.RENAMED


def runs() -> dict[str, Params]:
    """All presets by name, a new dict to which runs can be added."""
    return {name: params for group in GROUPS for name, params in group.items()}


def about(name: str, run: Params) -> str:
    """The sentence about a preset; empty for a run that is none, whatever its name."""
    return next((words for group in GROUPS if (words := group.sentence(name, run))), "")


def studies() -> dict[str, Study]:
    """All studies by name, a new dict to which studies can be added."""
    return dict(STUDIES)
