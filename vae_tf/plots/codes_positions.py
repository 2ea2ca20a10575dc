"""Mean codes over the position of a shape and over its other factors (draw)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vae_tf.plots.page import BLUE, FAINT, MARGIN, RULE, Page, points

_LABEL_WIDTH = 130  # pixels, for the name of the latent and its use
_SIDE = 84  # pixels, side of the squares and height of the curves
_WIDTH = 150  # pixels, of the curves
_APART = 26  # pixels


def plot_codes_positions(
    over_factors: dict[str, np.ndarray],
    over_position: np.ndarray | None,
    latents: Sequence[int] | np.ndarray,
    use: np.ndarray,
    title: str,
    notes: Sequence[str] = (),
    *,
    unit: str = "nats",
) -> Figure:
    """Draws the mean of each code against the position of a shape, and against each other factor.

    Args:
        over_factors: Name of a factor -> `[values, L]` mean codes, columns in the order of
            `latents`.
        over_position: `[y, x, L]` mean codes, last axis in the order of `latents`; None if there
            are no factors for the position.
        latents: Numbers of the L latents, in the order shown.
        use: `[L]` use of each latent, in the order of `latents`; see `CodeStatistics.use`.
        title: Title of the page.
        notes: Lines below the title.
        unit: Unit of `use`.
    """
    left = MARGIN + _LABEL_WIDTH
    width = _LABEL_WIDTH + len(over_factors) * (_WIDTH + _APART)
    width += 0 if over_position is None else _SIDE + _APART
    page = Page(width, 30 + len(latents) * (_SIDE + 12) + 24, title, tuple(notes))
    every = [*over_factors.values(), *([] if over_position is None else [over_position])]
    limit = max(1.0, *(float(np.nanmax(np.abs(values))) for values in every))
    top = page.top + 30
    if over_position is not None:
        page.text(
            left - 8, top - 6, f"colors: ±{limit:.1f}", size=11, color=FAINT,
            ha="right", va="bottom",
        )  # fmt: skip
    for row, latent in enumerate(latents):
        x, y = left, top + row * (_SIDE + 12)
        page.text(MARGIN, y + _SIDE / 2 - 9, f"z{latent}", weight="bold", va="center")
        page.text(MARGIN, y + _SIDE / 2 + 9, f"{use[row]:.2f} {unit}", color=FAINT, va="center")
        if over_position is not None:
            label = f"z{latent} over position"
            _square(page, x, y, over_position[..., row], limit, label)
            if row == 0:
                page.text(x, y - 6, "position", weight="bold", va="bottom")
            x += _SIDE + _APART
        for index, (name, values) in enumerate(over_factors.items()):
            axes = _curve(page, x, y, values[:, row], limit, numbered=index == 0)
            axes.set_label(f"z{latent} over {name}")
            if row < len(latents) - 1:
                axes.set_xticklabels([])
            if row == 0:
                page.text(x, y - 6, name, weight="bold", va="bottom")
            x += _WIDTH + _APART
    return page.figure


def _square(page, x, y, values, limit, label):
    """Draws the mean of a code at each position, `[y, x]`."""
    axes = page.axes(x, y, _SIDE, _SIDE, label=label)
    axes.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color(RULE)


def _curve(page, x, y, values, limit, *, numbered):
    """Draws the mean of a code at each value of a factor, `[values]`."""
    axes = page.chart(x, y, _WIDTH, _SIDE)
    few = len(values) <= 4  # shapes rather than a scale: points, not a line
    axes.plot(
        values, color=BLUE, linewidth=0 if few else 1.8,
        marker="o" if len(values) <= 12 else None, markersize=5,
    )  # fmt: skip
    axes.set_ylim(-1.08 * limit, 1.08 * limit)
    ticks = np.array([-1, 0, 1]) * max(1, int(0.8 * limit))
    axes.set_yticks(ticks, [f"{tick:g}" if numbered else "" for tick in ticks], size=points(11))
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    return axes
