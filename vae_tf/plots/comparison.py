"""A page that compares runs (draw)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from vae_tf.plots.axis_scales import (
    keep_in_proportion,
    label_steps,
    needs_log_scale,
    use_log_scale,
)
from vae_tf.plots.downsampling import downsample_curve
from vae_tf.plots.page import (
    BLUE,
    CLASSES,
    FAINT,
    INK,
    MARGIN,
    ORANGE,
    SKY,
    Page,
    points,
    text_width,
)

_MARKERS = "os^Dvp*hXP<>"
_BAR, _APART = 170, 26  # width of a column of bars, and between columns; pixels
# Quantity of bars -> heading, color.
_TERMS = {"reconstruction": ("Reconstruction, nats", BLUE), "kl": ("KL, nats", SKY)}
# The same for runs that predict classes.
_ERRORS = {"val_error": ("Validation error", ORANGE), "test_error": ("Test error", ORANGE)}


class Compared(NamedTuple):
    """Quantities of a run in a comparison.

    Attributes:
        name: Name of the run.
        reconstruction: Reconstruction term in nats per image, None if unknown.
        kl: KL term in nats per image, None if unknown.
        strip: A traversal as a picture, `[H, W, 3]` uint8; None if it was not drawn.
        history: Columns of the run's log.csv by name.
        val_error: Share of the validation images that are classified wrongly, in [0, 1]; None for
            a run that predicts no classes.
        test_error: The same share of the test images; None also if there are no test images.
    """

    name: str
    reconstruction: float | None
    kl: float | None
    strip: np.ndarray | None
    history: dict[str, np.ndarray]
    val_error: float | None = None
    test_error: float | None = None


def plot_comparison(
    groups: Mapping[str, Sequence[Compared]], title: str, notes: Sequence[str] = ()
) -> Figure:
    """Draws reconstruction, KL, one traversal, the trade-off and the curves of each run.

    For runs that predict classes, the page also shows the classification errors.

    Args:
        groups: Heading -> runs whose numbers can be compared: with the same data and likelihood.
        title: Title of the page.
        notes: Lines below the title.
    """
    names = max(text_width(run.name, 13) for runs in groups.values() for run in runs) + 40
    strips = [run.strip for runs in groups.values() for run in runs if run.strip is not None]
    strip = max([pixels.shape[1] for pixels in strips], default=200)
    row = max([56, *(pixels.shape[0] + 4 for pixels in strips)])
    bars = max(len(_columns(runs)) for runs in groups.values()) * (_BAR + _APART)
    width = names + bars + strip
    panel_height, heading = 290, 60
    heights = {
        name: heading + row * len(runs) + (430 if len(runs) > 1 else 40)
        for name, runs in groups.items()
    }
    page = Page(width, sum(heights.values()), title, tuple(notes))
    top = page.top
    for group, runs in groups.items():
        page.text(MARGIN, top + 6, group, size=16, weight="bold", color=BLUE)
        left = MARGIN + names
        for column, (text, color) in _columns(runs).items():
            page.text(left, top + 36, text, weight="bold")
            _bars(page, left, top + heading, _BAR, row, runs, column, color)
            left += _BAR + _APART
        page.text(left, top + 36, "Traversal of the most used latent", weight="bold")
        _keys(page, top + heading, row, runs)
        for index, run in enumerate(runs):
            middle = top + heading + (index + 0.5) * row
            page.text(MARGIN + 18, middle, run.name, va="center")
            if run.strip is None:
                page.text(left, middle, "not drawn", va="center", color=FAINT)
            else:
                down = middle - run.strip.shape[0] / 2
                page.picture(left, down, run.strip, f"traversal of {run.name}")
        if len(runs) > 1:
            _panels(page, top + heading + row * len(runs) + 56, width, panel_height, runs)
        top += heights[group]
    return page.figure


def _columns(runs):
    """The columns of bars of a group: name -> heading, color."""
    told = {
        name: column
        for name, column in _ERRORS.items()
        if any(getattr(run, name) is not None for run in runs)
    }
    return _TERMS | told


def _color(index):
    return CLASSES[index % len(CLASSES)]


def _keys(page, top, row, runs):
    """Draws the mark of each run, as in the trade-off."""
    axes = page.axes(MARGIN, top, 14, row * len(runs), label="keys")
    for index in range(len(runs)):
        axes.scatter(0, index, color=_color(index), marker=_marker(index), s=60)
    axes.set_ylim(len(runs) - 0.5, -0.5)
    axes.set_axis_off()


def _panels(page, top, width, height, runs):
    across = (width - 2 * 78 - 56) / 3
    lefts = [MARGIN + 56 + index * (across + 78) for index in range(3)]
    _trade_off(page, lefts[0], top, across, height, runs)
    for left, column, text in (
        (lefts[1], "reconstruction", "Reconstruction in training"),
        (lefts[2], "kl", "KL in training"),
    ):
        _curves(page, left, top, across, height, runs, column, text)


def _marker(index):
    return _MARKERS[index % len(_MARKERS)]


def _bars(page, left, top, width, row, runs, column, color):
    values = np.array([getattr(run, column) or 0.0 for run in runs])
    axes = page.axes(left, top, width, row * len(runs), label=column)
    axes.barh(range(len(runs)), values, height=0.42, color=color)
    axes.set_ylim(len(runs) - 0.5, -0.5)
    axes.set_xlim(0, 1.45 * max(values.max(), 1e-9))
    axes.set_axis_off()
    for index, run in enumerate(runs):
        value = getattr(run, column)
        if value is None:
            text = "unknown" if column in _TERMS else ""
        else:
            text = _short(value) if column in _TERMS else f"{value:.2%}"
        axes.annotate(
            text, (values[index], index), xytext=(4, 0), textcoords="offset points",
            va="center", size=points(13), color=INK,
        )  # fmt: skip


def _short(value):
    if value and abs(value) < 0.01:
        return f"{value:.1g}"
    return (
        f"{value:.2f}"
        if abs(value) < 10
        else f"{value:.1f}"
        if abs(value) < 1e4
        else f"{value:.2g}"
    )


def _trade_off(page, left, top, width, height, runs):
    axes = page.chart(
        left, top, width, height, title="Trade-off", xlabel="KL, nats per image",
        ylabel="reconstruction, nats per image",
    )  # fmt: skip
    known = [run for run in runs if None not in (run.kl, run.reconstruction)]
    for index, run in enumerate(runs):
        if run in known:
            axes.scatter(
                run.kl, run.reconstruction, color=_color(index), s=70,
                marker=_marker(index), label=run.name, zorder=3,
            )  # fmt: skip
    kl = np.array([run.kl for run in known])
    if len(kl) and kl.max() > 20 * max(np.median(kl), 0.05):
        axes.set_xscale("symlog", linthresh=1.0)
        axes.set_xlabel("KL, nats per image, log scale above 1", size=points(12), color=FAINT)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(0.1)


def _curves(page, left, top, width, height, runs, column, title):
    axes = page.chart(left, top, width, height, title=title, xlabel="step", ylabel="nats per image")
    drawn = []
    for index, run in enumerate(runs):
        if column not in run.history:
            continue
        steps, values = downsample_curve(run.history["step"], run.history[column], 400)
        # The markers of each run are at different steps.
        every = (index * max(len(steps) // 30, 1), max(len(steps) // 4, 1))
        axes.plot(
            steps, values, color=_color(index), linewidth=1.5, label=run.name, markersize=6,
            marker=_marker(index), markevery=every,
        )  # fmt: skip
        drawn.append(values)
    values = np.concatenate([*drawn, [np.nan]])
    if needs_log_scale(values, 8.0):
        use_log_scale(axes, values, "nats per image")
    else:
        keep_in_proportion(axes, values, 0.1)
    label_steps(axes)
