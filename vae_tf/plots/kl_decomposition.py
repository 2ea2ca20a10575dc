"""The KL to the prior as the sum of three parts (draw)."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, SKY, Page

# Part of the KL -> its name, its meaning and its color.
PARTS = {
    "index_code_mutual_information": (
        "Index-code information",
        "information of codes about the image",
        BLUE,
    ),
    "total_correlation": ("Total correlation", "of these codes", ORANGE),
    "dimension_wise_kl": ("Dimension-wise KL", "distance of each latent from N(0, 1)", SKY),
}
# Frame of the lower bound of the dependence.
_LEAST: dict[str, Any] = {
    "fill": False,
    "edgecolor": INK,
    "linewidth": 1.2,
    "linestyle": "--",
    "label": "least",
}


def plot_decomposition(parts: dict[str, float], title: str, notes: Sequence[str] = ()) -> Figure:
    """Draws the three parts of the KL to the prior. Each bar begins where the bar above ends.

    A dashed line marks `information_limit`, the largest information that this number of images can
    show. A dashed frame has the width of `least_total_correlation`, a lower bound of the dependence
    between latents from codes of unseen images.

    Args:
        parts: Result of `scores.elbo_decomposition`: each name of `PARTS`, the same name with
            `_error`, and `kl`. All are finite, in nats. `information_limit` and
            `least_total_correlation` may be missing, as in scores of older versions.
        title: Title of the page.
        notes: Lines below the title.
    """
    left, width, row, values = 312, 560, 52, 150
    page = Page(left + width + values, 4 * row + 44, title, tuple(notes))
    axes = page.chart(MARGIN + left, page.top + 6, width, 4 * row, xlabel="nats per image")
    start, highest = 0.0, max(parts["kl"], 1.0)  # at least 1: bars of a collapsed run are short
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
