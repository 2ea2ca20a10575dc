"""Initial weights of a network's layers. Each layer has its own seed, so that a seed is a network.

A rectifier sets half of its inputs to 0 and so halves their second moment. He's weights have twice
the variance and keep it. With Glorot's weights it falls by a factor of two or more per layer, until
the decoder's output hardly depends on its input.

References:
    Glorot & Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks",
    AISTATS 2010, Eq. 16. https://proceedings.mlr.press/v9/glorot10a.html
    He et al., "Delving Deep into Rectifiers", ICCV 2015, Eq. 10. https://arxiv.org/abs/1502.01852
    LeCun et al., "Efficient BackProp", 1998, Eq. 16.
"""

import math

import keras

# Variance of a weight times the fan-in, of layers behind which is a rectifier, and of others.
_GAINS = {"he": (2.0, 1.0), "lecun": (1.0, 1.0), "torch": (1 / 3, 1 / 3)}

_BIAS_SEEDS = 250  # from the seeds of kernels to the seeds of biases


class InitialWeights:
    """Initial weights of one network: a uniform distribution for each layer.

    Args:
        initializer: One of `specs.INITIALIZERS`. "torch" is the default of PyTorch's layers:
            kernels and biases are uniform in 1 / sqrt(fan-in). All others begin with biases of 0.
        seed: Seed of the first layer; the next has the next.
    """

    def __init__(self, initializer: str, seed: int):
        self._initializer = initializer
        self._seed = seed

    def hidden(self, fan_in: float) -> dict:
        """Options of a layer in front of an activation.

        Args:
            fan_in: Number of inputs of one unit.
        """
        return self._options(fan_in, 0)

    def output(self, fan_in: float) -> dict:
        """Options of a layer without an activation, see `hidden`."""
        return self._options(fan_in, 1)

    def transposed_fan_in(self, channels: int, filters: int, kernel: int, stride: int) -> float:
        """Number of inputs of one pixel of a transposed convolution, on average.

        A kernel of 4 with stride 2 puts every output pixel under 2 x 2 of its positions. Keras and
        PyTorch count the filters in place of the channels, and do not count the stride.
        """
        if self._initializer == "torch":
            return filters * kernel**2
        return channels * (kernel / stride) ** 2

    def small(self) -> dict:
        """Options of a head whose outputs begin near 0: N(0, I), equally likely classes."""
        # A tenth of Glorot's.
        initializer = keras.initializers.VarianceScaling(0.01, "fan_avg", "uniform", self._next())
        return {"kernel_initializer": initializer}

    def _next(self) -> int:
        self._seed += 1
        return self._seed - 1

    def _options(self, fan_in, index) -> dict:
        seed = self._next()
        if self._initializer == "glorot":
            return {"kernel_initializer": keras.initializers.GlorotUniform(seed)}
        limit = math.sqrt(3 * _GAINS[self._initializer][index] / fan_in)

        def uniform(seed):
            return keras.initializers.RandomUniform(-limit, limit, seed)

        options = {"kernel_initializer": uniform(seed)}
        if self._initializer == "torch":
            options["bias_initializer"] = uniform(seed + _BIAS_SEEDS)
        return options
