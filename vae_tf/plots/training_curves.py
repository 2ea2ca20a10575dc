"""Training curves: eight panels, and panels of layers, likelihood and classifier (draw)."""

import itertools
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.axis_scales import (
    keep_in_proportion,
    label_steps,
    needs_log_scale,
    use_log_scale,
)
from vae_tf.plots.downsampling import downsample_curve
from vae_tf.plots.page import BLUE, CLASSES, FAINT, MARGIN, ORANGE, Page, points

# Panel -> (columns of log.csv with their names in the legend, unit).
TRAINING_PANELS = {
    "Total loss": ({"loss": ""}, "nats per image"),
    "Regularization (KL)": ({"kl": ""}, "nats per image"),
    "Reconstruction": ({"reconstruction": ""}, "nats per image"),
    "KL weight": ({"kl_weight": ""}, "weight"),
    "Average stddev": ({"stddev_mean": ""}, "stddev"),
    "Stddev, lower and upper bound": (
        {"stddev_min": "lower", "stddev_max": "upper"},
        "stddev",
    ),
    "Average mean": ({"mean_mean": ""}, "mean"),
    "Mean, lower and upper bound": ({"mean_min": "lower", "mean_max": "upper"}, "mean"),
}
# Panel -> (column, unit). log.csv has a column per layer k, such as kl_k; layer 1 is the lowest.
LAYER_PANELS = {
    "KL of each layer": ("kl", "nats per image"),
    "Active latents of each layer": ("active", "latents"),
}
# For a likelihood with a standard deviation that is not fixed.
SCALE_PANEL = "Stddev of the likelihood"
# For models that predict classes: the share of images that are classified wrongly.
ERROR_PANEL = "Classification error"
_WIDTH, _HEIGHT, _ACROSS, _DOWN = 268, 190, 76, 86  # of a panel, and between panels; pixels
# Unit -> minimum span of an axis; the prior's standard deviation is 1.
_LEAST_SPAN = {"stddev": 0.2, "mean": 0.2, "nats per image": 0.1}


def plot_training_curves(
    history: dict[str, np.ndarray], title: str, notes: Sequence[str] = ()
) -> Figure:
    """Draws eight panels: losses, KL weight, standard deviations and means.

    If the log has their columns, further panels show the KL and the active latents of several
    stochastic layers, the learned standard deviation of the likelihood, and the error of a
    classifier.

    Args:
        history: Columns of log.csv by name, including `step`; names of validation columns begin
            with `val_`.
        title: Title of the page.
        notes: Lines below the title.
    """
    layers, scaled = "kl_2" in history, "decoder_stddev" in history
    told = "val_error" in history
    rows = 3 if layers or scaled or told else 2
    page = Page(4 * (_WIDTH + _ACROSS) - 10, rows * (_HEIGHT + _DOWN) + 4, title, tuple(notes))
    page.text(page.width - MARGIN - 130, MARGIN, "●  training", color=BLUE, ha="right")
    page.text(page.width - MARGIN, MARGIN, "◆  validation", color=ORANGE, ha="right")
    for index, (panel, (columns, unit)) in enumerate(TRAINING_PANELS.items()):
        _draw_panel(_panel(page, index, panel, unit), history, panel, columns, unit)
    if layers:
        for index, (panel, (name, unit)) in enumerate(LAYER_PANELS.items()):
            _plot_layers(_panel(page, 8 + index, panel, unit), history, name)
    if scaled:  # on the right, after the legend of the layers
        axes = _panel(page, 11 if layers else 8, SCALE_PANEL, "stddev of a pixel")
        _draw_panel(axes, history, SCALE_PANEL, {"decoder_stddev": ""}, "stddev of a pixel")
    if told:
        _plot_error(_panel(page, 10 if layers else 8 + scaled, ERROR_PANEL, "share"), history)
    return page.figure


def _panel(page, index, title, unit):
    left = MARGIN + 56 + index % 4 * (_WIDTH + _ACROSS)
    top = page.top + 30 + index // 4 * (_HEIGHT + _DOWN)
    return page.chart(left, top, _WIDTH, _HEIGHT, title=title, xlabel="step", ylabel=unit)


def _draw_panel(axes, history, panel, columns, unit):
    """Draws columns of the log on a scale that suits them."""
    values = _plot_curves(axes, history, columns)
    if not len(values):  # the KL of an encoder without noise
        axes.text(
            0.5, 0.5, "not finite", transform=axes.transAxes, ha="center", color=FAINT,
            size=points(14),
        )  # fmt: skip
        axes.set_yticks([])
    finite = values[np.isfinite(values)]
    wide = len(columns) > 1 and len(finite) and 0 < finite.min() < finite.max() / 100
    if wide or needs_log_scale(values, 8.0):
        use_log_scale(axes, values, unit)
    if panel == "KL weight" and len(values) and axes.get_yscale() == "linear":
        axes.set_ylim(-0.05 * values.max(), 1.1 * values.max() or 1.0)
    if axes.get_yscale() == "linear":
        keep_in_proportion(axes, values, _LEAST_SPAN.get(unit, 0.0))
    if len(columns) > 1:
        low, high = (history[column] for column in columns)
        axes.fill_between(history["step"], low, high, color=BLUE, alpha=0.12, linewidth=0)
    label_steps(axes)


def _plot_layers(axes, history, name):
    """Draws a curve per layer, each with its own color; the legend is beside the last panel."""
    layers = list(itertools.takewhile(lambda k: f"{name}_{k}" in history, itertools.count(1)))
    for layer in reversed(layers):
        steps, values = downsample_curve(history["step"], history[f"{name}_{layer}"])
        place = {1: ", the lowest", len(layers): ", the top"}.get(layer, "")
        color = CLASSES[(layer - 1) % len(CLASSES)]
        axes.plot(steps, values, color=color, linewidth=1.4, label=f"layer {layer}{place}")
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    label_steps(axes)
    if name == "active":
        place = {"loc": "upper left", "bbox_to_anchor": (1.05, 1.0)}
        axes.legend(frameon=False, fontsize=points(13), **place)


def _plot_error(axes, history):
    """Draws the error on labeled training images, validation images and test images."""
    _plot_curves(axes, history, {"error": ""})
    if "test_error" in history:
        steps, values = downsample_curve(history["step"], history["test_error"])
        axes.plot(steps, values, color=CLASSES[2], linewidth=1.2, linestyle=":", label="test")
    axes.set_ylim(bottom=0.0)
    axes.legend(frameon=False, fontsize=points(13))
    label_steps(axes)


def _plot_curves(axes, history, columns):
    """Draws columns of the log, each with its validation column; returns all values drawn."""
    drawn = []
    for column, name in columns.items():
        steps, values = downsample_curve(history["step"], history[column])
        axes.plot(steps, values, color=BLUE, linewidth=1.4, label=f"training {name}".strip())
        drawn.append(values)
        validated = history.get(f"val_{column}")
        if validated is not None and not np.all(np.isnan(validated)):
            steps, values = downsample_curve(history["step"], validated)
            axes.plot(
                steps, values, color=ORANGE, linewidth=1.2, linestyle="--", marker="D",
                markersize=3 if len(steps) < 60 else 0, label=f"validation {name}".strip(),
            )  # fmt: skip
            drawn.append(values)
    return np.concatenate(drawn)
