"""Images that the model decodes: reconstructions, generations and interpolations."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun
from vae_tf.plots.image_figures import plot_image_rows, plot_interpolation
from vae_tf.plots.traversals import line_codes, plane_codes
from vae_tf.runs.code_flow import kept_code_flow

_NUM_GENERATED = 30  # of each kind, in rows of ten


def reconstructions(analyzed: AnalyzedRun) -> Figure:
    """Draws originals above their reconstructions."""
    shown = analyzed.shown_rows
    columns = len(shown)
    between = np.linspace(0, len(analyzed.images) - 1, 2 * columns).astype(int)
    # First the images of the other pictures, then the same number of images between them.
    rows = np.concatenate([shown, np.setdiff1d(between, shown)])[: 2 * columns]
    rows = rows[: len(rows) // columns * columns]
    x = analyzed.images.images(rows)
    pairs = np.stack(
        [x, analyzed.model.reconstruct(analyzed.images.observed(rows), analyzed.labels_of(rows))]
    )  # [2, N, H, W, C]
    pairs = pairs.reshape(2, -1, columns, *x.shape[1:]).swapaxes(0, 1)  # [N / 10, 2, 10, H, W, C]
    error = np.mean(np.square(pairs[:, 0] - pairs[:, 1]))
    noise = "pixels drawn with fixed noise" if analyzed.model.autoregressive else "without noise"
    return plot_image_rows(
        pairs.reshape(-1, *pairs.shape[2:]),
        "Reconstructions",
        (
            analyzed.caption,
            f"{len(x)} validation images, evenly spaced; decoded from the mean, "
            f"{noise}; "
            f"MSE {error:.4f} per pixel",
        ),
        labels=("original", "reconstruction") * len(pairs),
    )


def generations(analyzed: AnalyzedRun) -> Figure:
    """Draws images decoded from samples of the prior, and of densities fitted to the codes.

    A flow is shown only if the run folder has one, because fitting a flow takes a minute.
    """
    images = [analyzed.model.generate(_NUM_GENERATED, SEED)]
    notes = [
        f"decoded from the first {_NUM_GENERATED} samples of the model's "
        f"{analyzed.model.prior_in_words}, seed {SEED}"
    ]
    mixture = analyzed.code_mixture
    if mixture is not None:
        images.append(analyzed.run.generate(_NUM_GENERATED, SEED, prior="mixture"))
        notes.append(
            f"and from {_NUM_GENERATED} samples of a mixture of {len(mixture.weights)} Gaussians, "
            f"fitted to the codes of {mixture.num_images:,} training images"
        )
    kinds = ["prior", "mixture"][: len(images)]
    if kept_code_flow(analyzed.run) is not None:
        images.append(analyzed.run.generate(_NUM_GENERATED, SEED, prior="flow"))
        kinds.append("flow")
        notes.append(f"and from {_NUM_GENERATED} samples of a flow, fitted to the same codes")
    rows = np.concatenate(images).reshape(-1, 10, *images[0].shape[1:])
    labels = np.repeat(kinds, _NUM_GENERATED // 10)
    return plot_image_rows(rows, "Generations", (analyzed.caption, *notes), labels=labels.tolist())


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
