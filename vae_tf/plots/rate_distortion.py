"""Reconstruction against KL of all runs of a study (draw)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.page import CLASSES, INK, MARGIN, RULE, Page, points, text_width
from vae_tf.process.texts.escaping import without_mathtext

_SIZE = 420  # pixels


def plot_rate_distortion(
    runs: Mapping[str, np.ndarray], title: str, notes: Sequence[str] = ()
) -> Figure:
    """Draws a dot per run: the reconstruction (distortion) against the KL (rate).

    On each grey line, reconstruction plus KL is constant: the negative ELBO (Alemi et al., ICML
    2018, Fig. 1). Lower lines are better.

    Args:
        runs: Name of a group -> `[N, 2]` KL and reconstruction of its runs, nats per image.
        title: Title of the page.
        notes: Lines below the title.
    """
    keys = max(text_width(name, 13) for name in runs) + 60 if len(runs) > 1 else 0
    page = Page(_SIZE + 80 + keys, _SIZE + 60, title, tuple(notes))
    axes = page.chart(
        MARGIN + 60, page.top + 10, _SIZE, _SIZE, xlabel="KL, nats per image",
        ylabel="reconstruction, nats per image",
    )  # fmt: skip
    axes.grid(visible=False)
    for index, (name, values) in enumerate(runs.items()):
        color = CLASSES[index % len(CLASSES)]
        marker = "osD^vP*X"[index // len(CLASSES) % 8]
        label = without_mathtext(name)
        axes.scatter(values[:, 0], values[:, 1], color=color, marker=marker, s=42, label=label)
    axes.margins(0.08)
    _draw_equal_sums(axes, np.concatenate(list(runs.values())))
    if len(runs) > 1:
        legend = axes.legend(
            loc="upper left", bbox_to_anchor=(1.02, 1), frameon=False, fontsize=points(13)
        )
        for text in legend.get_texts():
            text.set_color(INK)
    return page.figure


def _draw_equal_sums(axes, values: np.ndarray):
    """Draws lines of constant reconstruction plus KL; the limits of the axes do not change."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    sums = np.linspace(left + bottom, right + top, 14)[1:-1]
    for each in sums:
        axes.plot([left, right], [each - left, each - right], color=RULE, linewidth=0.8, zorder=0)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
