"""Edits along the directions of attributes: encode, add, decode."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.plots.image_figures import plot_image_rows

_MOST_ROWS = 8
_STEPS = np.linspace(-1.0, 2.0, 7)


def directions(analyzed: AnalyzedRun) -> Figure | None:
    """Draws an image edited along each direction, with the effects that classifiers measure.

    Returns:
        None if no attributes of the images are known.
    """
    scored = analyzed.scored_directions[:_MOST_ROWS]
    if not scored:
        return None
    rows: list[np.ndarray] = []
    labels = []
    for each in scored:
        # The attribute is added to the first images without it.
        without = analyzed.run.training_codes[1][each.direction.groups == 0]
        start = without[len(rows) % min(3, len(without))]
        rows.append(analyzed.decode((start + _STEPS[:, None] * each.direction.vector).astype("f4")))
        other = max(each.scores.others.values(), default=0.0)
        labels.append(
            f"{each.direction.name}: {each.scores.wanted:+.2f}, others {other:.2f}; "
            f"accuracy {each.accuracy:.2f}"
        )
    return plot_image_rows(
        np.stack(rows),
        "Edits along directions of attributes",
        (
            analyzed.caption,
            "from left to right: -1 to 2 steps from an image without the attribute; a step is the "
            "distance between images with and without it",
            "labels: change of the attribute's probability by one step, the largest mean change "
            "of another attribute, and the accuracy of the classifier",
        ),
        labels=labels,
    )
