"""Reconstruction against KL as a drawing in the page, points numbered as the rows of the table."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from vae_tf.process.texts.elements import text

_WIDTH, _HEIGHT = 640, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 26, 20, 46  # around the plot
_NEAR = 15  # pixels between points that share a label
_LOG_ABOVE = 30.0  # nats of KL, from which its axis is logarithmic


class Point(NamedTuple):
    """A run.

    Attributes:
        label: Its number.
        kl: Nats per image, at least 0.
        reconstruction: Nats per image.
    """

    label: str
    kl: float
    reconstruction: float


def trade_off(points: Sequence[Point], name: str) -> str:
    """Returns the drawing.

    Args:
        points: Runs of one likelihood, two at least.
        name: Description, for those who do not see it.
    """
    log = max(point.kl for point in points) > _LOG_ABOVE
    across = _Axis([0.0, *(max(point.kl, 0.0) for point in points)], log=log)
    up = _Axis([point.reconstruction for point in points], log=False)
    places = [
        (_LEFT + across.of(max(point.kl, 0.0)) * (_WIDTH - _LEFT - _RIGHT),
         _HEIGHT - _BOTTOM - up.of(point.reconstruction) * (_HEIGHT - _TOP - _BOTTOM))
        for point in points
    ]  # fmt: skip
    scale = ", log scale" if log else ""
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{text(name)}">{_grid(across, up)}'
        f'<text class="axis" x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">'
        f"KL, nats{scale}</text>"
        f'<text class="axis" x="4" y="12">reconstruction, nats</text>'
        f"{_marks(points, places)}</svg>"
    )


class _Axis:
    """A scale from 0 to 1 over values, with round numbers on it."""

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


def _grid(across: _Axis, up: _Axis) -> str:
    right, floor = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for value in across.ticks():
        x = _LEFT + across.of(value) * (right - _LEFT)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{floor}"/>')
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{floor + 17}" text-anchor="middle">{value:g}</text>'
        )
    for value in up.ticks():
        y = floor - up.of(value) * (floor - _TOP)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{_LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    return "".join(parts)


def _marks(points, places) -> str:
    """Dots, and a label for those that are together."""
    clusters: list[tuple[float, float, list[str]]] = []
    for point, (x, y) in zip(points, places, strict=True):
        near = [c for c in clusters if abs(c[0] - x) < _NEAR and abs(c[1] - y) < _NEAR]
        if near:
            near[0][2].append(point.label)
        else:
            clusters.append((x, y, [point.label]))
    dots = [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>' for x, y in places]
    labels = [
        f'<text class="label" x="{x + 9:.1f}" y="{y - 7:.1f}">{text(", ".join(names))}</text>'
        if x < _WIDTH - 120
        else f'<text class="label" x="{x - 9:.1f}" y="{y - 7:.1f}" text-anchor="end">'
        f"{text(', '.join(names))}</text>"
        for x, y, names in clusters
    ]
    return "".join([*dots, *labels])
