"""Schedules of the KL weight, the capacity and the learning rate, written as function calls.

They are in lower case because they read as calls, in `params.py`, in `params.json` and on the
command line alike: `linear(0, 10, 40000)`. A schedule is immutable, compares by value, prints as
the call that makes it, and takes numbers, NumPy arrays or tensors.
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
