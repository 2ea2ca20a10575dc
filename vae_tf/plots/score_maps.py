"""Heat maps of scores over two parameters that vary (draw)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from vae_tf.plots.page import INK, MARGIN, Page, points, text_width
from vae_tf.process.texts.escaping import without_mathtext

_ACROSS, _BELOW = 90, 84  # pixels between maps
_COLUMNS = 4
_COLORS = colormaps["magma_r"].resampled(48)


def plot_score_maps(
    maps: Mapping[str, np.ndarray],
    rows: tuple[str, Sequence[str]],
    columns: tuple[str, Sequence[str]],
    title: str,
    notes: Sequence[str] = (),
) -> Figure:
    """Draws a heat map per score, each with its own color scale.

    Args:
        maps: Heading -> `[R, C]` means over seeds, NaN where there is no run.
        rows: Name of the parameter of the rows, and its R values.
        columns: Name of the parameter of the columns, and its C values.
        title: Title of the page.
        notes: Lines below the title.
    """
    cell = int(max(52, *(text_width(value, 12) + 10 for value in columns[1])))
    left = int(max(30, *(text_width(value, 12) + 30 for value in rows[1])))
    width, height = cell * len(columns[1]), 30 * len(rows[1])
    num_rows = -(-len(maps) // _COLUMNS)
    across = left + width + _ACROSS - 30
    page = Page(
        min(_COLUMNS, len(maps)) * across, num_rows * (height + _BELOW), title, tuple(notes)
    )
    for index, (heading, matrix) in enumerate(maps.items()):
        row, column = divmod(index, _COLUMNS)
        axes = page.chart(
            MARGIN + left + column * across,
            page.top + 26 + row * (height + _BELOW),
            width,
            height,
            title=heading,
            xlabel=columns[0],
            ylabel=rows[0],
        )
        axes.grid(visible=False)
        axes.imshow(matrix, cmap=_COLORS, aspect="auto")
        axes.set_xticks(range(len(columns[1])), [without_mathtext(text) for text in columns[1]])
        axes.set_yticks(range(len(rows[1])), [without_mathtext(text) for text in rows[1]])
        axes.tick_params(labelcolor=INK)
        axes.spines[:].set_visible(False)
        _write_values(axes, matrix)
    return page.figure


def _write_values(axes, matrix: np.ndarray):
    low, high = np.nanmin(matrix), np.nanmax(matrix)
    for (row, column), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            dark = value - low > 0.42 * (high - low)
            axes.text(
                column, row, f"{value:.3g}", ha="center", va="center", size=points(12),
                color="white" if dark and high > low else INK,
            )  # fmt: skip
