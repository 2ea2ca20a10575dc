"""Schedules that change from one value to another: ramps, cycles, decays and steps."""

import dataclasses

import numpy as np

from vae_tf.schedules.schedule import (
    Schedule,
    as_inner,
    check_level,
    check_steps,
    numeric,
    require,
)


@dataclasses.dataclass(frozen=True)
class _Ramp(Schedule):
    """From `start`, after `delay` steps, to `end` within `steps` steps, and `end` from then on."""

    start: float
    end: float
    steps: int
    delay: int = 0

    def __post_init__(self):
        check_level("start", self.start)
        check_level("end", self.end)
        check_steps("steps", self.steps, 1)
        check_steps("delay", self.delay, 0)

    def __call__(self, step):
        step, xp = numeric(step)
        return self._at(xp.clip((step - self.delay) / self.steps, 0.0, 1.0), xp)

    def _at(self, part, xp):
        """Value at a part of the way, in [0, 1]."""
        raise NotImplementedError

    lowest = property(lambda self: min(self.start, self.end))
    highest = property(lambda self: max(self.start, self.end))
    settled_at = property(lambda self: self.delay + self.steps)


@dataclasses.dataclass(frozen=True)
class linear(_Ramp):  # noqa: N801
    """Constant `start` for `delay` steps, a straight line to `end`, and then constant `end`.

    Args:
        start: First value, at least 0.
        end: Last value, at least 0. If it is below `start`, the value decreases.
        steps: Number of optimizer steps from `start` to `end`, at least 1.
        delay: Number of optimizer steps at `start` before the change begins.

    Example:
        >>> schedule = linear(0, 10, 40000)
        >>> float(schedule(20000)), float(schedule(90000)), str(schedule)
        (5.0, 10.0, 'linear(0, 10, 40000)')
    """

    def _at(self, part, xp):
        return self.start + (self.end - self.start) * part


@dataclasses.dataclass(frozen=True)
class cosine(_Ramp):  # noqa: N801
    """Half a cosine wave from `start` to `end`, flat at both ends; otherwise like `linear`.

    Args:
        start: First value, at least 0.
        end: Last value, at least 0.
        steps: Number of optimizer steps from `start` to `end`, at least 1.
        delay: Number of optimizer steps at `start` before the change begins.

    Reference:
        Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017,
        Eq. 5, without restarts. https://arxiv.org/abs/1608.03983
    """

    def _at(self, part, xp):
        # cos^2 and sin^2 in place of (1 +- cos) / 2: exact at the ends in float32, too.
        angle = 0.5 * np.pi * part
        return self.start * xp.square(xp.cos(angle)) + self.end * xp.square(xp.sin(angle))


@dataclasses.dataclass(frozen=True)
class exponential(_Ramp):  # noqa: N801
    """Change by the same factor at every step; otherwise like `linear`.

    Args:
        start: First value, above 0.
        end: Last value, above 0.
        steps: Number of optimizer steps from `start` to `end`, at least 1.
        delay: Number of optimizer steps at `start` before the change begins.

    Example:
        >>> round(float(exponential(1, 0.01, 200)(100)), 6)
        0.1
    """

    def __post_init__(self):
        super().__post_init__()
        check_level("start", self.start, zero=False)
        check_level("end", self.end, zero=False)

    def _at(self, part, xp):
        # Computed as powers: exactly `start` and `end` at the ends.
        return xp.power(self.start, 1.0 - part) * xp.power(self.end, part)


@dataclasses.dataclass(frozen=True)
class cyclical(Schedule):  # noqa: N801
    """Repeated ramps from `start` to `end`, each followed by a plateau. The last value is `end`.

    Args:
        start: Value at the beginning of each cycle, at least 0.
        end: Value of the plateaus, at least 0.
        steps: Number of optimizer steps of all cycles together.
        cycles: Number of cycles; 4 in the paper.
        ramp: Fraction of a cycle that is the ramp, in (0, 1]; 0.5 in the paper.

    Reference:
        Fu et al., "Cyclical Annealing Schedule: A Simple Approach to Mitigating KL
        Vanishing", NAACL 2019, Eq. 6-7. https://arxiv.org/abs/1903.10145
    """

    start: float
    end: float
    steps: int
    cycles: int = 4
    ramp: float = 0.5

    def __post_init__(self):
        check_level("start", self.start)
        check_level("end", self.end)
        check_steps("cycles", self.cycles, 1)
        check_steps("steps", self.steps, self.cycles)
        check_level("ramp", self.ramp)
        require(0 < self.ramp <= 1, "ramp", "in (0, 1]", self.ramp)

    def __call__(self, step):
        step, xp = numeric(step)
        period = self.steps / self.cycles
        position = xp.mod(step, period) / period  # tau of Eq. 7
        value = self.start + (self.end - self.start) * xp.clip(position / self.ramp, 0.0, 1.0)
        return xp.where(step < self.steps, value, xp.zeros_like(value) + self.end)

    lowest = property(lambda self: min(self.start, self.end))
    highest = property(lambda self: max(self.start, self.end))
    settled_at = property(lambda self: self.steps)


@dataclasses.dataclass(frozen=True)
class stepwise(Schedule):  # noqa: N801
    """Constant values, one after the other. Each value ends at a boundary.

    Args:
        values: List of values, each at least 0; one more than boundaries.
        boundaries: Increasing list of optimizer steps. At each boundary, the next value begins.

    Example:
        >>> schedule = stepwise([1e-3, 1e-4], [500])
        >>> float(schedule(499)), float(schedule(500)), str(schedule)
        (0.001, 0.0001, 'stepwise([0.001, 0.0001], [500])')
    """

    values: tuple[float, ...]
    boundaries: tuple[int, ...]

    def __post_init__(self):
        for name in ("values", "boundaries"):
            given = getattr(self, name)
            require(isinstance(given, (list, tuple)) and len(given), name, "a list", given)
            object.__setattr__(self, name, tuple(given))
        for value in self.values:
            check_level("values", value)
        for boundary in self.boundaries:
            check_steps("boundaries", boundary, 1)
        rising = all(np.diff(self.boundaries) > 0)
        require(rising, "boundaries", "rising steps", self.boundaries)
        fits = len(self.values) == len(self.boundaries) + 1
        require(fits, "values", f"a list of {len(self.boundaries) + 1} numbers", self.values)

    def __call__(self, step):
        step, xp = numeric(step)
        value = xp.zeros_like(step) + self.values[0]
        for boundary, following in zip(self.boundaries, self.values[1:], strict=True):
            value = xp.where(step < boundary, value, following)
        return value

    def __str__(self):
        return f"stepwise({list(self.values)}, {list(self.boundaries)})"

    lowest = property(lambda self: min(self.values))
    highest = property(lambda self: max(self.values))
    settled_at = property(lambda self: self.boundaries[-1])


@dataclasses.dataclass(frozen=True)
class warm_up(Schedule):  # noqa: N801
    """Straight line from near 0 to the first value of a schedule, and then the schedule.

    The first step has the first value divided by `steps`. The last step before the schedule has the
    whole first value.

    Args:
        steps: Number of optimizer steps of the line, at least 1. The steps of the schedule are
            counted from the end of the line.
        schedule: Schedule after the line; a number is a constant.

    Example:
        >>> schedule = warm_up(4, linear(8, 0, 8))
        >>> [float(schedule(step)) for step in (0, 1, 3, 4, 8, 12)]
        [2.0, 4.0, 8.0, 8.0, 4.0, 0.0]
    """

    steps: int
    schedule: Schedule

    def __post_init__(self):
        check_steps("steps", self.steps, 1)
        object.__setattr__(self, "schedule", as_inner(self.schedule))

    def __call__(self, step):
        step, xp = numeric(step)
        part = xp.clip((step + 1.0) / self.steps, 0.0, 1.0)
        return part * self.schedule(xp.maximum(step - self.steps, 0.0))

    @property
    def lowest(self):
        return min(self.schedule(0) / self.steps, self.schedule.lowest)

    highest = property(lambda self: self.schedule.highest)
    settled_at = property(lambda self: self.steps + self.schedule.settled_at)


@dataclasses.dataclass(frozen=True)
class falling(Schedule):  # noqa: N801
    """Rise to `rate` in the first tenth of the steps, then half a cosine wave to 0.

    It is a shorter name of `warm_up(steps / 10, cosine(rate, 0, 9 * steps / 10))`. Most presets use
    it for the learning rate.

    Args:
        rate: Highest value, above 0.
        steps: Number of optimizer steps, at least 2. None: the number of steps of the run.

    Example:
        >>> schedule = falling(0.002).within(5_000)
        >>> [round(float(schedule(step)), 6) for step in (0, 500, 2_750, 5_000)]
        [4e-06, 0.002, 0.001, 0.0]
    """

    rate: float
    steps: int | None = None

    def __post_init__(self):
        check_level("rate", self.rate, zero=False)
        if self.steps is not None:
            check_steps("steps", self.steps, 2)

    def __call__(self, step):
        require(self.steps is not None, "steps", "a number where there is no run", None)
        up = max(self.steps // 10, 1)
        return warm_up(up, cosine(self.rate, 0, self.steps - up))(step)

    def within(self, steps):
        """The schedule with the number of steps of a run, if it has no number of its own."""
        return self if self.steps else falling(self.rate, max(steps, 2))

    lowest = property(lambda self: 0.0)
    highest = property(lambda self: self.rate)
    settled_at = property(lambda self: self.steps)
