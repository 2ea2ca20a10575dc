"""Normalizing flows: invertible maps of latent samples whose densities are known along the way.

Each is a layer `(z [B, L], context [B, C]) -> (f(z) [B, L], log |det df/dz| [B])`, the context is
the image's, the determinant is in nats.

References:
    Rezende & Mohamed, "Variational Inference with Normalizing Flows", ICML 2015.
    https://arxiv.org/abs/1505.05770
    Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", NeurIPS 2016.
    https://arxiv.org/abs/1606.04934
    Germain et al., "MADE: Masked Autoencoder for Distribution Estimation", ICML 2015.
    https://arxiv.org/abs/1502.03509
"""

import keras
from keras import layers, ops


class PlanarFlow(layers.Layer):
    """f(z) = z + u tanh(w z + b), with u, w and b from the context (Rezende & Mohamed, Eq. 10).

    u is bent so that w u > -1, which makes f invertible (their App. A.1).

    Args:
        seed: Seed of the initial weights.
    """

    def __init__(self, seed: int, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed

    def build(self, z_shape, context_shape):
        size = z_shape[-1]
        initializer = keras.initializers.GlorotUniform(self.seed)
        self.parameters = layers.Dense(
            2 * size + 1, kernel_initializer=initializer, name="parameters"
        )
        self.parameters.build(context_shape)

    def call(self, z, context):
        size = z.shape[-1]
        parameters = self.parameters(context)
        u, w, b = ops.split(parameters, (size, 2 * size), axis=-1)
        dot = ops.sum(w * u, axis=-1)
        norm = ops.sum(ops.square(w), axis=-1)
        floor = ops.maximum(norm, 1e-8)
        positive, linear = ops.softplus(dot), 1.0 + dot
        u = u + ((positive - linear) / floor)[:, None] * w
        # 1 + w u of the bent u. Computed from the two it would round to 0 or below for a large dot.
        share = norm / floor  # 1 unless w is nearly 0
        stretch = share * positive + (1.0 - share) * linear
        inside = ops.tanh(ops.sum(w * z, axis=-1) + b[:, 0])  # [B]
        square = ops.square(inside)
        return z + u * inside[:, None], ops.log(square + (1.0 - square) * stretch)


class InverseAutoregressiveFlow(layers.Layer):
    """f(z) = s z + (1 - s) m, with s and m of latent l from the latents before it and the context.

    s is a sigmoid (Kingma et al., Alg. 1, Eq. 12 to 14), m and its argument come from a masked
    network with one hidden layer (MADE); log |det df/dz| = sum_l log s_l.

    Args:
        hidden_size: Units of the hidden layer.
        reverse: Whether latents come in the opposite order.
        seed: Seed of the initial weights.
    """

    def __init__(self, hidden_size: int, reverse: bool, seed: int, **kwargs):
        super().__init__(**kwargs)
        self.hidden_size = hidden_size
        self.reverse = reverse
        self.seed = seed

    def build(self, z_shape, context_shape):
        size = z_shape[-1]

        def weights(name, rows, columns, offset):
            return self.add_weight(
                name=name,
                shape=(rows, columns),
                initializer=keras.initializers.GlorotUniform(self.seed + offset),
            )

        self.input_kernel = weights("input_kernel", size, self.hidden_size, 0)
        self.context_kernel = weights("context_kernel", context_shape[-1], self.hidden_size, 1)
        self.hidden_bias = self.add_weight(
            name="hidden_bias", shape=(self.hidden_size,), initializer="zeros"
        )
        self.output_kernel = weights("output_kernel", self.hidden_size, 2 * size, 2)
        # The gate starts near 1, the flow near the identity (Kingma et al., Sec. 4).
        self.output_bias = self.add_weight(
            name="output_bias",
            shape=(2 * size,),
            initializer=lambda shape, dtype=None: ops.concatenate(
                [ops.zeros(size, dtype), ops.full((size,), 1.5, dtype)]
            ),
        )

    def masks(self, size: int) -> tuple:
        """Which weights take part: `[L, H]` and `[H, 2 L]` of 0 and 1."""
        order = ops.arange(size)
        order = ops.flip(order) if self.reverse else order
        # Units of degree d see latents up to the d-th; outputs see units of lower degree. Units of
        # degree -1 see the context alone: without them the first latent would not depend on it.
        degrees = ops.arange(self.hidden_size) % size - 1
        inward = ops.cast(order[:, None] <= degrees[None], "float32")
        outward = ops.cast(degrees[:, None] < order[None], "float32")
        return inward, ops.concatenate([outward, outward], axis=1)

    def call(self, z, context):
        input_mask, output_mask = self.masks(z.shape[-1])
        hidden = ops.matmul(z, self.input_kernel * input_mask)
        hidden = ops.elu(hidden + ops.matmul(context, self.context_kernel) + self.hidden_bias)
        outputs = ops.matmul(hidden, self.output_kernel * output_mask) + self.output_bias
        shift, gate = ops.split(outputs, 2, axis=-1)
        log_scale = -ops.softplus(-gate)  # log sigmoid
        scale = ops.exp(log_scale)
        return shift + scale * (z - shift), ops.sum(log_scale, axis=-1)
