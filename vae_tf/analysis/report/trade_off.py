"""Chart of reconstruction against KL, with the labels of the table (compute)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

_WIDTH, _HEIGHT = 640, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 26, 20, 46  # around the plot
_NEAR = 15  # pixels between points that share a label
_LOG_ABOVE = 30.0  # nats; with a higher KL, the axis of the KL is logarithmic


class Point(NamedTuple):
    """A run in the chart.

    Attributes:
        label: Number of the run in the table.
        kl: KL, nats per image. A negative value is drawn at 0.
        reconstruction: Reconstruction, nats per image.
    """

    label: str
    kl: float
    reconstruction: float


class Chart(NamedTuple):
    """A chart. Places are pixels from the upper left corner.

    Attributes:
        name: Description for screen readers.
        width: Width in pixels.
        height: Height in pixels.
        left: Left side of the plot.
        right: Right side of the plot.
        top: Upper side of the plot.
        floor: Lower side of the plot.
        log: Whether the axis of the KL is logarithmic.
        across: Place and text of each tick of the KL.
        up: Place and text of each tick of the reconstruction.
        dots: Places of the runs.
        labels: Places of labels, each with the labels of all runs near this place.
    """

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    floor: int
    log: bool
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    dots: list[tuple[float, float]]
    labels: list[tuple[float, float, list[str]]]


def trade_off(points: Sequence[Point], name: str) -> Chart:
    """Computes the chart.

    Args:
        points: At least two runs with the same likelihood.
        name: Description for screen readers.
    """
    right, floor = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    log = max(point.kl for point in points) > _LOG_ABOVE
    kl = _Axis([0.0, *(max(point.kl, 0.0) for point in points)], log=log)
    reconstruction = _Axis([point.reconstruction for point in points], log=False)

    def x_of(value: float) -> float:
        return round(_LEFT + kl.of(value) * (right - _LEFT), 1)

    def y_of(value: float) -> float:
        return round(floor - reconstruction.of(value) * (floor - _TOP), 1)

    dots = [(x_of(max(point.kl, 0.0)), y_of(point.reconstruction)) for point in points]
    return Chart(
        name=name,
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        right=right,
        top=_TOP,
        floor=floor,
        log=log,
        across=[(x_of(value), f"{value:g}") for value in kl.ticks()],
        up=[(y_of(value), f"{value:g}") for value in reconstruction.ticks()],
        dots=dots,
        labels=_labels(points, dots),
    )


class _Axis:
    """A scale that maps values to 0 to 1, with ticks at round numbers."""

    def __init__(self, values: Sequence[float], *, log: bool):
        self.log = log
        low, high = self._bent(min(values)), self._bent(max(values))
        margin = 0.07 * (high - low) or 0.5
        self.low, self.high = low - (0.0 if log else margin), high + margin
        if min(values) >= 0:
            self.low = max(self.low, -0.02 * (self.high - self.low))

    def _bent(self, value: float) -> float:
        return math.log1p(value) if self.log else value

    def of(self, value: float) -> float:
        return (self._bent(value) - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        if self.log:
            known = [0.0, *(m * 10.0**e for e in range(6) for m in (1, 3))]
        else:
            step = _round_step((self.high - self.low) / 4)
            known = [step * k for k in range(math.ceil(self.low / step), 1 + int(self.high / step))]
        return [value for value in known if 0 <= self.of(value) <= 1]


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)


def _labels(points, dots) -> list[tuple[float, float, list[str]]]:
    """Collects the labels of dots that are near each other."""
    clusters: list[tuple[float, float, list[str]]] = []
    for point, (x, y) in zip(points, dots, strict=True):
        near = [c for c in clusters if abs(c[0] - x) < _NEAR and abs(c[1] - y) < _NEAR]
        if near:
            near[0][2].append(point.label)
        else:
            clusters.append((x, y, [point.label]))
    return clusters
