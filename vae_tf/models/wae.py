"""Wasserstein autoencoder: no noise, and the MMD matches the codes to the prior.

Reference:
    Tolstikhin et al., "Wasserstein Auto-Encoders", ICLR 2018. https://arxiv.org/abs/1711.01558
"""

import keras
from keras import ops

from vae_tf.models.template.deterministic import DeterministicAutoEncoder
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.probability import divergences


@keras.saving.register_keras_serializable("vae_tf")
class WAE(DeterministicAutoEncoder):
    """Deterministic autoencoder with a penalty on the MMD between its codes and the prior (Alg. 2).

    The MMD is the unbiased estimate with the inverse multiquadric kernel, summed over seven scales
    as in the authors' code.
    """

    logged = ("mmd",)
    loss_terms = ("mmd",)
    smallest_batch = 2
    indivisible = "its MMD compares the codes of a batch"

    mmd_weight: float = hyperparameter(
        200.0,
        "Weight of the MMD. The authors' code has a weight of 10, with 0.05 times the sum of "
        "squared errors. This is a weight of 200 here.",
        least=0,
    )

    def regularizer(self, outputs):
        _, logs = super().regularizer(outputs)
        prior = keras.random.normal(ops.shape(outputs.z), seed=self.seed_generator)
        mmd = divergences.mmd(outputs.z, prior, divergences.inverse_multiquadric_kernel)
        penalty = ops.broadcast_to(self.mmd_weight * mmd, ops.shape(outputs.z)[:1])
        return penalty, {**logs, "mmd": mmd}
