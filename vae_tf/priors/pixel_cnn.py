"""Prior of a map of codes: each code given the codes before it, by gated masked convolutions.

Reference:
    van den Oord et al., "Conditional Image Generation with PixelCNN Decoders", NeurIPS 2016.
    https://arxiv.org/abs/1606.05328
"""

import keras
from keras import layers, ops, random

from vae_tf.networks.codebooks import nearest
from vae_tf.networks.initial_weights import InitialWeights
from vae_tf.networks.masked_convolutions import MaskedConvolutions
from vae_tf.networks.raster_order import draw_in_order


@keras.saving.register_keras_serializable("vae_tf")
class PixelCNNPrior(layers.Layer):
    """p(codes) = product over places, in raster order, of p(code | codes before).

    It begins as the uniform distribution.

    Args:
        num_codes: K, number of values of a code.
        num_layers: Number of gated layers.
        filters: Channels of each layer, and of the embedding of a code.
        kernel: Side of the square kernel, of which a layer sees the causal half; an odd number of
            at least 3.
        dropout: Probability in training that a code is hidden from the codes after it, against
            overfitting. Hidden codes are still predicted.
        seed: Seed of the initial weights.

    Raises:
        UserError: If the kernel is even, or below 3.
    """

    def __init__(
        self,
        num_codes: int,
        num_layers: int,
        filters: int,
        kernel: int,
        *,
        dropout: float = 0.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_codes, self.dropout = num_codes, dropout
        weights = InitialWeights("lecun", 1000 * seed + 900)
        # Inputs are one-hot: each row of the kernel is the embedding of a code.
        options = weights.output(1)
        self.embedding = layers.Dense(filters, use_bias=False, name="embedding", **options)
        self.stack = MaskedConvolutions(
            num_layers, filters, kernel, num_codes, seed=seed, name="stack"
        )
        self.embedding.build((None, num_codes))
        self.stack.build((None, None, None, filters))
        self.built = True

    def nats(self, indices, seed=None):
        """Negative log-probability of each code given the codes before it: `[B, h, w]` nats.

        Args:
            indices: `[B, h, w]`, int.
            seed: `keras.random.SeedGenerator` of the dropout in training; None for no dropout.
        """
        chosen = ops.one_hot(indices, self.num_codes)
        seen = self.embedding(chosen)
        if seed is not None and self.dropout > 0:
            kept = random.uniform(ops.shape(indices), seed=seed) >= self.dropout
            seen = seen * ops.cast(kept, seen.dtype)[..., None]
        return -ops.sum(chosen * ops.log_softmax(self.stack(seen)), axis=-1)

    def draw(self, noise):
        """Draws maps of codes.

        Args:
            noise: `[B, h, w, K]`, samples of the standard Gumbel distribution.

        Returns:
            `[B, h, w]`, int32.
        """

        def draw(logits, noise, row, column):
            code = ops.argmax(logits + noise, axis=-1)
            return self.embedding(ops.one_hot(code, self.num_codes))

        return nearest(draw_in_order(self.stack, noise, draw), self.embedding.kernel)
