"""Images with a hidden part, and their completions by the model."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.plots.inpainting import Completions, plot_inpainting

_NUM_SHOWN = 5  # images of a group
_NUM_SAMPLES = 7
_NUM_IMPORTANCE = 2_000


def inpainting(analyzed: AnalyzedRun) -> Figure:
    """Draws completions of images without their lower half, and of images as in the training."""
    images = analyzed.images
    rows = images.evenly_spaced(_NUM_SHOWN)
    complete = images.images(rows) * 1.0
    half = np.ones_like(complete)
    half[:, complete.shape[1] // 2 :] = 0
    if analyzed.params.missing is None:  # values that are NaN in the data are not known
        half *= images.masks(rows)
    groups = [_completed(analyzed, "The lower half is missing", complete, half)]
    if images.has_missing:
        rule = analyzed.params.missing or "NaN in the data"
        groups.append(
            _completed(analyzed, f"Hidden in training: {rule}", complete, images.masks(rows))
        )
    return plot_inpainting(
        groups,
        "Missing parts filled in",
        (
            analyzed.caption,
            f"validation images, evenly spaced; {_NUM_IMPORTANCE:,} importance samples per image",
            "mean: expectation of the missing pixels; samples: expected images given sampled codes",
        ),
    )


def _completed(analyzed: AnalyzedRun, heading: str, images: np.ndarray, mask: np.ndarray):
    result = analyzed.run.impute(
        images, mask, samples=_NUM_SAMPLES, num_importance=_NUM_IMPORTANCE, noise=False
    )
    captions = [f"{size:,.0f}" if np.isfinite(size) else "" for size in result.effective_samples]
    return Completions(heading, images, mask, result.mean, result.samples, captions)
