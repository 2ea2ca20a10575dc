"""Bar chart of the KL of each latent (draw)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, Page, points


def plot_kl_per_latent(
    kl: np.ndarray, active: np.ndarray, title: str, notes: Sequence[str] = ()
) -> Figure:
    """Draws a bar for each latent with its KL, the highest first.

    Args:
        kl: `[L]` KL of each latent in nats, mean over images.
        active: `[L]` bools, whether each latent is active.
        title: Title of the page.
        notes: Lines below the title.
    """
    order = np.argsort(-kl, kind="stable")
    width = float(np.clip(26 * len(kl), 480, 1100))
    page = Page(width + 70, 330, title, tuple(notes))
    axes = page.chart(
        MARGIN + 62, page.top + 14, width, 260,
        xlabel="latent, sorted by KL", ylabel="KL to the prior, nats per image",
    )  # fmt: skip
    used = active[order]
    places = np.arange(len(kl))
    top = 1.1 * max(kl.max(), 0.1)  # at least 0.1: bars of a collapsed run are short
    if used.any():
        axes.bar(places[used], kl[order][used], color=BLUE, label=f"active: {used.sum()}")
    floor = 0.012 * top  # a short bar, so that a collapsed latent is visible
    if not used.all():
        axes.bar(
            places[~used], np.full((~used).sum(), floor), color="white", edgecolor=FAINT,
            hatch="////", linewidth=0.8, label=f"collapsed, below 0.1 nats: {(~used).sum()}",
        )  # fmt: skip
    axes.grid(axis="x", visible=False)
    every = 1 if len(kl) <= 64 else len(kl) // 32
    names = [f"z{latent}" for latent in order[::every]]
    axes.set_xticks(places[::every], names, rotation=90 if len(kl) > 16 else 0)
    if len(kl) <= 16:
        for place, value in zip(places[used], kl[order][used], strict=True):
            axes.annotate(
                f"{value:.2f}" if value < 10 else f"{value:.0f}", (place, value), ha="center",
                xytext=(0, 3), textcoords="offset points", size=points(12), color=INK,
            )  # fmt: skip
    axes.set_xlim(-0.7, len(kl) - 0.3)
    axes.set_ylim(0, top)
    axes.legend(frameon=False, fontsize=points(13), loc="upper right")
    return page.figure
