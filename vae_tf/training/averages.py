"""Moving averages of the weights (`Params.ema`), which validation and analysis use.

Near the end of a training, the weights jump around a point with a lower loss. Their exponential
moving average is near this point.

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
    """Exponential moving averages of the weights of a model.

    average <- d average + (1 - d) weight, with d = min(decay, (1 + n) / (10 + n)) after n updates.
    So initial weights lose their influence soon (as in `tf.train.ExponentialMovingAverage`).

    Args:
        model: The model, built. Moving statistics of batch normalization are averaged, too.
        decay: Weight of the previous average, in (0, 1).
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
        """Updates the averages after an update of the weights."""
        count = ops.cast(self._model.step, "float32")
        rest = 1.0 - ops.minimum(self._decay, (1.0 + count) / (10.0 + count))
        for name, average in self._averages.items():
            average.assign_add(rest * (self._weights[name] - average))

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Averages by the names of their weights in a checkpoint."""
        return {name: np.array(average) for name, average in self._averages.items()}

    def restore(self, arrays: dict[str, np.ndarray]):
        """Sets the averages to the averages of a checkpoint."""
        for name, average in self._averages.items():
            average.assign(arrays[name])

    def use(self):
        """Sets the weights of the model to the averages."""
        for name, average in self._averages.items():
            self._weights[name].assign(average)

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Context in which the weights of the model are the averages."""
        weights = {name: np.array(weight) for name, weight in self._weights.items()}
        self.use()
        try:
            yield
        finally:
            for name, weight in self._weights.items():
                weight.assign(weights[name])
