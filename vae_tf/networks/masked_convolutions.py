"""Gated masked convolutions: each pixel sees the pixels before it in raster order (PixelCNN).

A pixel is one position of a map, with any number of channels: an image, or one-hot codes.

Reference:
    van den Oord et al., "Conditional Image Generation with PixelCNN Decoders", NeurIPS 2016.
    https://arxiv.org/abs/1606.05328
"""

import itertools

import keras
from keras import layers, ops

from vae_tf.process.errors import UserError


@keras.saving.register_keras_serializable("vae_tf")
class MaskedConvolutions(layers.Layer):
    """A stack of gated convolutions whose output at a pixel depends on no pixel at or after it.

    Two stacks leave no blind spot (van den Oord et al. 2016, Sec. 2.3): one sees the rows above a
    pixel, the other the pixels on its left, and what the first found. Each layer computes
    tanh(a) * sigmoid(b), where a and b are convolutions plus a projection of the condition (Eq. 3
    and 4). Masks are written as shifts and narrower kernels, which compute the same.

    The output at a pixel sees exactly the pixels before it, in raster order, of the square with
    side 2 `reach` + 1 around it, where `reach = num_layers * (kernel // 2)`. Beyond the border are
    zeros. The last layer begins with weights of 0: the output begins as 0.

    Args:
        num_layers: Gated layers, at least 1.
        filters: Channels of each of the two stacks.
        kernel: Side of the square whose causal half a layer sees, an odd number of at least 3.
        outputs: P, channels of the output.
        seed: Seed of the initial weights.

    Call arguments:
        x: `[B, H, W, C]`.
        condition: Input on which all pixels depend: `[B, F]`, `[B, H, W, F]`, or None.

    Returns:
        `[B, H, W, P]`.

    Raises:
        UserError: If the kernel is even, or below 3.
    """

    def __init__(
        self, num_layers: int, filters: int, kernel: int, outputs: int, seed: int = 0, **kwargs
    ):
        super().__init__(**kwargs)
        if kernel < 3 or kernel % 2 == 0:
            raise UserError(
                f"`kernel` of masked convolutions must be an odd number of at least 3. "
                f"Received: kernel={kernel}"
            )
        self.num_layers = num_layers
        self.filters = filters
        self.kernel = kernel
        self.outputs = outputs
        self.seed = seed
        self._seeds = itertools.count(1000 * seed + 700)
        gates, half, numbers = 2 * filters, kernel // 2, range(num_layers)
        # The first layer does not see the row, or the column, of the pixel itself.
        self.above = [
            self._convolution(f"above_{n}", gates, (half + (n > 0), kernel)) for n in numbers
        ]
        self.left = [self._convolution(f"left_{n}", gates, (1, half + (n > 0))) for n in numbers]
        self.across = [self._convolution(f"across_{n}", gates) for n in numbers]
        self.residual = [self._convolution(f"residual_{n}", filters) for n in numbers]
        self.hidden = self._convolution("hidden", filters, activation="relu")
        self.last = layers.Conv2D(
            outputs, 1, kernel_initializer="zeros", name="last", dtype=self.dtype_policy
        )
        # One projection for all layers: a condition with one use has one gradient.
        self.condition = self._convolution("condition", 2 * gates * num_layers)

    @property
    def reach(self) -> int:
        """Pixels that the output sees to the left, to the right, and upwards."""
        return self.num_layers * (self.kernel // 2)

    def _convolution(self, name: str, filters: int, kernel=1, activation=None):
        return layers.Conv2D(
            filters,
            kernel,
            activation=activation,
            kernel_initializer=keras.initializers.GlorotUniform(next(self._seeds)),
            name=name,
            dtype=self.dtype_policy,
        )

    def build(self, x_shape, condition_shape=None):
        def shape(channels):
            return (None, None, None, channels)

        for number in range(self.num_layers):
            seen = shape(x_shape[-1] if number == 0 else self.filters)
            self.above[number].build(seen)
            self.left[number].build(seen)
            self.across[number].build(shape(2 * self.filters))
            self.residual[number].build(shape(self.filters))
        self.hidden.build(shape(self.filters))
        self.last.build(shape(self.filters))
        if condition_shape is not None:
            self.condition.build(shape(condition_shape[-1]))
        self.built = True

    def call(self, x, condition=None):
        return self.from_left(x, self.from_above(x, self.projected(condition)))

    def projected(self, condition) -> list:
        """Terms that the condition adds to each layer.

        Args:
            condition: Condition of the call.

        Returns:
            Two tensors `[B, h, w, 2 filters]` for each layer, h and w 1 or H and W: for the rows
            above, and for the left. Zeros without a condition.
        """
        if condition is None:
            return [0.0] * (2 * self.num_layers)
        if len(condition.shape) == 2:
            condition = condition[:, None, None, :]
        return ops.split(self.condition(condition), 2 * self.num_layers, axis=-1)

    def from_above(self, x, projected: list) -> list:
        """Features of the rows above each pixel and of the condition.

        Args:
            x: `[B, h, W, C]`, the whole image or its first h rows.
            projected: Result of `projected`, for as many rows.

        Returns:
            A tensor `[B, h, W, 2 filters]` for each layer.
        """
        half, found, seen = self.kernel // 2, [], x
        for number, (above, across) in enumerate(zip(self.above, self.across, strict=True)):
            gates = above(ops.pad(seen, ((0, 0), (half, 0), (half, half), (0, 0))))
            gates = gates[:, :-1] if number == 0 else gates
            gates = gates + projected[2 * number]
            found.append(across(gates) + projected[2 * number + 1])
            seen = gated(gates)
        return found

    def from_left(self, x, found: list):
        """The output, from the pixels on the left and what was found above.

        Args:
            x: `[B, h, W, C]`, any rows of the image.
            found: Result of `from_above` for these rows.

        Returns:
            `[B, h, W, P]`.
        """
        half, seen = self.kernel // 2, x
        for number, (left, residual) in enumerate(zip(self.left, self.residual, strict=True)):
            gates = left(ops.pad(seen, ((0, 0), (0, 0), (half, 0), (0, 0))))
            gates = gates[:, :, :-1] if number == 0 else gates
            new = residual(gated(gates + found[number]))
            seen = new if number == 0 else seen + new
        return self.last(self.hidden(ops.relu(seen)))

    def get_config(self):
        names = ("num_layers", "filters", "kernel", "outputs", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def gated(gates):
    """Tanh of the first half of the channels times the sigmoid of the second (Eq. 2)."""
    values, gate = ops.split(gates, 2, axis=-1)
    return ops.tanh(values) * ops.sigmoid(gate)
