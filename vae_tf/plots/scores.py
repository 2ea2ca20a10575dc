"""Pictures of scores: what holds which factor, and what the KL is made of (draw)."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vae_tf.plots.layout import BLUE, FAINT, INK, MARGIN, ORANGE, SKY, Page, points, text_width

# Perceptually uniform; in steps, as pictures are saved with at most 256 colours.
_COLOURS = colormaps["magma_r"].resampled(48)
# Part of the KL -> what it is, in words, and its colour.
PARTS = {
    "index_code_mutual_information": (
        "Index-code information",
        "what codes tell of the image",
        BLUE,
    ),
    "total_correlation": ("Total correlation", "dependence between latents", ORANGE),
    "dimension_wise_kl": ("Dimension-wise KL", "distance of each latent from N(0, 1)", SKY),
}


def plot_heat_maps(
    matrices: dict[str, np.ndarray],
    latents: Sequence[int],
    factor_names: Sequence[str],
    unit: str,
    title: str,
    notes: Sequence[str] = (),
    *,
    darkest: float | None = None,
) -> Figure:
    """Latents against factors: one heat map or more side by side, on one scale of colours.

    The greatest value of each column is framed, as it is what a factor's score begins with.

    Args:
        matrices: Heading -> `[L, K]`, at least 0, rows in the order of `latents`.
        latents: Numbers of the L latents, in the order shown.
        factor_names: Of the K factors.
        unit: Of the values.
        title: Of the page.
        notes: Lines below the title.
        darkest: Value of the darkest colour; None for the greatest there is.
    """
    rows, columns = len(latents), len(factor_names)
    cell_height = 30 if rows <= 16 else 22 if rows <= 40 else 12
    cell_width = int(max(72, *(text_width(name, 13) + 8 for name in factor_names)))
    width, height, left, between, bar_width = cell_width * columns, cell_height * rows, 44, 78, 14
    across = width + between
    above = 34 if any(matrices) else 10
    page = Page(left + len(matrices) * across + 40, above + height + 28, title, tuple(notes))
    top = page.top + above
    if darkest is None:
        darkest = max(1e-6, *(float(matrix.max()) for matrix in matrices.values()))
    for index, (heading, matrix) in enumerate(matrices.items()):
        x = MARGIN + left + index * across
        axes = page.chart(x, top, width, height, title=heading)
        axes.grid(visible=False)
        drawn = axes.imshow(matrix, cmap=_COLOURS, vmin=0, vmax=darkest, aspect="auto")
        axes.set_xticks(range(columns), factor_names, size=points(13))
        axes.set_yticks(range(rows), [f"z{latent}" for latent in latents])
        axes.tick_params(axis="y", labelsize=points(min(13, cell_height)))
        axes.tick_params(labelcolor=INK)
        axes.spines[:].set_visible(False)
        if cell_height >= 18:
            for (row, column), value in np.ndenumerate(matrix):
                axes.text(
                    column, row, f"{value:.2f}", ha="center", va="center", size=points(12),
                    color="white" if value > 0.42 * darkest else INK,
                )  # fmt: skip
        for column, row in enumerate(matrix.argmax(axis=0)):
            if matrix[row, column] > 0:
                axes.add_patch(
                    Rectangle(
                        (column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=BLUE, linewidth=2,
                        clip_on=False,
                    )
                )  # fmt: skip
    x = MARGIN + left + len(matrices) * across - between + 18
    bar = page.axes(x, top, bar_width, min(height, 240), label="colour bar")
    page.figure.colorbar(drawn, cax=bar)
    bar.set_ylabel(unit, size=points(12), color=FAINT)
    bar.tick_params(labelsize=points(12), colors=FAINT, length=0)
    bar.spines[:].set_visible(False)
    return page.figure


def plot_decomposition(parts: dict[str, float], title: str, notes: Sequence[str] = ()) -> Figure:
    """The KL to the prior as its three parts, each beginning where the one above it ends.

    Args:
        parts: `metrics.elbo_decomposition`: the names of `PARTS`, each with its `_error`, and
            `kl`, all finite, in nats.
        title: Of the page.
        notes: Lines below the title.
    """
    left, width, row, values = 262, 560, 52, 150
    page = Page(left + width + values, 4 * row + 44, title, tuple(notes))
    axes = page.chart(MARGIN + left, page.top + 6, width, 4 * row, xlabel="nats per image")
    start, highest = 0.0, max(parts["kl"], 1.0)  # so that what has collapsed looks it
    for index, (name, (words, meaning, color)) in enumerate(PARTS.items()):
        value, error = parts[name], parts[f"{name}_error"]
        end = start + value
        axes.barh(index, value, left=start, height=0.56, color=color, label=name)
        axes.errorbar(end, index, xerr=error, color=INK, linewidth=1.6, capsize=5)
        axes.plot([end, end], [index, index + 1], color=FAINT, linewidth=0.8, linestyle=":")
        digits = _digits(value)
        text = f"{value:z.{digits}f} ± {error:.{digits}f}"
        _name_bar(page, index, row, words, meaning, text)
        start = end
        highest = max(highest, end + error)
    axes.barh(3, parts["kl"], height=0.56, color=FAINT, label="kl")
    text = f"{parts['kl']:.{_digits(parts['kl'])}f}"
    _name_bar(page, 3, row, "KL to the prior", "their sum, in closed form", text)
    axes.set_ylim(3.5, -0.5)
    axes.set_xlim(min(0.0, start), 1.04 * highest)
    axes.set_yticks([])
    axes.grid(axis="y", visible=False)
    return page.figure


def _name_bar(page, index, row, words, meaning, value):
    middle = page.top + 6 + (index + 0.5) * row
    page.text(MARGIN, middle - 9, words, weight="bold", va="center")
    page.text(MARGIN, middle + 9, meaning, size=12, color=FAINT, va="center")
    page.text(page.width - MARGIN, middle, value, size=14, ha="right", va="center")


def _digits(nats):
    return 1 if abs(nats) >= 20 else 2
