"""The KL to the prior as the sum of its parts (draw)."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, SKY, Page

# Part of the KL -> what it is, in words, and its color.
PARTS = {
    "index_code_mutual_information": (
        "Index-code information",
        "information of codes on the image",
        BLUE,
    ),
    "total_correlation": ("Total correlation", "of so many images", ORANGE),
    "dimension_wise_kl": ("Dimension-wise KL", "distance of each latent from N(0, 1)", SKY),
}
# The frame of what is shown to be dependence.
_LEAST: dict[str, Any] = {
    "fill": False,
    "edgecolor": INK,
    "linewidth": 1.2,
    "linestyle": "--",
    "label": "least",
}


def plot_decomposition(parts: dict[str, float], title: str, notes: Sequence[str] = ()) -> Figure:
    """Draws the KL to the prior as three parts, each beginning where the one above it ends.

    A dashed line ends the information that so many images can show, `information_limit`; a frame
    is as wide as the dependence that unseen images show, `least_total_correlation`.

    Args:
        parts: Result of `metrics.elbo_decomposition`: the names of `PARTS`, each with its
            `_error`, and `kl`, all finite, in nats; limit and bound may be missing, as in
            the scores of older versions.
        title: Title of the page.
        notes: Lines below the title.
    """
    left, width, row, values = 312, 560, 52, 150
    page = Page(left + width + values, 4 * row + 44, title, tuple(notes))
    axes = page.chart(MARGIN + left, page.top + 6, width, 4 * row, xlabel="nats per image")
    start, highest = 0.0, max(parts["kl"], 1.0)  # so that what has collapsed looks it
    least = parts.get("least_total_correlation")
    for index, (name, (words, meaning, color)) in enumerate(PARTS.items()):
        value, error = parts[name], parts[f"{name}_error"]
        end = start + value
        axes.barh(index, value, left=start, height=0.56, color=color, label=name)
        axes.errorbar(end, index, xerr=error, color=INK, linewidth=1.6, capsize=5)
        axes.plot([end, end], [index, index + 1], color=FAINT, linewidth=0.8, linestyle=":")
        digits = _digits(value)
        text = f"{value:z.{digits}f} ± {error:.{digits}f}"
        if name == "total_correlation" and least is not None:
            axes.barh(index, least, left=start, height=0.76, **_LEAST)
            meaning = f"{meaning}; dependence at least {least:.{_digits(least)}f}"
            highest = max(highest, start + least)
        _name_bar(page, index, row, words, meaning, text)
        start = end
        highest = max(highest, end + error)
    axes.barh(3, parts["kl"], height=0.56, color=FAINT, label="kl")
    text = f"{parts['kl']:.{_digits(parts['kl'])}f}"
    _name_bar(page, 3, row, "KL to the prior", "their sum, in closed form", text)
    limit = parts.get("information_limit", highest)
    if limit < highest:
        axes.plot([limit, limit], [-0.5, 0.5], color=INK, linewidth=1.2, linestyle="--")
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
