"""Colors of the points of a latent space."""

from collections.abc import Sequence

import numpy as np

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.attributes import in_words
from vae_tf.plots.latent_space import Coloring


def colorings(analyzed: AnalyzedRun) -> list[Coloring]:
    """Return colorings of the analyzed images: by each factor, or else by the label, if known."""
    images, rows = analyzed.images, analyzed.analyzed_rows
    labels = None if images.labels is None else images.labels[rows]
    names: Sequence[str] | None = images.label_names
    if analyzed.has_factors:
        truth = analyzed.ground_truth
        return [
            Coloring(in_words(name), values, names if _same(values, labels) else None)
            for name, values in zip(truth.factor_names, truth.factors(rows).T, strict=True)
        ]
    if labels is None:
        return []
    if names is None and len(np.unique(labels)) <= 30:
        names = [str(value) for value in range(labels.max() + 1)]
    return [Coloring("label", labels, names)]


def _same(values, labels):
    return labels is not None and np.array_equal(values, labels)
