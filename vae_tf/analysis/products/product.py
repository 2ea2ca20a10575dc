"""A product: a picture, an animation or a page of one run."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun


class Animation(NamedTuple):
    """Frames with their durations.

    Attributes:
        frames: `[H, W, 3]` uint8 frames. All have the same size.
        durations: Milliseconds that each frame is shown.
    """

    frames: list[np.ndarray]
    durations: list[int]


class Explorer(NamedTuple):
    """An explorer page.

    Attributes:
        content: JSON values, see `explorer_content.page_content`.
    """

    content: dict


class Product(NamedTuple):
    """A picture, an animation or a page of a run.

    Attributes:
        make: Function that draws it. It returns None if the run lacks what the picture shows.
        sources: Parts of the run that it is made from: "log", "samples", "checkpoint", "scores".
        title: Heading in the report.
        reading: Sentences on how to read it.
        needs_factors: Whether it needs images with known generating factors.
        needs_gaussian: Whether it needs a VAE with a Gaussian likelihood.
        needs_labels: Whether it needs a model that draws images of a given label.
        needs_classifier: Whether it needs a model that predicts the class of an image.
        needs_kl: Whether it needs a known and finite KL of the latents.
        needs_masks: Whether it needs a model that accepts missing values.
        needs_images: Whether it needs data that are images, not vectors.
        needs_table: Whether it needs data that are rows of a table.
        score: Score of metrics.json that it needs; None for no score.
        on_request: Whether it is drawn only if it is asked for by name.
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
