"""Schedules of the KL weight and of the capacity: functions of the optimizer step.

They are written in lower case because they read as function calls, in `params.py`, in
`params.json` and on the command line alike: `linear(0, 10, 40000)`. A schedule is immutable,
compares by value, prints as the call that makes it, and takes numbers, NumPy arrays or tensors.
"""

import dataclasses

import numpy as np

from vae_tf import literals
from vae_tf.errors import UserError, shown, unknown
from vae_tf.limits import LARGEST_COUNT

_LEAST, _MOST = 1e-30, 1e30


def _numeric(step):
    """Returns the step as floating point, and the module with `clip`, `where` and `mod` for it."""
    if isinstance(step, (int, float, np.ndarray, np.generic)):
        return np.asarray(step, "float64")[()], np
    # Imported here: `train.py --list` reads schedules and must not wait for TensorFlow.
    from keras import ops

    return ops.cast(step, "float32"), ops


def _require(condition: bool, name: str, expected: str, value):
    if not condition:
        raise UserError(
            f"`{name}` of the schedule must be {expected}. Received: {name}={shown(value)}"
        )


def _check_level(name: str, value):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # Within float32, in which it is used: a smaller one would be 0 there, a larger one infinite.
    level = number and (value == 0 or _LEAST <= value <= _MOST)
    _require(level, name, f"a number of at least 0, from {_LEAST:g} to {_MOST:g} or 0", value)


def _check_steps(name: str, value, least: int):
    whole = isinstance(value, int) and not isinstance(value, bool)
    fits = whole and least <= value <= LARGEST_COUNT
    _require(fits, name, f"a whole number of at least {least}, below 2^31", value)


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Base of the schedules: `step -> value`."""

    def __call__(self, step):
        """Value at an optimizer step (updates done so far), of the same kind as `step`."""
        raise NotImplementedError

    @property
    def lowest(self) -> float:
        """The smallest value it ever takes."""
        raise NotImplementedError

    @property
    def highest(self) -> float:
        """The largest value it ever takes."""
        raise NotImplementedError

    @property
    def settled_at(self) -> int:
        """The step from which the value no longer changes."""
        raise NotImplementedError

    def __str__(self) -> str:
        arguments = {field: getattr(self, field.name) for field in dataclasses.fields(self)}
        while arguments and (last := next(reversed(arguments))).default == arguments[last]:
            del arguments[last]
        return f"{type(self).__name__}({', '.join(map(str, arguments.values()))})"


@dataclasses.dataclass(frozen=True)
class constant(Schedule):  # noqa: N801
    """The same value at every step.

    Args:
        value: The value, at least 0.
    """

    value: float

    def __post_init__(self):
        _check_level("value", self.value)

    def __call__(self, step):
        step, xp = _numeric(step)
        return xp.zeros_like(step) + self.value

    def __str__(self):
        return str(self.value)

    lowest = highest = property(lambda self: self.value)
    settled_at = property(lambda self: 0)


@dataclasses.dataclass(frozen=True)
class linear(Schedule):  # noqa: N801
    """From `start`, after `delay` steps, in a straight line to `end`, and `end` from then on.

    Args:
        start: First value, at least 0.
        end: Last value, at least 0; below `start` the weight decreases.
        steps: Optimizer steps the way takes, at least 1.
        delay: Optimizer steps at `start` before it sets out.

    Example:
        >>> schedule = linear(0, 10, 40000)
        >>> float(schedule(20000)), float(schedule(90000)), str(schedule)
        (5.0, 10.0, 'linear(0, 10, 40000)')
    """

    start: float
    end: float
    steps: int
    delay: int = 0

    def __post_init__(self):
        _check_level("start", self.start)
        _check_level("end", self.end)
        _check_steps("steps", self.steps, 1)
        _check_steps("delay", self.delay, 0)

    def __call__(self, step):
        step, xp = _numeric(step)
        return self.start + (self.end - self.start) * xp.clip(
            (step - self.delay) / self.steps, 0.0, 1.0
        )

    lowest = property(lambda self: min(self.start, self.end))
    highest = property(lambda self: max(self.start, self.end))
    settled_at = property(lambda self: self.delay + self.steps)


@dataclasses.dataclass(frozen=True)
class cyclical(Schedule):  # noqa: N801
    """Repeated ramps from `start` to `end`, each followed by a plateau; `end` after the last.

    Args:
        start: Value at the beginning of each cycle, at least 0.
        end: Value of the plateaus, at least 0.
        steps: Optimizer steps of all cycles together.
        cycles: Number of cycles; 4 in the paper.
        ramp: Part of a cycle that the ramp takes, in (0, 1]; 0.5 in the paper.

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
        _check_level("start", self.start)
        _check_level("end", self.end)
        _check_steps("cycles", self.cycles, 1)
        _check_steps("steps", self.steps, self.cycles)
        _check_level("ramp", self.ramp)
        _require(0 < self.ramp <= 1, "ramp", "in (0, 1]", self.ramp)

    def __call__(self, step):
        step, xp = _numeric(step)
        period = self.steps / self.cycles
        position = xp.mod(step, period) / period  # tau of Eq. 7
        value = self.start + (self.end - self.start) * xp.clip(position / self.ramp, 0.0, 1.0)
        return xp.where(step < self.steps, value, xp.zeros_like(value) + self.end)

    lowest = property(lambda self: min(self.start, self.end))
    highest = property(lambda self: max(self.start, self.end))
    settled_at = property(lambda self: self.steps)


@dataclasses.dataclass(frozen=True)
class triggered(Schedule):  # noqa: N801
    """Waits at the schedule's first value until the reconstruction is good enough, then runs it.

    The mean training reconstruction of the last log window (`log_every` steps, so that one lucky
    batch does not start it) has to come down to `threshold`. Whoever trains counts the steps since
    then: called with these, this is `schedule` itself; before, it is called with 0.

    Args:
        threshold: Nats per image, as in the log's column `reconstruction`; at least 0.
        schedule: Schedule to run from then on; a number is a constant.
    """

    threshold: float
    schedule: Schedule

    def __post_init__(self):
        _check_level("threshold", self.threshold)
        if isinstance(self.schedule, (int, float)):
            object.__setattr__(self, "schedule", constant(self.schedule))
        inner = isinstance(self.schedule, Schedule) and not isinstance(self.schedule, triggered)
        _require(inner, "schedule", "another schedule, such as linear(0, 1, 50000)", self.schedule)

    def __call__(self, step):
        return self.schedule(step)

    lowest = property(lambda self: self.schedule.lowest)
    highest = property(lambda self: self.schedule.highest)
    settled_at = property(lambda self: self.schedule.settled_at)


SCHEDULES = {kind.__name__: kind for kind in (constant, linear, cyclical, triggered)}


def parse(text: str) -> Schedule:
    """Reads a schedule from the call that makes it. Nothing is evaluated.

    Args:
        text: Text of a schedule, such as "linear(0, 1, 50000, delay=3000)" or "4".

    Raises:
        UserError: If it is not one of `SCHEDULES` with literal arguments.

    Example:
        >>> parse("triggered(30, linear(0, 1, 50000))")
        triggered(threshold=30, schedule=linear(start=0, end=1, steps=50000, delay=0))
    """
    try:
        value = literals.read(text)
    except UserError:
        raise
    except ValueError:
        raise UserError(
            f"A schedule is a number or a call such as linear(0, 1, 50000). Received: {shown(text)}"
        ) from None
    return _from_call(value, text)


def _from_call(value, text: str) -> Schedule:
    if not isinstance(value, literals.Call):
        return constant(value)
    if value.name not in SCHEDULES:
        raise unknown("schedule", value.name, SCHEDULES)

    def argument(inner):
        return _from_call(inner, text) if isinstance(inner, literals.Call) else inner

    kind = SCHEDULES[value.name]
    try:
        return kind(
            *map(argument, value.arguments),
            **{name: argument(inner) for name, inner in value.keywords.items()},
        )
    except UserError:
        raise
    except (TypeError, ValueError):
        names = ", ".join(field.name for field in dataclasses.fields(kind))
        raise UserError(
            f"{value.name} takes ({names}), numbers only. Received: {shown(text)}"
        ) from None


def as_schedule(value: "float | str | Schedule") -> Schedule:
    """Turns a number or the text of a schedule into the schedule."""
    if isinstance(value, Schedule):
        return value
    if isinstance(value, str):
        return parse(value)
    return constant(value)
