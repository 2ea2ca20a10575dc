"""Charts of numbers (draw)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from vae_tf.plots.curves import spans_decades, thin_curve
from vae_tf.plots.layout import (
    BLUE,
    CLASSES,
    FAINT,
    INK,
    MARGIN,
    ORANGE,
    RULE,
    Page,
    points,
)

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


def label_steps(axes):
    """Writes steps on the horizontal axis as 500, 10k and so on."""
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: _step_label(step)))


def _step_label(step: float) -> str:
    return f"{step / 1000:g}k" if abs(step) >= 1000 else f"{step:g}"


def use_log_scale(axes, values: np.ndarray, unit: str):
    """Makes the vertical axis logarithmic, says so, and writes numbers such as 0.01 and 300.

    Args:
        axes: Of a chart.
        values: What is drawn there, NaN where there is nothing.
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


def plot_training_curves(
    history: dict[str, np.ndarray], title: str, notes: Sequence[str] = ()
) -> Figure:
    """The eight panels of a training: losses, KL weight, standard deviations and means.

    Args:
        history: Columns of log.csv by name, `step` among them; those of validation begin with
            `val_`.
        title: Of the page.
        notes: Lines below the title.
    """
    width, height, across, down = 268, 190, 76, 86
    page = Page(4 * (width + across) - 10, 2 * (height + down) + 4, title, tuple(notes))
    page.text(page.width - MARGIN - 130, MARGIN, "●  training", color=BLUE, ha="right")
    page.text(page.width - MARGIN, MARGIN, "◆  validation", color=ORANGE, ha="right")
    for index, (panel, (columns, unit)) in enumerate(TRAINING_PANELS.items()):
        left = MARGIN + 56 + index % 4 * (width + across)
        top = page.top + 30 + index // 4 * (height + down)
        axes = page.chart(left, top, width, height, title=panel, xlabel="step", ylabel=unit)
        drawn = []
        for column, name in columns.items():
            steps, values = thin_curve(history["step"], history[column])
            axes.plot(steps, values, color=BLUE, linewidth=1.4, label=f"training {name}".strip())
            drawn.append(values)
            validated = history.get(f"val_{column}")
            if validated is not None and not np.all(np.isnan(validated)):
                steps, values = thin_curve(history["step"], validated)
                axes.plot(
                    steps, values, color=ORANGE, linewidth=1.2, marker="D",
                    markersize=3 if len(steps) < 60 else 0, label=f"validation {name}".strip(),
                )  # fmt: skip
                drawn.append(values)
        values = np.concatenate(drawn)
        if not len(values):  # the KL of an encoder without noise
            axes.text(
                0.5, 0.5, "not finite", transform=axes.transAxes, ha="center", color=FAINT,
                size=points(14),
            )  # fmt: skip
            axes.set_yticks([])
        finite = values[np.isfinite(values)]
        wide = len(columns) > 1 and len(finite) and 0 < finite.min() < finite.max() / 100
        if wide or spans_decades(values, 8.0):
            use_log_scale(axes, values, unit)
        if panel == "KL weight" and len(values):
            axes.set_ylim(-0.05 * values.max(), 1.1 * values.max() or 1.0)
        if len(columns) > 1:
            low, high = (history[column] for column in columns)
            axes.fill_between(history["step"], low, high, color=BLUE, alpha=0.12, linewidth=0)
        label_steps(axes)
    return page.figure


def plot_kl_per_latent(
    kl: np.ndarray, active: np.ndarray, title: str, notes: Sequence[str] = ()
) -> Figure:
    """Bars of how many nats each latent uses, that of most first.

    Args:
        kl: `[L]` nats, mean over images.
        active: `[L]` bools.
        title: Of the page.
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
    top = 1.1 * max(kl.max(), 0.1)  # so that what has collapsed looks it
    if used.any():
        axes.bar(places[used], kl[order][used], color=BLUE, label=f"active: {used.sum()}")
    floor = 0.012 * top  # a stump, so that a collapsed latent is seen
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


class Colouring(NamedTuple):
    """What the points of a scatter plot are coloured by.

    Attributes:
        name: Of the label or factor.
        values: `[N]` ints.
        names: Of the values, where they are classes; None where they are ordered.
    """

    name: str
    values: np.ndarray
    names: Sequence[str] | None = None


class Scatter(NamedTuple):
    """Points of a scatter plot.

    Attributes:
        points: `[N, 2]`.
        xlabel: Of the axis.
        ylabel: Of the axis.
        title: Of the panel.
    """

    points: np.ndarray
    xlabel: str
    ylabel: str
    title: str


def plot_latent_space(
    scatters: Sequence[Scatter],
    colourings: Sequence[Colouring],
    pictures: dict[str, np.ndarray],
    title: str,
    notes: Sequence[str] = (),
) -> Figure:
    """Codes as points, once for each colouring, and pictures of what lies where.

    Args:
        scatters: Projections of the same codes.
        colourings: Of the points; none gives each projection in one colour.
        pictures: Heading -> `[H, W, 3]` uint8 of about 400 pixels a side.
        title: Of the page.
        notes: Lines below the title.
    """
    side, across, down = 380, 62, 74
    panels = [(scatter, colouring) for scatter in scatters for colouring in colourings or [None]]
    count = len(panels) + len(pictures)
    columns = count if count <= 3 else 3
    rows = -(-count // columns)
    tallest = max([side, *(pixels.shape[0] for pixels in pictures.values())])
    widest = max([side, *(pixels.shape[1] for pixels in pictures.values())])
    page = Page(columns * (widest + across) - 10, rows * (tallest + down), title, tuple(notes))
    for index in range(count):
        left = MARGIN + 40 + index % columns * (widest + across)
        top = page.top + 28 + index // columns * (tallest + down)
        if index >= len(panels):
            heading, pixels = list(pictures.items())[index - len(panels)]
            page.text(left, top - 6, heading, size=14, weight="bold", va="bottom")
            page.picture(left, top, pixels, heading)
            continue
        scatter, colouring = panels[index]
        name = scatter.title if colouring is None else f"{scatter.title}, by {colouring.name}"
        axes = page.chart(
            left, top, side, side, title=name, xlabel=scatter.xlabel, ylabel=scatter.ylabel
        )
        axes.set_xticklabels([])
        axes.set_yticklabels([])
        _scatter(axes, scatter.points, colouring)
    return page.figure


def _scatter(axes, coordinates, colouring):
    x, y = coordinates.T
    style = {"s": 14 if len(x) > 300 else 22, "linewidths": 0, "alpha": 0.85}
    if colouring is None:
        axes.scatter(x, y, color=BLUE, **style)
    elif colouring.names is None:
        drawn = axes.scatter(x, y, c=colouring.values, cmap="viridis", **style)
        bar = axes.inset_axes((0.75, 1.03, 0.16, 0.025))
        axes.figure.colorbar(drawn, cax=bar, orientation="horizontal")
        bar.set_xticks([])
        style = {"transform": axes.transAxes, "size": points(12), "color": FAINT, "va": "center"}
        axes.text(0.735, 1.04, int(colouring.values.min()), ha="right", **style)
        axes.text(0.925, 1.04, int(colouring.values.max()), ha="left", **style)
        bar.spines[:].set_visible(False)
    else:
        longest = max(map(len, colouring.names))  # names of a letter or two stand in the points
        for value, name in enumerate(colouring.names):
            here = colouring.values == value
            if not here.any():
                continue
            color, marker = CLASSES[value % len(CLASSES)], "o^sDv"[value // len(CLASSES) % 5]
            axes.scatter(x[here], y[here], color=color, marker=marker, label=name, **style)
            if longest <= 2 and len(colouring.names) <= 30:
                axes.text(
                    np.median(x[here]), np.median(y[here]), name, size=points(14),
                    weight="bold", color=INK, ha="center", va="center",
                    bbox={"facecolor": "white", "edgecolor": color, "alpha": 0.85, "pad": 1.5},
                )  # fmt: skip
        if longest > 2 and len(colouring.names) <= 12:
            few = len(colouring.names) <= 4  # beside the title; more of them in the panel
            place = {"ncol": 4, "bbox_to_anchor": (1.02, 1.09), "columnspacing": 0.6} if few else {}
            axes.legend(
                fontsize=points(12), loc="upper right", handletextpad=0, framealpha=0.8,
                edgecolor="none", **place,
            )  # fmt: skip


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
