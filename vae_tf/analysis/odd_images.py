"""Judge image sets with a run: scores, p-values, and a picture of the oddest images."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from vae_tf.data import ImageSet
from vae_tf.plots.anomalies import OddImages, plot_anomalies
from vae_tf.runs.anomalies import anomaly_threshold, p_values

RATE = 0.01  # share of normal images that are judged odd, by default
_AT_ONCE = 256  # images that are read and scored together


class Judged(NamedTuple):
    """Images of a set with their scores.

    Attributes:
        name: Name of the images in the picture.
        images: The set.
        rows: `[N]` indices of the images in the set.
        scores: `[N]` anomaly scores.
        p_values: `[N]` conformal p-values against the normal images.
        odd: `[N]` bools, whether the p-value is at most the rate.
    """

    name: str
    images: ImageSet
    rows: np.ndarray
    scores: np.ndarray
    p_values: np.ndarray
    odd: np.ndarray

    @property
    def order(self) -> np.ndarray:
        """`[N]` places in `rows`, the oddest first; images with equal scores keep their order."""
        return np.argsort(-self.scores, kind="stable")


def score_images(
    run, images: ImageSet, rows: np.ndarray, method: str, *, progress: str | None = None
) -> np.ndarray:
    """Score images of a set, a few hundred in memory at a time.

    Args:
        run: The run.
        images: The set.
        rows: `[N]` indices.
        method: Same as in `run.anomaly_scores`.
        progress: Name of a progress bar on stderr; None for none.

    Returns:
        `[N]` scores.
    """
    from tqdm import tqdm

    parts = []
    with tqdm(total=len(rows), desc=progress, unit="image", disable=progress is None) as bar:
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            parts.append(run.anomaly_scores(images.observed(some), method))
            bar.update(len(some))
    return np.concatenate(parts)


def judge(
    name: str, images: ImageSet, rows: np.ndarray, scores: np.ndarray, normal: np.ndarray, rate
) -> Judged:
    """Compute p-values from the scores of normal images, and judge which images are odd.

    Args:
        name: Name of the images.
        images: The set.
        rows: `[N]` indices.
        scores: `[N]` scores of the images.
        normal: `[M]` scores of normal images that the model was not trained on.
        rate: Share of normal images that are judged odd, at least `least_rate(M)`.
    """
    values = p_values(scores, normal)
    # p <= rate is the same decision as score > threshold, with the same rounding.
    return Judged(name, images, rows, scores, values, np.round(values - rate, 9) <= 0)


def least_rate(num_normal: int) -> float:
    """Return the smallest rate with a threshold, 1 / (N + 1).

    Args:
        num_normal: Number of normal images, N.

    Example:
        >>> least_rate(99)
        0.01
    """
    return 1.0 / (num_normal + 1)


def anomaly_figure(
    run,
    judged: Sequence[Judged],
    normal: tuple[str, np.ndarray],
    rate: float,
    method: str,
    title: str,
    notes: Sequence[str],
    *,
    most: int,
) -> Figure:
    """Draw the oddest images of one or two sets, and a histogram of all scores.

    Args:
        run: The run that judged the sets.
        judged: One or two sets of images.
        normal: Name and `[M]` scores of the normal images.
        rate: Share of normal images that are judged odd.
        method: Method of the scores, see `run.anomaly_scores`.
        title: Title of the page.
        notes: Lines below the title.
        most: Maximum number of images shown per set.
    """
    from vae_tf.runs.anomalies.methods import METHODS

    scores = dict([normal]) | {each.name: each.scores for each in judged}
    return plot_anomalies(
        [_oddest(run, each, most) for each in judged],
        scores,
        anomaly_threshold(normal[1], rate).value,
        METHODS[method].unit,
        title,
        notes,
    )


def _oddest(run, judged: Judged, most: int) -> OddImages:
    from vae_tf.runs.anomalies.error_maps import error_maps

    chosen = judged.order[:most]
    x = judged.images.observed(judged.rows[chosen])
    return OddImages(
        f"The oddest of {len(judged.rows):,} {judged.name} images",
        np.nan_to_num(x),
        run.model.reconstruct(x),
        np.nan_to_num(error_maps(run.model, x)),
        [f"{judged.scores[i]:.4g}\np {judged.p_values[i]:.2g}" for i in chosen],
        judged.odd[chosen],
    )
