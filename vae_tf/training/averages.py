"""Averages of the weights over the last updates, which validation and analysis use: `Params.ema`.

Near the end of a training the weights jump around a better point than any of them is; their
exponential moving average is near it.

Reference:
    Polyak & Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992.
"""

import contextlib
from collections.abc import Iterator

import keras
import numpy as np
from keras import ops

from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.runs import checkpoints


class WeightAverages:
    """Exponential moving averages of what a model learns.

    average <- d average + (1 - d) weight, with d = min(decay, (1 + n) / (10 + n)) after n updates,
    so that initial weights are soon forgotten (as `tf.train.ExponentialMovingAverage` has it).

    Args:
        model: The model, built. Statistics of batch normalization are averaged with its weights.
        decay: Weight of the last average, in (0, 1).
    """

    def __init__(self, model: GenerativeModel, decay: float):
        self._model = model
        self._decay = decay
        learned = {id(variable) for variable in model.trainable_variables}
        self._weights = {
            name: variable
            for name, variable in checkpoints.state_of(model).items()
            if id(variable) in learned or name.endswith(("/moving_mean", "/moving_variance"))
        }
        self._averages = {
            name: keras.Variable(np.array(weight), trainable=False, name="average")
            for name, weight in self._weights.items()
        }

    def update(self):
        """Averages the weights after an update."""
        count = ops.cast(self._model.step, "float32")
        rest = 1.0 - ops.minimum(self._decay, (1.0 + count) / (10.0 + count))
        for name, average in self._averages.items():
            average.assign_add(rest * (self._weights[name] - average))

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The averages, under the names of their weights in a checkpoint."""
        return {name: np.array(average) for name, average in self._averages.items()}

    def restore(self, arrays: dict[str, np.ndarray]):
        """Takes averages up that a checkpoint holds."""
        for name, average in self._averages.items():
            average.assign(arrays[name])

    def use(self):
        """Puts the averages in the place of the model's weights."""
        for name, average in self._averages.items():
            self._weights[name].assign(average)

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Context in which the model has the averages for weights."""
        weights = {name: np.array(weight) for name, weight in self._weights.items()}
        self.use()
        try:
            yield
        finally:
            for name, weight in self._weights.items():
                weight.assign(weights[name])
