"""The oddest validation and training images."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.odd_images import RATE, anomaly_figure, judge, least_rate, score_images

_NUM_SCORED = 1_000  # images of each split
_NUM_SHOWN = 10  # of each split


def anomalies(analyzed: AnalyzedRun) -> Figure | None:
    """Draws the oddest images of both splits with error maps; None if the model needs labels."""
    if analyzed.model.conditional:
        return None
    method = "elbo" if analyzed.model.has_densities else "reconstruction"
    rows = analyzed.analyzed_rows
    normal = score_images(analyzed.run, analyzed.images, rows, method)
    rate = max(RATE, least_rate(len(normal)))
    training = analyzed.run.data
    chosen = np.sort(training.evenly_spaced(_NUM_SCORED))
    scores = score_images(analyzed.run, training, chosen, method)
    judged = [
        judge("validation", analyzed.images, rows, normal, normal, rate),
        judge("training", training, chosen, scores, normal, rate),
    ]
    odd = int(judged[1].odd.sum())
    return anomaly_figure(
        analyzed.run,
        judged,
        ("validation", normal),
        rate,
        method,
        "The oddest images",
        (
            analyzed.caption,
            f"anomaly score '{method}' of {len(rows):,} validation and {len(chosen):,} training "
            f"images, evenly spaced; threshold at a rate of {rate:.2g}",
            f"{odd} training images are above the threshold (orange); "
            f"expected for normal images: about {rate * len(chosen):.0f}",
        ),
        most=_NUM_SHOWN,
    )
