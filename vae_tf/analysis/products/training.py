"""The training: curves of the log, and an animation of the sampled pictures."""

import logging
import re
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.products.product import Animation
from vae_tf.plots.animations import training_frames
from vae_tf.plots.saving import load_png
from vae_tf.plots.training_curves import plot_training_curves
from vae_tf.process.errors import UserError

_NAME = re.compile(r"step_([0-9]{8,15})\.png")
_MOST_FRAMES = 36
_MOST_PIXELS = 100_000_000  # of all pictures together


def training_curves(analyzed: AnalyzedRun) -> Figure:
    """Draws the panels of the log."""
    history = analyzed.history
    step = f"step {history['step'][-1]:,} of {analyzed.params.steps:,}"
    return plot_training_curves(history, "Training curves", (f"{analyzed.run.name}, {step}",))


def training_animation(analyzed: AnalyzedRun, gamma: float | None = None) -> Animation:
    """Draws originals, reconstructions and generations at the sampled steps.

    Args:
        analyzed: Run that is drawn.
        gamma: Exponent that brightens dark pixels, see `animations.enhance_dark`; None changes
            nothing.

    Raises:
        UserError: If the run folder has no such pictures.
    """
    pictures = _pictures(analyzed.run.samples)
    if not pictures:
        raise UserError(
            f"There are no pictures in '{analyzed.run.samples}'. Training saves them: see "
            f"sample_every and sample_steps in params.py."
        )
    drawn = training_frames(pictures, analyzed.run.name, gamma=gamma)
    return Animation(drawn, _held(len(drawn), 250))


def _pictures(folder: Path) -> dict[int, np.ndarray]:
    """Return step -> sampled picture, all of one size.

    There are at most 36 pictures, fewer if they are large. Pictures that are damaged or have
    another size are logged and left out.
    """
    names = {path: _NAME.fullmatch(path.name) for path in folder.glob("step_*.png")}
    paths = {int(match[1]): path for path, match in names.items() if match}
    pictures: dict[int, np.ndarray] = {}
    waiting = _thinned(sorted(paths), _MOST_FRAMES)
    while waiting:
        step, *waiting = waiting
        try:
            picture = load_png(paths[step])
        except OSError as error:
            logging.warning("%s. training.gif continues without it.", error)
            continue
        if not pictures:
            height, width, _ = shape = picture.shape
            waiting = _thinned(waiting, max(1, _MOST_PIXELS // (height * width) - 1))
        if picture.shape == shape:
            pictures[step] = picture
        else:
            logging.warning("%s has another size. training.gif continues without it.", paths[step])
    return pictures


def _thinned(steps: list[int], most: int) -> list[int]:
    """Pick at most `most` of the steps, evenly spaced."""
    if len(steps) <= most:
        return steps
    return [steps[index] for index in np.linspace(0, len(steps) - 1, most).astype(int)]


def _held(count: int, usual: int) -> list[int]:
    """Return the duration of each frame in ms. The first and the last frame are shown longer."""
    durations = [usual] * count
    durations[0] = 1_200
    durations[-1] = 2_500 if count > 1 else 1_200
    return durations
