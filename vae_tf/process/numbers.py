"""Checks of what a user gives."""

import math
import numbers
from typing import TypeGuard

from vae_tf.process.errors import UserError, shown
from vae_tf.process.limits import LARGEST_COUNT, LARGEST_NUMBER


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number; True and False are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_whole(value: object, least: float, most: float = LARGEST_COUNT) -> TypeGuard[int]:
    """Whether a value is an integer from `least` to `most`; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def require_number(name: str, value, least: float, most: float = math.inf, *, whole: bool = False):
    """Checks a hyperparameter that must be a finite number from `least` to `most`.

    Without bounds of its own a count fits into 32 bits, and any other number into float32, in which
    it is used.

    Args:
        name: Name of the hyperparameter.
        value: The value that was given.
        least: Smallest value allowed.
        most: Largest value allowed.
        whole: Whether it must be an integer.

    Raises:
        UserError: If it is anything else; the message names what is expected and what came.
    """
    number = is_number(value) and (isinstance(value, int) or not whole)
    largest = LARGEST_COUNT if whole else LARGEST_NUMBER
    # NaN is not between any two.
    if not (number and max(least, -largest) <= value <= min(most, largest)):
        kind = "a whole number" if whole else "a number"
        allowed = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        if number and value > largest and most == math.inf:
            allowed += f" and at most {largest}"
        raise UserError(f"`{name}` must be {kind} {allowed}. Received: {name}={shown(value)}")


def require_flag(name: str, value):
    """Checks that a hyperparameter is True or False.

    Raises:
        UserError: If it is anything else, 0 and 1 too.
    """
    if not isinstance(value, bool):
        raise UserError(f"`{name}` must be true or false. Received: {name}={shown(value)}")


def check_count(name: str, value: int, minimum: int) -> int:
    """Returns an integer that is at least `minimum`; NumPy's count, too.

    Raises:
        UserError: If it is not an integer or too small.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < minimum:
        raise UserError(
            f"`{name}` must be an integer of at least {minimum}. Received: {name}={value!r}. "
            f"Pass {name}={minimum} or more."
        )
    return int(value)
