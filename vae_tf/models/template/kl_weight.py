"""The weight of the regularizer: a schedule of the step, or what the training itself decides."""

import keras
from keras import ops

from vae_tf import schedules

_KEPT = 0.99  # of the average of a feedback weight at each step, as in GECO
_TOLERANCE = 0.05  # relative distance at which what was asked for counts as reached


class KLWeight:
    """A schedule of the step.

    Args:
        schedule: The schedule.
        model: Model that keeps the state, so that it is saved and restored with its weights.
        window: Steps over whose mean reconstruction a trigger decides.

    Attributes:
        schedule: The schedule.
    """

    def __init__(self, schedule: schedules.Schedule, model: keras.Model, window: int = 100):
        self.schedule = schedule
        self.window = window

    def __call__(self, step):
        """Value at an optimizer step, a scalar tensor."""
        return ops.cast(self.schedule(ops.cast(step, "float32")), "float32")

    def update_state(self, step, terms: dict):
        """Takes note of an update.

        Args:
            step: Updates done before this one.
            terms: Terms of this update, scalars, means over the batch.
        """

    @property
    def terms(self) -> dict:
        """Its entries in the log, in addition to its value."""
        return {}

    def is_constant_from(self, step: int) -> bool:
        """Whether the value no longer changes from this step on."""
        settled_at = self.schedule.settled_at
        return settled_at is not None and step >= settled_at

    def shortfall(self) -> str | None:
        """The target that was not reached, as a sentence; None where there is nothing to say."""
        return None


class TriggeredWeight(KLWeight):
    """Runs a schedule from the step at which the reconstruction is good enough.

    Attributes:
        trigger_step: Step at which the schedule started, -1 before.
    """

    schedule: schedules.triggered

    def __init__(self, schedule, model, window=100):
        super().__init__(schedule, model, window)
        self.trigger_step = _state(model, "trigger_step", -1, "int64")
        # Sum of the reconstructions since the last window was full.
        self._sum = _state(model, "trigger_sum", 0.0)
        self._count = _state(model, "trigger_count", 0, "int64")

    def __call__(self, step):
        fired = ops.convert_to_tensor(self.trigger_step)
        return super().__call__(ops.where(fired >= 0, step - fired, 0))

    def update_state(self, step, terms):
        """Starts the schedule when the mean reconstruction of a window is good enough.

        Windows end with steps that `window` divides; the first, if it is shorter, does not count.
        """
        total = ops.convert_to_tensor(self._sum) + ops.cast(terms["reconstruction"], "float64")
        count = ops.convert_to_tensor(self._count) + 1
        ends = step % self.window == 0
        good = total <= self.schedule.threshold * ops.cast(count, "float64")
        waiting = ops.convert_to_tensor(self.trigger_step) < 0
        fires = waiting & ends & (count >= self.window) & good
        self.trigger_step.assign(ops.where(fires, step + 1, self.trigger_step))
        self._sum.assign(ops.where(ends, ops.zeros_like(total), total))
        self._count.assign(ops.where(ends, ops.zeros_like(count), count))

    @property
    def terms(self):
        return {"trigger_step": ops.cast(self.trigger_step, "float32")}

    def is_constant_from(self, step):
        start = int(self.trigger_step.numpy())
        return start >= 0 and super().is_constant_from(step - start)

    def shortfall(self):
        if int(self.trigger_step.numpy()) >= 0:
            return None
        return (
            f"No window of {self.window} steps had a mean reconstruction of at most "
            f"{self.schedule.threshold:g} nats, so the KL weight never left its first value. Raise "
            f"the threshold, or train longer."
        )


class FeedbackWeight(KLWeight):
    """Base of the weights that hold a term of the log at a value; they never settle.

    Attributes:
        term: Name of the term.
        name: Its name in messages.
        goal: Value that is asked for, nats.
        slack: How much above its lowest value the weight may be and count as there.
        at_lowest: Remedy where the goal is missed at the lowest weight.
        at_highest: Remedy where it is missed at the highest.
    """

    term = name = at_lowest = at_highest = ""
    goal = slack = 0.0

    def __init__(self, schedule, model, window, first: float):
        super().__init__(schedule, model, window)
        self._value = _state(model, "kl_weight", first)
        self._average = _state(model, f"kl_weight_{self.term}", 0.0)
        self._count = _state(model, "kl_weight_updates", 0, "int64")

    def __call__(self, step):
        return ops.cast(ops.convert_to_tensor(self._value), "float32")

    def update_state(self, step, terms):
        seen = ops.cast(terms[self.term], "float64")
        count = ops.convert_to_tensor(self._count)
        kept = _KEPT * ops.convert_to_tensor(self._average) + (1.0 - _KEPT) * seen
        average = ops.where(count > 0, kept, seen)
        self._average.assign(average)
        self._count.assign(count + 1)
        self._value.assign(self.after(seen, average))

    def after(self, seen, average):
        """The next weight, a float64 scalar.

        Args:
            seen: The term in this update.
            average: Its average over about the last 100 updates.
        """
        raise NotImplementedError

    def shortfall(self):
        reached, weight = float(self._average.numpy()), float(self._value.numpy())
        if not int(self._count.numpy()) or abs(reached - self.goal) <= _TOLERANCE * self.goal:
            return None
        lowest, highest = self.schedule.lowest, self.schedule.highest
        if weight <= lowest * 1.001 + self.slack:
            where = f"which is the lowest; {self.at_lowest}"
        elif weight >= highest * 0.999:
            where = f"which is the highest; {self.at_highest}"
        else:
            where = "which still moves; train longer, or let it move faster"
        return (
            f"The {self.name} of {self.goal:g} nats that was asked for was not reached: the last "
            f"100 updates had {reached:.3g} on average, at a KL weight of {weight:.3g}, {where}."
        )


class ConstrainedWeight(FeedbackWeight):
    """Holds the reconstruction at a bound, see `schedules.constrained`."""

    schedule: schedules.constrained
    term = name = "reconstruction"
    at_lowest = "raise the bound, or the capacity of the networks"
    at_highest = "even collapsed posteriors stay below this bound: lower it"

    def __init__(self, schedule, model, window=100):
        self.goal = schedule.bound
        super().__init__(schedule, model, window, schedule.start)

    def after(self, seen, average):
        excess = ops.clip((average - self.goal) / self.goal, -1.0, 1.0)
        weight = ops.convert_to_tensor(self._value) * ops.exp(-self.schedule.rate * excess)
        return ops.clip(weight, self.schedule.lowest, self.schedule.highest)


class ControlledWeight(FeedbackWeight):
    """Holds the KL at a value, see `schedules.controlled`."""

    schedule: schedules.controlled
    term, name = "kl", "KL"
    at_lowest = "lower `lowest`, or ask for less"
    at_highest = "raise `highest`, or ask for more"

    def __init__(self, schedule, model, window=100):
        self.goal, self.slack = schedule.kl, schedule.proportional
        super().__init__(schedule, model, window, schedule.lowest)
        self._integral = _state(model, "kl_weight_integral", 0.0)

    def after(self, seen, average):
        law = self.schedule
        error = self.goal - seen
        base = law.proportional * ops.sigmoid(-error) + law.lowest
        integral = ops.convert_to_tensor(self._integral) - law.integral * error
        weight = ops.clip(base + integral, law.lowest, law.highest)
        self._integral.assign(weight - base)
        return weight


_KINDS = {
    schedules.triggered: TriggeredWeight,
    schedules.constrained: ConstrainedWeight,
    schedules.controlled: ControlledWeight,
}


def make_kl_weight(
    schedule: "float | str | schedules.Schedule", model: keras.Model, window: int = 100
) -> KLWeight:
    """Makes the weight of a schedule.

    Args:
        schedule: Number, schedule or text of a schedule.
        model: Model that keeps the state, so that it is saved and restored with its weights.
        window: Steps over whose mean reconstruction a trigger decides.

    Raises:
        UserError: If it is no schedule.
    """
    schedule = schedules.as_schedule(schedule)
    return _KINDS.get(type(schedule), KLWeight)(schedule, model, window)


def _state(model, name, start, dtype="float64"):
    initializer = keras.initializers.Constant(start)
    return model.add_weight(
        name=name, shape=(), dtype=dtype, initializer=initializer, trainable=False
    )
