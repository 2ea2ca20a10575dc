"""DIP-VAE: a VAE whose codes, over all images, are to have the covariance of the prior.

Reference:
    Kumar et al., "Variational Inference of Disentangled Latent Concepts from Unlabeled
    Observations", ICLR 2018. https://arxiv.org/abs/1711.00848
"""

import keras
from keras import ops

from vae_tf import divergences
from vae_tf.checks import require_number
from vae_tf.errors import unknown
from vae_tf.models.vae import VAE


@keras.saving.register_keras_serializable("vae_tf")
class DIPVAE(VAE):
    """VAE with a penalty on the covariance of its codes (Eq. 6 and 7).

    Kind "i" takes the covariance of the means, kind "ii" that of the samples: the same plus the
    mean variance of the posteriors (Eq. 5). Covariances are those of the batch, divided by B. Both
    weights 0 is the VAE.

    Args:
        kind: Covariance that is taken, "i" or "ii".
        off_diagonal_weight: lambda_od, at least 0; 10 is the paper's choice on CelebA.
        diagonal_weight: lambda_d, at least 0. None: 10 lambda_od for kind i, lambda_od for kind
            ii, as in the paper.

    Raises:
        UserError: If the kind is unknown, or a weight is not of its kind.
    """

    logged = ("covariance_penalty",)
    smallest_batch = 2
    indivisible = "its penalty is on the covariance of the codes of a batch"

    def __init__(
        self,
        encoder,
        decoder,
        *,
        kind="i",
        off_diagonal_weight=10.0,
        diagonal_weight=None,
        **kwargs,
    ):
        super().__init__(encoder, decoder, **kwargs)
        if kind not in ("i", "ii"):
            raise unknown("kind of DIP-VAE", kind, ("i", "ii"))
        require_number("off_diagonal_weight", off_diagonal_weight, 0)
        if diagonal_weight is None:
            diagonal_weight = off_diagonal_weight * (10.0 if kind == "i" else 1.0)
        require_number("diagonal_weight", diagonal_weight, 0)
        self.kind = kind
        self.off_diagonal_weight = off_diagonal_weight
        self.diagonal_weight = diagonal_weight

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

    def get_config(self):
        knobs = ("kind", "off_diagonal_weight", "diagonal_weight")
        return {**super().get_config(), **{name: getattr(self, name) for name in knobs}}
