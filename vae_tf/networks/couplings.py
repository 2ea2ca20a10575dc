"""RealNVP: an invertible map from vectors to vectors whose density is exact in both directions.

Reference:
    Dinh et al., "Density estimation using Real NVP", ICLR 2017. https://arxiv.org/abs/1605.08803
"""

import keras
import numpy as np
from keras import layers, ops

# Bound of the logarithm of a scale: maps and their inverses stay exact in float32.
_MOST_LOG_SCALE = 2.0


class RealNVP(layers.Layer):
    """f: z -> u, a chain of affine couplings (Dinh et al., Eq. 9), with its inverse.

    A coupling keeps the entries of z in its mask b. It scales and shifts the others, by amounts
    that a dense network with two hidden layers reads off the kept entries:

        u = b z + (1 - b) (z exp(s(b z)) + t(b z)),   log |det du/dz| = sum_l (1 - b_l) s_l(b z)

    Masks come in pairs: a random half of the entries, then the other half. The log-scale s is
    bounded by a tanh. The last layer of each network begins at 0, so that f begins as the identity.

    Args:
        size: L, length of a vector.
        num_couplings: Couplings, at least 1.
        hidden_size: Units of each of the two hidden layers.
        seed: Seed of the masks and of the initial weights.
    """

    def __init__(self, size: int, num_couplings: int, hidden_size: int, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.num_couplings = num_couplings
        self.hidden_size = hidden_size
        self.seed = seed
        # Keras would track the list of arrays.
        object.__setattr__(self, "_masks", _masks(size, num_couplings, seed))
        # Flat: Keras saves no lists in lists.
        self.dense = [layer for index in range(num_couplings) for layer in self._network(index)]
        self.built = True

    def _network(self, index: int) -> list:
        network = []
        for number, inputs in enumerate((self.size, self.hidden_size)):
            initializer = keras.initializers.HeNormal(1000 * self.seed + 900 + 2 * index + number)
            dense = layers.Dense(
                self.hidden_size,
                "relu",
                kernel_initializer=initializer,
                name=f"coupling_{index}_hidden_{number}",
            )
            dense.build((None, inputs))
            network.append(dense)
        last = layers.Dense(
            2 * self.size, kernel_initializer="zeros", name=f"coupling_{index}_shift_scale"
        )
        last.build((None, self.hidden_size))
        return [*network, last]

    def _shift_and_log_scale(self, index: int, kept):
        for layer in self.dense[3 * index : 3 * index + 3]:
            kept = layer(kept)
        shift, raw = ops.split(kept, 2, axis=-1)
        changed = 1.0 - self._masks[index]
        return changed * shift, changed * (_MOST_LOG_SCALE * ops.tanh(raw / _MOST_LOG_SCALE))

    def call(self, z):
        """Maps z forwards.

        Args:
            z: `[B, L]`.

        Returns:
            u `[B, L]` and log |det du/dz| `[B]`, in nats.
        """
        log_det = 0.0
        for index, mask in enumerate(self._masks):
            shift, log_scale = self._shift_and_log_scale(index, mask * z)
            z = z * ops.exp(log_scale) + shift
            log_det = log_det + ops.sum(log_scale, axis=-1)
        return z, log_det

    def inverse(self, u):
        """Maps u `[B, L]` back to the z `[B, L]` that it came from."""
        for index in reversed(range(self.num_couplings)):
            shift, log_scale = self._shift_and_log_scale(index, self._masks[index] * u)
            u = (u - shift) * ops.exp(-log_scale)
        return u

    def get_config(self):
        names = ("size", "num_couplings", "hidden_size", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _masks(size: int, count: int, seed: int) -> np.ndarray:
    """Masks `[count, L]` of 0 and 1: a random half of the entries, the other half, and so on."""
    rng = np.random.default_rng([seed, 870])
    masks = np.zeros((count, size), "float32")
    for index in range(0, count, 2):
        masks[index, rng.permutation(size)[: size // 2]] = 1.0
        masks[index + 1 : index + 2] = 1.0 - masks[index]
    return masks
