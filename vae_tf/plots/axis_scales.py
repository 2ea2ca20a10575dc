"""Scales of axes and the numbers written on them (draw)."""

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from vae_tf.plots.page import FAINT, points


def label_steps(axes):
    """Writes steps on the horizontal axis as 500, 10k and so on."""
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: _step_label(step)))


def _step_label(step: float) -> str:
    return f"{step / 1000:g}k" if abs(step) >= 1000 else f"{step:g}"


def use_log_scale(axes, values: np.ndarray, unit: str):
    """Makes the vertical axis logarithmic, with "log scale" in its label and plain numbers.

    Args:
        axes: Axes of a chart.
        values: `[N]` values that are drawn on the axes, NaN where a value is missing.
        unit: Label of the axis.
    """

    def label(value, _):
        return f"{value:g}" if 1e-2 <= value < 1e5 else f"$10^{{{np.log10(value):.0f}}}$"

    axes.set_yscale("log")
    axes.set_ylabel(f"{unit}, log scale", size=points(12), color=FAINT)
    short = np.nanmax(values) / np.nanmin(values) < 200
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if short else (1,), numticks=7))
    axes.yaxis.set_major_formatter(FuncFormatter(label))
    axes.yaxis.set_minor_locator(NullLocator())


def keep_in_proportion(axes, values: np.ndarray, least: float = 0.0):
    """Widens a vertical axis with a short span, such as 0.996 to 1.002, so that noise looks small.

    Args:
        axes: Axes of a chart with a linear scale.
        values: `[N]` values that are drawn on the axes, NaN where a value is missing.
        least: Minimum span of the axis. The span is also at least a tenth of the largest absolute
            value.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        return
    span = max(least, 0.1 * float(np.abs(values).max()))
    middle = (float(values.min()) + float(values.max())) / 2
    low, high = axes.get_ylim()
    if high - low < span:
        axes.set_ylim(middle - span / 2, middle + span / 2)


def needs_log_scale(values: np.ndarray, ratio: float = 30.0) -> bool:
    """Decides whether an axis should be logarithmic: the largest value is far above the median.

    Args:
        values: `[N]` values, NaN where a value is missing.
        ratio: Ratio of the largest to the median value above which the axis is logarithmic.

    Returns:
        Whether the ratio is exceeded. False if any value is not positive: a logarithmic axis cannot
        show it.
    """
    values = values[np.isfinite(values)]
    return bool(len(values) and values.min() > 0 and values.max() > ratio * np.median(values))
