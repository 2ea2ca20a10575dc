"""Mean codes over the position of a shape and over its other factors (draw)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vae_tf.plots.page import BLUE, FAINT, MARGIN, RULE, Page, points


def plot_codes_positions(
    over_factors: dict[str, np.ndarray],
    over_position: np.ndarray | None,
    latents: Sequence[int],
    use: np.ndarray,
    title: str,
    notes: Sequence[str] = (),
    *,
    unit: str = "nats",
) -> Figure:
    """Mean of each code over the position of the shape, and over every other factor.

    Args:
        over_factors: Name -> `[values, L]`, columns in the order of `latents`.
        over_position: `[y, x, L]`, in this order; None where no factors give a position.
        latents: Numbers of the L latents, in the order shown.
        use: `[L]`, how much each is used, in this order.
        title: Of the page.
        notes: Lines below the title.
        unit: Of `use`.
    """
    side, width, apart = 84, 150, 26
    left = 130
    total = left + (side + apart if over_position is not None else 0)
    total += len(over_factors) * (width + apart)
    page = Page(total, 30 + len(latents) * (side + 12) + 24, title, tuple(notes))
    every = [*over_factors.values(), *([] if over_position is None else [over_position])]
    limit = max(1.0, *(float(np.nanmax(np.abs(values))) for values in every))
    top, first = page.top + 30, next(iter(over_factors), None)
    if over_position is not None:
        page.text(
            MARGIN + left - 8, top - 6, f"colours: ±{limit:.1f}", size=11, color=FAINT,
            ha="right", va="bottom",
        )  # fmt: skip
    for row, latent in enumerate(latents):
        y = top + row * (side + 12)
        page.text(MARGIN, y + side / 2 - 9, f"z{latent}", weight="bold", va="center")
        page.text(MARGIN, y + side / 2 + 9, f"{use[row]:.2f} {unit}", color=FAINT, va="center")
        x = MARGIN + left
        if over_position is not None:
            axes = page.axes(x, y, side, side, label=f"z{latent} over position")
            axes.imshow(over_position[..., row], cmap="RdBu_r", vmin=-limit, vmax=limit)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_color(RULE)
            if row == 0:
                page.text(x, y - 6, "position", weight="bold", va="bottom")
            x += side + apart
        for name, values in over_factors.items():
            axes = page.chart(x, y, width, side)
            axes.set_label(f"z{latent} over {name}")
            few = len(values) <= 4  # shapes rather than a scale: points, not a line
            axes.plot(
                values[:, row], color=BLUE, linewidth=0 if few else 1.8,
                marker="o" if len(values) <= 12 else None, markersize=5,
            )  # fmt: skip
            axes.set_ylim(-1.08 * limit, 1.08 * limit)
            ticks = np.array([-1, 0, 1]) * max(1, int(0.8 * limit))
            shown = [f"{tick:g}" if name == first else "" for tick in ticks]
            axes.set_yticks(ticks, shown, size=points(11))
            axes.set_xlim(-0.5, len(values) - 0.5)
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            if row < len(latents) - 1:
                axes.set_xticklabels([])
            if row == 0:
                page.text(x, y - 6, name, weight="bold", va="bottom")
            x += width + apart
    return page.figure
