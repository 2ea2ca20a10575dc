"""A product: a picture, an animation or a page of one run."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun


class Animation(NamedTuple):
    """Frames and how long each is shown.

    Attributes:
        frames: `[H, W, 3]` uint8 frames, all of one size.
        durations: Milliseconds that each frame is shown.
    """

    frames: list[np.ndarray]
    durations: list[int]


class Explorer(NamedTuple):
    """A page to play with.

    Attributes:
        content: JSON values, see `explorer.page_content`.
    """

    content: dict


class Product(NamedTuple):
    """A picture, an animation or a page of a run.

    Attributes:
        make: Function that draws it; it returns None where the run has nothing of it.
        sources: Parts of the run that it is made from: "log", "samples", "checkpoint", "scores".
        title: Heading in the report.
        reading: A sentence on how to read it.
        needs_factors: Whether it is only made where the generating factors are known.
        needs_gaussian: Whether it is only made of VAEs with a Gaussian likelihood.
        needs_labels: Whether it is only made of models that draw images of a given label.
        needs_classifier: Whether it is only made of models that predict the class of an image.
        needs_kl: Whether it is only made where the KL of latents is known and finite.
        needs_masks: Whether it is only made of models that take missing values.
        needs_images: Whether it shows images, which vectors are not.
        needs_table: Whether it shows columns of a table.
        score: Score of metrics.json that it shows; it is only made of runs with that score.
        on_request: Whether it is only drawn where it is asked for by name.
    """

    make: Callable[[AnalyzedRun], Figure | Animation | Explorer | None]
    sources: tuple[str, ...]
    title: str
    reading: str
    needs_factors: bool = False
    needs_gaussian: bool = False
    needs_labels: bool = False
    needs_classifier: bool = False
    needs_kl: bool = False
    needs_masks: bool = False
    needs_images: bool = False
    needs_table: bool = False
    score: str | None = None
    on_request: bool = False
