"""A codebook that follows the vectors quantized with it, as moving averages (VQ-VAE).

References:
    van den Oord et al., "Neural Discrete Representation Learning", NeurIPS 2017, App. A.1.
    https://arxiv.org/abs/1711.00937
    Arthur & Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007.
"""

import keras
from keras import layers, ops, random


@keras.saving.register_keras_serializable("vae_tf")
class MovingCodebook(layers.Layer):
    """K vectors, each the moving average of the vectors nearest to it.

    With n_k vectors of a batch nearest to code k, of sum s_k (App. A.1, Eq. 6 to 8):

        N_k <- decay N_k + (1 - decay) n_k
        m_k <- decay m_k + (1 - decay) s_k
        code k = m_k / N_k

    A code whose N_k is below `revival` times the average use, vectors / K, is dead. It is set on a
    vector of the batch, drawn with a probability proportional to its squared distance from its own
    code (k-means++), and N_k to twice that bound. The paper leaves dead codes dead. All N_k begin
    as 0, so that the first batch places all codes, whatever they were.

    Args:
        num_codes: K.
        size: D, values of a vector.
        decay: Part of the averages that stays at an update.
        revival: Part of the average use below which a code is dead; 0 leaves all codes alone.
        seed: Seed of the codes at the start, samples of N(0, I).
    """

    def __init__(
        self,
        num_codes: int,
        size: int,
        decay: float,
        revival: float,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_codes, self.size = num_codes, size
        self.decay, self.revival = decay, revival
        self.seed = seed

    def build(self, shape=None):
        def state(name, *shape, initializer="zeros"):
            return self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False)

        normal = keras.initializers.RandomNormal(stddev=1.0, seed=1000 * self.seed + 950)
        self.codes = state("codes", self.num_codes, self.size, initializer=normal)
        self.uses = state("uses", self.num_codes)
        self.sums = state("sums", self.num_codes, self.size)
        self.built = True

    def nearest(self, vectors):
        """Number of the nearest code of each vector: `[..., D] -> [...]`, int32."""
        return nearest(vectors, self.codes)

    def vectors(self, indices):
        """Codes by their numbers: `[...] -> [..., D]`."""
        return ops.take(ops.convert_to_tensor(self.codes), indices, axis=0)

    def follow(self, vectors, indices, seed, learns=True):
        """Moves the codes to the vectors of a batch.

        Args:
            vectors: `[..., D]`; no gradient passes.
            indices: `[...]`, their nearest codes.
            seed: `keras.random.SeedGenerator` of the revival.
            learns: Whether to do so, bool or scalar tensor.
        """
        vectors = ops.reshape(ops.stop_gradient(vectors), (-1, self.size))
        chosen = ops.one_hot(ops.reshape(indices, (-1,)), self.num_codes)  # [N, K]
        uses = self._average(self.uses, ops.sum(chosen, axis=0))
        sums = self._average(self.sums, ops.matmul(ops.transpose(chosen), vectors))
        bound = self.revival * ops.mean(ops.sum(chosen, axis=0))
        dead = uses < bound
        uses = ops.where(dead, 2.0 * bound, uses)
        sums = ops.where(dead[:, None], 2.0 * bound * self._drawn(vectors, chosen, seed), sums)
        codes = sums / ops.maximum(uses, 1e-12)[:, None]
        # A code that was never used stays where it is.
        codes = ops.where((uses > 0)[:, None], codes, self.codes)
        for weight, value in ((self.uses, uses), (self.sums, sums), (self.codes, codes)):
            weight.assign(ops.where(learns, value, weight))

    def _average(self, weight, value):
        return self.decay * weight + (1.0 - self.decay) * value

    def _drawn(self, vectors, chosen, seed):
        """One of the vectors for each code, those far from their own codes more often."""
        away = ops.sum(ops.square(vectors - ops.matmul(chosen, self.codes)), axis=-1)
        ends = ops.cumsum(away)
        at = random.uniform((self.num_codes,), seed=seed) * ends[-1]
        drawn = ops.searchsorted(ends, at, side="right")
        return ops.take(vectors, ops.minimum(drawn, ops.shape(vectors)[0] - 1), axis=0)

    def get_config(self):
        names = ("num_codes", "size", "decay", "revival", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def nearest(vectors, codes):
    """Number of the nearest of `codes` `[K, D]` of each vector: `[..., D] -> [...]`, int32."""
    codes = ops.convert_to_tensor(codes)
    # Without |vector|^2, which is the same for all codes.
    distances = ops.sum(ops.square(codes), axis=-1) - 2.0 * ops.matmul(
        vectors, ops.transpose(codes)
    )
    return ops.cast(ops.argmin(distances, axis=-1), "int32")
