"""The forecast of the linear VAE as a picture, compared with a run (draw)."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from vae_tf.plots.page import BLUE, FAINT, MARGIN, ORANGE, SKY, Page, points
from vae_tf.process.limits import USED_NATS

_SPECTRUM, _TRADE_OFF, _HEIGHT = 540, 360, 330  # pixels


class _Forecast(Protocol):
    """The part of `forecasts.linear_vae.Forecast` that is drawn."""

    @property
    def used(self) -> int: ...

    @property
    def active(self) -> int: ...

    @property
    def kl(self) -> float: ...

    @property
    def squared_error(self) -> float: ...

    @property
    def collapse_weight(self) -> float: ...

    @property
    def eigenvalues(self) -> np.ndarray: ...

    @property
    def kl_weight(self) -> float: ...

    @property
    def latent_size(self) -> int: ...

    @property
    def stddev(self) -> float: ...

    @property
    def threshold(self) -> float: ...

    def trade_off(self) -> tuple[np.ndarray, np.ndarray]: ...


class Measured(NamedTuple):
    """Values of a run, to compare with the forecast.

    Attributes:
        active: Number of latents with a KL of at least 0.1 nats.
        kl: KL to the prior, nats per image.
        squared_error: Squared error of images decoded from samples of their codes. It is summed
            over pixels and channels, and averaged over images, as in the forecast.
    """

    active: int
    kl: float
    squared_error: float


def plot_forecast(
    forecast: _Forecast,
    title: str,
    notes: Sequence[str] = (),
    *,
    measured: Measured | None = None,
) -> Figure:
    """Draws the forecast of a linear VAE: eigenvalues, trade-off and numbers.

    The left chart shows the eigenvalues of the pixel covariance. A latent is used if its eigenvalue
    is above the threshold, the KL weight times the likelihood's variance. Bars begin at the
    threshold. On the log scale (natural log), a bar is twice as high as the latent's KL in nats.

    The right chart shows squared error against KL of the linear VAE at all KL weights, with a point
    for the forecast and a point for the run. The numbers are below the charts.

    Args:
        forecast: A `forecasts.linear_vae.Forecast`.
        title: Title of the page.
        notes: Lines below the title.
        measured: Values of the run; None for a forecast alone.
    """
    left, between = 66, 150
    page = Page(left + _SPECTRUM + between + _TRADE_OFF, _HEIGHT + 160, title, tuple(notes))
    top = page.top + 26
    _spectrum(page, MARGIN + left, top, forecast)
    _trade_off(page, MARGIN + left + _SPECTRUM + between, top, forecast, measured)
    _numbers(page, MARGIN + left, top + _HEIGHT + 78, forecast, measured)
    return page.figure


def _spectrum(page, left, top, forecast):
    axes = page.chart(
        left, top, _SPECTRUM, _HEIGHT, title="Latents that lower the loss",
        xlabel="principal component of the images", ylabel="eigenvalue, log scale",
    )  # fmt: skip
    values = forecast.eigenvalues[: 2 * forecast.latent_size]
    values = values[values > 0]
    if not len(values):
        _say(axes, "the images do not vary")
        return
    threshold, used = forecast.threshold, forecast.used
    shown = np.append(values, threshold) if threshold > 0 else values
    low, high = shown.min() / 1.6, shown.max() * 2.2
    places, floor = np.arange(1, len(values) + 1), threshold or low
    active = forecast.active
    bars = {"width": 0.8 if len(values) <= 100 else 1.0, "bottom": floor}
    if active:
        axes.bar(places[:active], values[:active] - floor, color=BLUE, label=f"active: {active}",
                 **bars)  # fmt: skip
    if used > active:
        few = slice(active, used)
        label = f"below {USED_NATS} nats: {used - active}"
        axes.bar(places[few], values[few] - floor, color="white", edgecolor=BLUE, hatch="////",
                 linewidth=0.8, label=label, **bars)  # fmt: skip
    dot = {"linestyle": "", "marker": "o", "markersize": 4 if len(values) <= 100 else 2.5}
    missed = np.flatnonzero(values[used:] > threshold) + used
    if len(missed):
        axes.plot(
            places[missed], values[missed], color=SKY, label="above, but no latent left", **dot
        )
    below = np.flatnonzero(values <= threshold)
    if len(below):
        axes.plot(
            places[below], values[below], color=FAINT, markerfacecolor="white",
            label="below the threshold", **dot,
        )  # fmt: skip
    _mark_limits(axes, forecast, len(values))
    axes.set_xlim(0, len(values) + 1)
    _log_scale(axes.yaxis, low, high)
    _add_weights(axes, forecast.stddev**2)
    # Values fall from the upper left. If the line is above all values, the lower left is empty.
    place = "upper right" if used else "lower left"
    axes.legend(frameon=False, fontsize=points(12), loc=place)


def _mark_limits(axes, forecast, num_values):
    """Marks the threshold and, if more eigenvalues are shown, the number of latents."""
    if forecast.threshold > 0:
        axes.axhline(forecast.threshold, color=ORANGE, linewidth=2, zorder=3)
        axes.annotate(
            f"weight {_short(forecast.kl_weight)} × variance {_short(forecast.stddev**2)}",
            (1.0, forecast.threshold), xycoords=("axes fraction", "data"), xytext=(-4, 4),
            textcoords="offset points", ha="right", color=ORANGE, size=points(13), weight="bold",
        )  # fmt: skip
    if forecast.latent_size < num_values:
        axes.axvline(forecast.latent_size + 0.5, color=FAINT, linewidth=1, linestyle=":")
        axes.annotate(
            f"{forecast.latent_size} latents", (forecast.latent_size + 0.5, 0.0),
            xycoords=("data", "axes fraction"), xytext=(4, 5), textcoords="offset points",
            color=FAINT, size=points(12),
        )  # fmt: skip


def _add_weights(axes, variance):
    """Adds a second scale on the right: the KL weight of each eigenvalue."""
    weights = axes.secondary_yaxis(
        "right",
        functions=(lambda value: value / variance, lambda weight: weight * variance),
    )
    low, high = axes.get_ylim()
    _log_scale(weights.yaxis, low / variance, high / variance)
    weights.set_ylabel("KL weight above which it collapses", size=points(12), color=FAINT)
    weights.tick_params(labelsize=points(12), colors=FAINT, length=0)
    weights.spines[:].set_visible(False)


def _trade_off(page, left, top, forecast, measured):
    axes = page.chart(
        left, top, _TRADE_OFF, _HEIGHT, title="Error against KL",
        xlabel="KL, nats per image", ylabel="squared error per image",
    )  # fmt: skip
    kl, error = forecast.trade_off()
    name = f"linear VAE, {forecast.latent_size} latents, any weight"
    axes.plot(kl, error, color=BLUE, linewidth=1.6, label=name)
    if math.isfinite(forecast.kl):
        axes.plot(
            forecast.kl, forecast.squared_error, "o", color=BLUE, markersize=9, zorder=4,
            clip_on=False, label=f"forecast for weight {_short(forecast.kl_weight)}",
        )  # fmt: skip
    if measured is not None and math.isfinite(measured.kl):
        axes.plot(
            measured.kl, measured.squared_error, "D", color=ORANGE, markersize=9, zorder=5,
            clip_on=False, label="this run",
        )  # fmt: skip
        if math.isfinite(forecast.kl):
            axes.plot(
                [forecast.kl, measured.kl], [forecast.squared_error, measured.squared_error],
                color=FAINT, linewidth=1, linestyle=":", zorder=3,
            )  # fmt: skip
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.25 * axes.dataLim.y1 or 1.0)
    axes.legend(frameon=False, fontsize=points(12), loc="upper right")


def _numbers(page, left, top, forecast, measured):
    """Writes a table of forecast and run, and a text that explains the picture."""
    latents = forecast.latent_size
    kl = _short(forecast.kl) if math.isfinite(forecast.kl) else "no limit"
    run = measured or Measured(0, 0.0, 0.0)
    columns = (
        (96, "", "linear", "this run"),
        (
            130,
            "active latents",
            f"{forecast.active} of {latents}",
            f"{run.active} of {latents}",
        ),
        (110, "KL, nats", kl, _short(run.kl)),
        (130, "squared error", _short(forecast.squared_error), _short(run.squared_error)),
        (0, "no latent above weight", _short(forecast.collapse_weight), ""),
    )
    for width, name, expected, reached in columns:
        weight = "bold" if name else "normal"
        page.text(left, top, name, color=FAINT, va="baseline")
        page.text(left, top + 24, expected, size=15, color=BLUE, weight=weight, va="baseline")
        if measured is not None:
            page.text(left, top + 48, reached, size=15, color=ORANGE, weight=weight, va="baseline")
        left += width
    reading = (
        "A linear VAE uses a latent if its eigenvalue exceeds weight",
        "× variance. Its KL is half the height of its bar (natural log).",
        "Trained networks can use fewer or more latents.",
    )
    for index, line in enumerate(reading):
        right = page.width - MARGIN - _TRADE_OFF
        page.text(right, top + 20 * index, line, size=12, color=FAINT, va="baseline")


def _say(axes, words):
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", color=FAINT, size=points(14)
    )  # fmt: skip
    axes.set_xticks([])
    axes.set_yticks([])


def _log_scale(axis, low, high):
    axis.axes.set_yscale("log")
    axis.axes.set_ylim(low, high)
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 2_000 * low else (1,), numticks=20))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axis.set_minor_locator(NullLocator())


def _short(value):
    if value == 0:
        return "0"
    if 100 <= value < 1e6:
        return f"{value:,.0f}"
    return f"{value:.3g}"
