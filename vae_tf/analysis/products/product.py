"""What a product is: a picture or an animation of one run."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun


class Animation(NamedTuple):
    """Frames and how long each is shown.

    Attributes:
        frames: `[H, W, 3]` uint8 each.
        durations: Milliseconds each.
    """

    frames: list[np.ndarray]
    durations: list[int]


class Product(NamedTuple):
    """A picture of a run.

    Attributes:
        make: AnalyzedRun -> what is shown.
        sources: What of the run it is made from: "log", "samples", "checkpoint", "scores".
        title: Its heading in the report.
        reading: A sentence on how to read it.
        needs_factors: Whether it is only made where the generating factors are known.
        needs_kl: Whether it is only made where the KL of latents is known and finite.
        score: What it draws of metrics.json; it is only made of runs with that score.
        options: AnalyzedRun -> choices that change it.
    """

    make: Callable[[AnalyzedRun], Figure | Animation]
    sources: tuple[str, ...]
    title: str
    reading: str
    needs_factors: bool = False
    needs_kl: bool = False
    score: str | None = None
    options: Callable[[AnalyzedRun], tuple] = lambda analyzed: ()
