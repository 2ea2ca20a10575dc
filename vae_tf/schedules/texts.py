"""Read a schedule from its text, without executing code."""

import dataclasses

from vae_tf.process.errors import UserError, shown, unknown
from vae_tf.process.texts import literals
from vae_tf.schedules.feedback import constrained, controlled, triggered
from vae_tf.schedules.ramps import cosine, cyclical, exponential, falling, linear, stepwise, warm_up
from vae_tf.schedules.schedule import Schedule, constant

SCHEDULES: dict[str, type[Schedule]] = {
    kind.__name__: kind
    for kind in (
        *(constant, linear, cosine, exponential, cyclical, stepwise, warm_up, falling),
        *(triggered, constrained, controlled),
    )
}


def parse(text: str) -> Schedule:
    """Reads a schedule from the text of its call. No code is executed.

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


def as_schedule(value: "float | str | Schedule | None") -> Schedule:
    """Returns the schedule of a number, of the text of a schedule, or of a schedule.

    Raises:
        UserError: If the value is none of these.
    """
    if isinstance(value, Schedule):
        return value
    if isinstance(value, str):
        return parse(value)
    return constant(value)  # type: ignore[arg-type]  # which refuses None
