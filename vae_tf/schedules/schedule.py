"""Shared by schedules: a value at a step, checks, and how they are written."""

import dataclasses

import numpy as np

from vae_tf.process.errors import UserError, shown
from vae_tf.process.numbers import is_number, is_whole

_LEAST, _MOST = 1e-30, 1e30


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Base of the schedules: `step -> value`."""

    def __call__(self, step):
        """Value at an optimizer step (updates done so far), of the same kind as `step`."""
        raise NotImplementedError

    @property
    def lowest(self) -> float:
        """The smallest value of the schedule."""
        raise NotImplementedError

    @property
    def highest(self) -> float:
        """The largest value of the schedule."""
        raise NotImplementedError

    @property
    def settled_at(self) -> int | None:
        """The step from which the value no longer changes; None if it always changes."""
        raise NotImplementedError

    def within(self, steps: int) -> "Schedule":
        """The schedule in a run of this many steps. Only `falling` without steps changes."""
        return self

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
        check_level("value", self.value)

    def __call__(self, step):
        step, xp = numeric(step)
        return xp.zeros_like(step) + self.value

    def __str__(self):
        return str(self.value)

    lowest = highest = property(lambda self: self.value)
    settled_at = property(lambda self: 0)


@dataclasses.dataclass(frozen=True)
class Feedback(Schedule):
    """Base of the KL weights that depend on the training. They need a state, see `KLWeight`.

    They are not functions of the step, so only `kl_weight` can be one of them.
    """


def as_inner(schedule) -> Schedule:
    """Checks the inner schedule of a schedule: it must be a function of the step, or a number."""
    if is_number(schedule):
        return constant(schedule)
    fits = isinstance(schedule, Schedule) and not isinstance(schedule, Feedback)
    require(fits, "schedule", "another schedule, such as linear(0, 1, 50000)", schedule)
    return schedule


def numeric(step):
    """Returns the step in floating point, and the module that computes with it (NumPy or Keras)."""
    if isinstance(step, (int, float, np.ndarray, np.generic)):
        return np.asarray(step, "float64")[()], np
    # Imported here: `train.py --list` reads schedules and must not wait for TensorFlow.
    from keras import ops

    return ops.cast(step, "float32"), ops


def require(condition: bool, name: str, expected: str, value):
    """Raises `UserError` unless the condition holds.

    Args:
        condition: Whether the argument is valid.
        name: Name of the argument.
        expected: Requirement on the value.
        value: The value that was given.
    """
    if not condition:
        raise UserError(
            f"`{name}` of the schedule must be {expected}. Received: {name}={shown(value)}"
        )


def check_level(name: str, value, *, zero: bool = True):
    """Checks a value of a schedule: a number of at least 0, or above 0."""
    # Within float32, in which it is used: a smaller one would be 0 there, a larger one infinite.
    level = is_number(value) and ((zero and value == 0) or _LEAST <= value <= _MOST)
    least = "of at least 0 (0, or " if zero else "above 0 ("
    require(level, name, f"a number {least}from {_LEAST:g} to {_MOST:g})", value)


def check_steps(name: str, value, least: int):
    """Checks a number of steps."""
    expected = f"a whole number of at least {least}, below 2^31"
    require(is_whole(value, least), name, expected, value)
