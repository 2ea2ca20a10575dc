"""The weight of the regularizer: a schedule of the step, and the state that some need."""

import keras
from keras import ops

from vae_tf import schedules


class KLWeight:
    """A schedule and, for a triggered one, when it started: weights of the model it belongs to.

    Args:
        schedule: Number, schedule or text of a schedule.
        model: Model that keeps the state, so that it is saved and restored with its weights.
        window: Steps over whose mean reconstruction a trigger decides.

    Attributes:
        schedule: The schedule.
        trigger_step: Step at which a triggered schedule started, -1 before; None without trigger.
    """

    def __init__(
        self, schedule: "float | str | schedules.Schedule", model: keras.Model, window=100
    ):
        self.schedule = schedules.as_schedule(schedule)
        self.window = window
        self.trigger_step = None
        if isinstance(self.schedule, schedules.triggered):
            self.trigger_step = _state(model, "trigger_step", -1, "int64")
            # Of the reconstructions since the last window was full.
            self._sum = _state(model, "trigger_sum", 0.0, "float64")
            self._count = _state(model, "trigger_count", 0, "int64")

    def __call__(self, step):
        """Value at an optimizer step, a scalar tensor; a triggered one counts from its trigger."""
        if self.trigger_step is not None:
            fired = ops.convert_to_tensor(self.trigger_step)
            step = ops.where(fired >= 0, step - fired, 0)
        return ops.cast(self.schedule(ops.cast(step, "float32")), "float32")

    def observe(self, step, reconstruction):
        """Starts a triggered schedule when the mean reconstruction of a window is good enough.

        Windows end with steps that `window` divides; the first, if it is shorter, does not count.

        Args:
            step: Updates done before this one.
            reconstruction: Scalar, nats; mean over the batch of this update.
        """
        if self.trigger_step is None:
            return
        total = ops.convert_to_tensor(self._sum) + ops.cast(reconstruction, "float64")
        count = ops.convert_to_tensor(self._count) + 1
        ends = step % self.window == 0
        good = total <= self.schedule.threshold * ops.cast(count, "float64")
        waiting = ops.convert_to_tensor(self.trigger_step) < 0
        fires = waiting & ends & (count >= self.window) & good
        self.trigger_step.assign(ops.where(fires, step + 1, self.trigger_step))
        self._sum.assign(ops.where(ends, ops.zeros_like(total), total))
        self._count.assign(ops.where(ends, ops.zeros_like(count), count))

    @property
    def terms(self) -> dict:
        """What it adds to the log, besides its value."""
        if self.trigger_step is None:
            return {}
        return {"trigger_step": ops.cast(self.trigger_step, "float32")}

    def settled(self, step: int) -> bool:
        """Whether the value no longer changes from this step on."""
        start = 0 if self.trigger_step is None else int(self.trigger_step)
        return start >= 0 and step >= start + self.schedule.settled_at


def _state(model, name, start, dtype):
    initializer = keras.initializers.Constant(start)
    return model.add_weight(
        name=name, shape=(), dtype=dtype, initializer=initializer, trainable=False
    )
