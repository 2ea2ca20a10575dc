"""The value that a KL weight settles at, also for schedules that depend on the training."""

from collections.abc import Callable, Mapping

import numpy as np

from vae_tf.schedules import Schedule, as_schedule, constrained, controlled


def settled_weight(
    kl_weight: float | str | Schedule,
    terms: Callable[[float], Mapping[str, float]] = lambda weight: {},
) -> float:
    """The value that a KL weight settles at.

    Args:
        kl_weight: The KL weight, at least 0, or a schedule.
        terms: Function from a weight to "reconstruction" and "kl" at its optimum, in nats. The
            reconstruction rises with the weight, and the KL falls. Needed for `constrained` and
            `controlled`.

    Returns:
        The weight. For `constrained`, the largest weight whose reconstruction is within the bound;
        for `controlled`, the weight at which the KL is the target; both within the schedule's
        limits.

    Raises:
        UserError: If it is not a number of at least 0 or a schedule.
    """
    schedule = as_schedule(kl_weight)
    if schedule.settled_at is None:
        return _solved(schedule, terms)
    return float(schedule(schedule.settled_at))


def _solved(schedule: Schedule, terms) -> float:
    def too_large(weight):
        if isinstance(schedule, constrained):
            return terms(weight)["reconstruction"] > schedule.bound
        return isinstance(schedule, controlled) and terms(weight)["kl"] < schedule.kl

    # A controller may go down to 0, which has no logarithm.
    low, high = max(schedule.lowest, 1e-12), schedule.highest
    if too_large(low):
        return schedule.lowest
    if not too_large(high):
        return schedule.highest
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if too_large(middle) else (middle, high)
    return low
