"""Paths from one image to another: images, attributes along them, and changes of latents."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.plots.paths import plot_paths
from vae_tf.scores.directions import WAYS, path_codes

_NUM_STEPS = 13
_NUM_ATTRIBUTES = 4
_WORDS = {"straight": "straight", "spherical": "spherical", "in_turn": "one latent after another"}


def paths(analyzed: AnalyzedRun) -> Figure:
    """Draws three paths between two images, with the attributes that change most along them."""
    start, end, ends = _ends(analyzed)
    codes = [path_codes(start, end, _NUM_STEPS, way) for way in WAYS]
    images = analyzed.decode(np.concatenate(codes).astype("float32"))
    spread = np.maximum(analyzed.statistics.total_stddev, 1e-6)
    curves, notes = _curves(analyzed, images)
    return plot_paths(
        images.reshape(len(WAYS), _NUM_STEPS, *images.shape[1:]),
        [_WORDS[way] for way in WAYS],
        curves,
        (end - start) / spread,
        "Paths between two images",
        (analyzed.caption, f"{ends}; decoded along three paths between their codes", *notes),
    )


def _ends(analyzed):
    """Codes of two images, and a text that describes the images."""
    scored = analyzed.scored_directions
    if not scored:
        first, last = analyzed.shown_codes[[0, -1]]
        return first, last, "from the first to the last validation image of the other pictures"
    best = scored[0].direction
    mean = analyzed.run.training_codes[1]
    # The first image of each group, in the order of the training codes.
    start, end = (mean[np.flatnonzero(best.groups == value)[0]] for value in (0, 1))
    return start, end, f"from a training image without {best.name} to a training image with it"


def _curves(analyzed, images):
    """Probabilities `[paths, steps]` of the attributes that change most, and notes on them."""
    if not analyzed.directions:
        return {}, ()
    classifiers = analyzed.classifiers
    found = {
        name: probabilities.reshape(len(WAYS), _NUM_STEPS)
        for name, probabilities in classifiers.probabilities(images).items()
    }
    names = sorted(found, key=lambda name: -np.ptp(found[name]))[:_NUM_ATTRIBUTES]
    told = ", ".join(f"{name} {classifiers.accuracy[name]:.2f}" for name in names)
    note = f"curves: probabilities by classifiers of decoded images; their accuracies: {told}"
    return {name: found[name] for name in names}, (note,) if names else ()
