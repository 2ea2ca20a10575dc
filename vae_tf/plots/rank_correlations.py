"""Matrix of rank correlations between scores (draw)."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from vae_tf.plots.page import INK, MARGIN, Page, points, text_width
from vae_tf.process.texts.escaping import without_mathtext

_CELL = 40  # pixels
_COLORS = colormaps["RdBu_r"].resampled(64)


def plot_rank_correlations(
    matrix: np.ndarray, names: Sequence[str], title: str, notes: Sequence[str] = ()
) -> Figure:
    """Draws a matrix of rank correlations, written in hundredths.

    Args:
        matrix: `[C, C]` values from -1 to 1, NaN for a correlation that is not defined.
        names: Names of the C scores.
        title: Title of the page.
        notes: Lines below the title.
    """
    across = int(max(text_width(name, 12) for name in names)) + 12
    size = _CELL * len(names)
    page = Page(across + size, size + across * 0.8, title, tuple(notes))
    axes = page.chart(MARGIN + across, page.top, size, size)
    axes.grid(visible=False)
    axes.imshow(matrix, cmap=_COLORS, vmin=-1, vmax=1, aspect="auto")
    words = [without_mathtext(name) for name in names]
    axes.set_xticks(range(len(names)), words, rotation=45, ha="right", size=points(12))
    axes.set_yticks(range(len(names)), words, size=points(12))
    axes.tick_params(labelcolor=INK)
    axes.spines[:].set_visible(False)
    for (row, column), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            axes.text(
                column, row, f"{100 * value:.0f}", ha="center", va="center", size=points(12),
                color="white" if abs(value) > 0.6 else INK,
            )  # fmt: skip
    return page.figure
