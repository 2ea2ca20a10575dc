"""How training went: the log as curves and the sampled pictures in motion."""

import logging

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.products.product import Animation
from vae_tf.errors import UserError
from vae_tf.plots.animations import training_frames
from vae_tf.plots.saving import load_png
from vae_tf.plots.training_curves import plot_training_curves


def training_curves(analyzed: AnalyzedRun) -> Figure:
    """Draws the eight panels of the log."""
    history = analyzed.history
    step = f"step {history['step'][-1]:,} of {analyzed.params.steps:,}"
    return plot_training_curves(history, "How training went", (f"{analyzed.run.name}, {step}",))


def training_animation(analyzed: AnalyzedRun, gamma: float | None = None) -> Animation:
    """Draws originals, reconstructions and generations at the sampled steps.

    Args:
        analyzed: Run that is drawn.
        gamma: Exponent that brightens dark pixels, see `animations.enhance_dark`; None leaves
            them.
    """
    found = {}
    for path in sorted(analyzed.run.samples.glob("step_*.png")):
        try:
            found[int(path.stem.removeprefix("step_"))] = load_png(path)
        except OSError:
            logging.warning("%s is damaged; training.gif goes on without it.", path)
    if not found:
        raise UserError(
            f"There are no pictures in '{analyzed.run.samples}'. They come with training: see "
            f"sample_every and sample_steps in params.py."
        )
    # Early steps are many and quick, later ones alike: the picture at hand for each of at most 36.
    steps = np.array(list(found))
    if len(steps) > 36:
        steps = steps[np.unique(np.linspace(0, len(steps) - 1, 36).astype(int))]
    drawn = training_frames(
        {int(step): found[step] for step in steps}, analyzed.run.name, gamma=gamma
    )
    return Animation(drawn, _held(len(drawn), 250))


def _held(count: int, usual: int) -> list[int]:
    """Returns milliseconds of frames of which the first and the last are held for longer."""
    return [1_200 if index == 0 else 2_500 if index == count - 1 else usual
            for index in range(count)]  # fmt: skip
