"""Images that the model decodes: reconstructions, generations, interpolation."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun
from vae_tf.plots.image_figures import plot_image_rows, plot_interpolation
from vae_tf.plots.traversals import line_codes, plane_codes

_NUM_STYLES = 6
_MOST_CLASSES = 20  # columns


def reconstructions(analyzed: AnalyzedRun) -> Figure:
    """Draws originals above their reconstructions."""
    shown = analyzed.shown_rows
    columns = len(shown)
    between = np.linspace(0, len(analyzed.images) - 1, 2 * columns).astype(int)
    # The images of the other pictures first, then as many in between them.
    rows = np.concatenate([shown, np.setdiff1d(between, shown)])[: 2 * columns]
    rows = rows[: len(rows) // columns * columns]
    x = analyzed.images.images(rows)
    pairs = np.stack(
        [x, analyzed.model.reconstruct(x, analyzed.labels_of(rows))]
    )  # [2, N, H, W, C]
    pairs = pairs.reshape(2, -1, columns, *x.shape[1:]).swapaxes(0, 1)  # [N / 10, 2, 10, H, W, C]
    error = np.mean(np.square(pairs[:, 0] - pairs[:, 1]))
    return plot_image_rows(
        pairs.reshape(-1, *pairs.shape[2:]),
        "Reconstructions",
        (
            analyzed.caption,
            f"{len(x)} validation images, evenly spaced; decoded from the mean, without noise; "
            f"MSE {error:.4f} a pixel",
        ),
        labels=("original", "reconstruction") * len(pairs),
    )


def generations(analyzed: AnalyzedRun) -> Figure:
    """Draws images decoded from samples of the prior."""
    images = analyzed.model.generate(40, SEED)
    return plot_image_rows(
        images.reshape(4, 10, *images.shape[1:]),
        "Generations",
        (analyzed.caption, f"decoded from the first 40 samples of N(0, I), seed {SEED}"),
    )


def class_grid(analyzed: AnalyzedRun) -> Figure:
    """Draws samples of the prior under every label: a column a class, a row a style."""
    model, names = analyzed.model, analyzed.images.label_names
    rng = np.random.default_rng(SEED)
    styles = model.sample_prior(_NUM_STYLES, rng)  # [S, L]
    classes = np.arange(min(model.num_classes, _MOST_CLASSES))
    z = np.repeat(styles, len(classes), axis=0)
    images = model.decode(z, np.tile(classes, _NUM_STYLES))
    shown = ", ".join(names[k] for k in classes) if names else f"0 to {classes[-1]}"
    return plot_image_rows(
        images.reshape(_NUM_STYLES, len(classes), *images.shape[1:]),
        "Every class in the same styles",
        (
            analyzed.caption,
            f"from left to right the labels {shown}; a row is one sample of N(0, I), seed {SEED}",
        ),
    )


def interpolation(analyzed: AnalyzedRun) -> Figure:
    """Draws the plane through three encoded images, and lines between pairs of images."""
    side, num_steps = 7, 7
    others = np.arange(3, len(analyzed.originals) - 1)
    pairs = np.stack([others, np.roll(others, -1)], axis=1)  # [P, 2]
    codes = analyzed.shown_codes
    plane = plane_codes(codes[:3], side)
    lines = line_codes(codes[pairs], num_steps)
    decoded = analyzed.decode(
        np.concatenate([plane.reshape(-1, codes.shape[1]), lines.reshape(-1, codes.shape[1])])
    )
    shape = decoded.shape[1:]
    return plot_interpolation(
        np.concatenate([analyzed.originals[:3], analyzed.originals[pairs.ravel()]]),
        decoded[: side * side].reshape(side, side, *shape),
        decoded[side * side :].reshape(len(pairs), num_steps, *shape),
        "Interpolation",
        (
            analyzed.caption,
            "straight lines between the codes (posterior means) of validation images",
        ),
    )
