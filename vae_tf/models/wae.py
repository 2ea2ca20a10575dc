"""Wasserstein autoencoder with the MMD (WAE-MMD).

Reference:
    Tolstikhin et al., "Wasserstein Auto-Encoders", ICLR 2018. https://arxiv.org/abs/1711.01558
"""

import keras
from keras import ops

from vae_tf import divergences
from vae_tf.checks import require_number
from vae_tf.models.deterministic import DeterministicAutoEncoder


@keras.saving.register_keras_serializable("vae_tf")
class WAE(DeterministicAutoEncoder):
    """Deterministic autoencoder whose codes as a whole are matched to the prior (Alg. 2).

    The MMD is the unbiased estimate with the inverse multiquadric kernel, summed over seven scales
    as in the authors' code.

    Args:
        mmd_weight: Weight of the MMD, at least 0. The authors' code has 10 beside 0.05 times the
            sum of squared errors: 200 beside ours.

    Raises:
        UserError: If the weight is not of its kind.
    """

    logged = ("mmd",)
    smallest_batch = 2
    indivisible = "its MMD compares the codes of a batch"

    def __init__(self, encoder, decoder, *, mmd_weight=200.0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        require_number("mmd_weight", mmd_weight, 0)
        self.mmd_weight = mmd_weight

    def regularizer(self, outputs):
        _, logs = super().regularizer(outputs)
        prior = keras.random.normal(ops.shape(outputs.z), seed=self.seed_generator)
        mmd = divergences.mmd(outputs.z, prior, divergences.inverse_multiquadric_kernel)
        penalty = ops.broadcast_to(self.mmd_weight * mmd, ops.shape(outputs.z)[:1])
        return penalty, {**logs, "mmd": mmd}

    def get_config(self):
        return {**super().get_config(), "mmd_weight": self.mmd_weight}
