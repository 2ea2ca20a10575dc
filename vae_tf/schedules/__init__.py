"""Schedules of the KL weight, the capacity and the learning rate, written as function calls.

Their names are in lower case because they are written as calls in `params.py`, in `params.json` and
on the command line: `linear(0, 10, 40000)`. A schedule is immutable. Schedules with equal arguments
are equal. A schedule prints as the call that makes it. Its step is a number, a NumPy array or a
tensor.
"""

from vae_tf.schedules.feedback import constrained, controlled, triggered
from vae_tf.schedules.ramps import cosine, cyclical, exponential, falling, linear, stepwise, warm_up
from vae_tf.schedules.schedule import Feedback, Schedule, constant
from vae_tf.schedules.texts import SCHEDULES, as_schedule, parse

__all__ = [
    "SCHEDULES",
    "Feedback",
    "Schedule",
    "as_schedule",
    "constant",
    "constrained",
    "controlled",
    "cosine",
    "cyclical",
    "exponential",
    "falling",
    "linear",
    "parse",
    "stepwise",
    "triggered",
    "warm_up",
]
