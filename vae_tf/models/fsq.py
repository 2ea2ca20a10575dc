"""FSQ: each value of a feature map is rounded to one of a few levels; there is no codebook.

Reference:
    Mentzer et al., "Finite Scalar Quantization: VQ-VAE Made Simple", ICLR 2024.
    https://arxiv.org/abs/2309.15505
"""

import math

import keras
import numpy as np
from keras import ops

from vae_tf.models.template.code_maps import CodeMapModel
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.probability.distributions import CodeMap
from vae_tf.process.errors import UserError, shown
from vae_tf.process.numbers import is_whole

_MARGIN = 1e-3  # between the outermost levels and the bound, as in App. A.1
_MOST_CODES = 2**16


def _read_levels(value) -> list[int]:
    levels = isinstance(value, (list, tuple)) and len(value) > 0
    if not levels or not all(is_whole(level, 2) for level in value):
        raise UserError(
            f"`levels` must be a list of whole numbers of at least 2, the levels of each value of "
            f"a code. Received: levels={shown(value)}. Set, for example, levels=[8, 6, 5]."
        )
    if math.prod(value) > _MOST_CODES:
        raise UserError(
            f"`levels` must multiply to at most {_MOST_CODES:,}, the codes that the prior chooses "
            f"from. Received: levels={shown(value)}, {math.prod(value):,} codes."
        )
    return list(value)


@keras.saving.register_keras_serializable("vae_tf")
class FSQ(CodeMapModel):
    """Each of the D values of a place is bounded and rounded (Sec. 3.1; listing of App. A.1).

    With L levels and h = (L - 1)(1 - 0.001) / 2, a value becomes round(h tanh(value + tan(o / h)) -
    o), divided by the whole part of L / 2. o is 1/2 if L is even, and 0 if L is odd. The result is
    from -1 to 1. Gradients pass straight through the rounding. All combinations of levels are
    codes, K = L_1 L_2 ... L_D. So there is no codebook and no commitment loss.
    """

    levels: list[int] = hyperparameter(
        (8, 6, 5),
        "Number of levels of each value of a place, a list of length `latent_size`. The paper "
        "recommends (8, 6, 5) for about 2^8 codes and (8, 5, 5, 5) for 2^10.",
        read=_read_levels,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self._check_size(self.map_shape[2], self.levels)

    @staticmethod
    def _check_size(size, levels):
        if size != len(levels):
            raise UserError(
                f"`latent_size` must be the number of `levels`, one for each value of a place. "
                f"Received: latent_size={size}, levels={shown(list(levels))}. Set "
                f"latent_size={len(levels)}."
            )

    @classmethod
    def build_networks(cls, params, image_shape, *, levels, **hyper):
        cls._check_size(params.latent_size, levels)
        return super().build_networks(params, image_shape, **hyper)

    @property
    def num_codes(self):
        return math.prod(self.levels)

    @property
    def _steps(self):
        """Difference of the numbers of two codes, one level of each value apart."""
        return np.cumprod([1, *self.levels[:-1]]).astype("int32")

    def to_codes(self, encoded, training):
        widths = np.array(self.levels) // 2
        bounded = bound(self.places(encoded), self.levels)
        levels = ops.round(ops.stop_gradient(bounded))
        steps = ops.convert_to_tensor(self._steps)
        indices = ops.sum((ops.cast(levels, "int32") + widths.astype("int32")) * steps, axis=-1)

        def flat(values):
            return ops.reshape(values / widths.astype("float32"), ops.shape(encoded))

        return CodeMap(flat(bounded), flat(levels), indices)

    def vectors(self, indices):
        levels = np.array(self.levels, "int32")
        chosen = (ops.convert_to_tensor(indices)[..., None] // self._steps) % levels
        widths = levels // 2
        return ops.cast(chosen - widths, "float32") / widths.astype("float32")


def bound(values, levels: list[int]):
    """Values `[..., D]` within their levels, before they are rounded (App. A.1, `bound`).

    Args:
        values: Any numbers.
        levels: L of each of the D values.

    Returns:
        `[..., D]`: rounded they are the L whole numbers from -floor(L / 2) on.
    """
    half = (np.array(levels) - 1) * (1 - _MARGIN) / 2
    offset = np.where(np.array(levels) % 2 == 0, 0.5, 0.0)
    shift = np.tan(offset / half)
    half, offset, shift = (each.astype("float32") for each in (half, offset, shift))
    return ops.tanh(values + shift) * half - offset
