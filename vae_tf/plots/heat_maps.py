"""Latents against factors as heat maps (draw)."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, Page, points, text_width
from vae_tf.process.texts.escaping import without_mathtext

# Perceptually uniform. Only 48 colors, because pictures are saved with at most 256 colors.
_COLORS = colormaps["magma_r"].resampled(48)


def plot_heat_maps(
    matrices: dict[str, np.ndarray],
    latents: Sequence[int] | np.ndarray,
    factor_names: Sequence[str],
    unit: str,
    title: str,
    notes: Sequence[str] = (),
    *,
    darkest: float | None = None,
    row_names: Sequence[str] | None = None,
) -> Figure:
    """Draws heat maps of latents against factors, side by side and with the same color scale.

    A frame marks the greatest value of each column.

    Args:
        matrices: Heading -> `[L, K]` values of at least 0, rows in the order of `latents`.
        latents: Numbers of the L latents, in the order shown.
        factor_names: Names of the K factors.
        unit: Unit of the values.
        title: Title of the page.
        notes: Lines below the title.
        darkest: Value of the darkest color; None for the greatest value of all matrices.
        row_names: Names of the L rows; None for z and the number of the latent.
    """
    rows, columns = len(latents), len(factor_names)
    cell_height = 30 if rows <= 16 else 22 if rows <= 40 else 12
    cell_width = int(max(72, *(text_width(name, 13) + 8 for name in factor_names)))
    names_of_rows = row_names or [f"z{latent}" for latent in latents]
    left = int(max(44, *(text_width(name, 13) + 12 for name in names_of_rows)))
    width, height, between = cell_width * columns, cell_height * rows, 78
    across = width + between
    above = 34 if any(matrices) else 10
    page = Page(left + len(matrices) * across + 40, above + height + 28, title, tuple(notes))
    top = page.top + above
    if darkest is None:
        darkest = max(1e-6, *(float(matrix.max()) for matrix in matrices.values()))
    for index, (heading, matrix) in enumerate(matrices.items()):
        axes = page.chart(MARGIN + left + index * across, top, width, height, title=heading)
        axes.grid(visible=False)
        drawn = axes.imshow(matrix, cmap=_COLORS, vmin=0, vmax=darkest, aspect="auto")
        names = [without_mathtext(name) for name in factor_names]
        axes.set_xticks(range(columns), names, size=points(13))
        axes.set_yticks(range(rows), list(map(without_mathtext, names_of_rows)))
        axes.tick_params(axis="y", labelsize=points(min(13, cell_height)))
        axes.tick_params(labelcolor=INK)
        axes.spines[:].set_visible(False)
        if cell_height >= 18:
            _write_values(axes, matrix, darkest)
        _frame_greatest(axes, matrix)
    _color_bar(
        page, MARGIN + left + len(matrices) * across - between + 18, top, height, drawn, unit
    )
    return page.figure


def _write_values(axes, matrix, darkest):
    for (row, column), value in np.ndenumerate(matrix):
        axes.text(
            column, row, f"{value:.2f}", ha="center", va="center", size=points(12),
            color="white" if value > 0.42 * darkest else INK,
        )  # fmt: skip


def _frame_greatest(axes, matrix):
    """Frames the greatest value of each column, if there is any."""
    for column, row in enumerate(matrix.argmax(axis=0)):
        if matrix[row, column] > 0:
            axes.add_patch(
                Rectangle(
                    (column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=BLUE, linewidth=2,
                    clip_on=False,
                )
            )  # fmt: skip


def _color_bar(page, left, top, height, drawn, unit):
    bar = page.axes(left, top, 14, min(height, 240), label="color bar")
    page.figure.colorbar(drawn, cax=bar)
    bar.set_ylabel(without_mathtext(unit), size=points(12), color=FAINT)
    bar.tick_params(labelsize=points(12), colors=FAINT, length=0)
    bar.spines[:].set_visible(False)
