"""DIP-VAE: a VAE with a penalty on the covariance of its codes.

Reference:
    Kumar et al., "Variational Inference of Disentangled Latent Concepts from Unlabeled
    Observations", ICLR 2018. https://arxiv.org/abs/1711.00848
"""

import keras
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.vae import VAE
from vae_tf.probability import divergences


@keras.saving.register_keras_serializable("vae_tf")
class DIPVAE(VAE):
    """VAE with a penalty on the covariance of its codes (Eq. 6 and 7).

    Kind "i" uses the covariance of the means. Kind "ii" uses the covariance of the samples, which
    also contains the mean variance of the posteriors (Eq. 5). Covariances are computed over the
    batch and divided by B. With both weights 0 the model is the VAE.
    """

    logged = ("covariance_penalty",)
    loss_terms = ("covariance_penalty",)
    smallest_batch = 2
    indivisible = "its penalty is on the covariance of the codes of a batch"

    kind: str = hyperparameter("i", "Covariance that is used.", one_of=("i", "ii"))
    off_diagonal_weight: float = hyperparameter(
        10.0,
        "Weight of the squared off-diagonal entries, lambda_od; 10 on CelebA in the paper.",
        least=0,
    )
    diagonal_weight: float | None = hyperparameter(
        None,
        "Weight of the squared distances of the diagonal from 1, lambda_d; None: 10 lambda_od for "
        "kind i, lambda_od for kind ii, as in the paper.",
        least=0,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        if self.diagonal_weight is None:
            self.diagonal_weight = self.off_diagonal_weight * (10.0 if self.kind == "i" else 1.0)

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        covariance = divergences.covariance(outputs.mean)
        if self.kind == "ii":
            variance = ops.mean(ops.exp(2.0 * outputs.log_stddev), axis=0)
            covariance = covariance + ops.diag(variance)
        penalty = divergences.covariance_penalty(
            covariance, self.off_diagonal_weight, self.diagonal_weight
        )
        return kl + penalty, {**logs, "covariance_penalty": penalty}
