"""Beta-TCVAE: a VAE with a larger weight on the total correlation of its codes.

Reference:
    Chen et al., "Isolating Sources of Disentanglement in Variational Autoencoders", NeurIPS 2018.
    https://arxiv.org/abs/1802.04942
"""

import keras
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.vae import VAE
from vae_tf.probability import divergences
from vae_tf.process.errors import UserError, shown
from vae_tf.process.limits import LARGEST_COUNT


def _known_size(value) -> int:
    if not isinstance(value, int) or not 2 <= value <= LARGEST_COUNT:
        raise UserError(
            f"BetaTCVAE needs `dataset_size`, the number of training images, for the weights "
            f"of a batch. Received: dataset_size={shown(value)}. Pass 60000 for MNIST."
        )
    return value


@keras.saving.register_keras_serializable("vae_tf")
class BetaTCVAE(VAE):
    """VAE with weight `beta` on the total correlation (Eq. 4, alpha = gamma = 1).

    The regularizer is KL + (beta - 1) TC. With beta 1 the model is exactly the VAE.

    The weighted estimate has an offset of about (L - 1) log N nats, 120 for ten latents and the
    sprites. The offset does not change the gradient. The log always has the stratified estimate.
    This estimate is nearer to the total correlation, but it is biased, too. For independent codes
    in batches of 64, with the number of images of the sprites, it is -0.1 to -2.4 nats at a KL of 2
    to 10 nats. At a KL of 19 nats it is 7 nats, because information above log N counts as total
    correlation.
    """

    logged = ("total_correlation",)
    loss_terms = ("total_correlation",)
    loss_words = "with a constant of its estimator"
    smallest_batch = 2
    indivisible = "its total correlation mixes the posteriors of a batch"

    beta: float = hyperparameter(
        6.0, "Weight of the total correlation; 6 on 2-D shapes in the paper.", least=0
    )
    estimator: str = hyperparameter(
        "weighted",
        "Estimator of the total correlation, see `divergences`; weighted in the paper's results.",
        one_of=divergences.ESTIMATORS,
    )
    dataset_size: int = hyperparameter(
        None, "Number of training images; filled in from the data.", read=_known_size
    )

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        total_correlation = divergences.total_correlation(
            outputs.z, outputs.mean, outputs.log_stddev, self.dataset_size, self.estimator
        )
        penalty = kl + (self.beta - 1.0) * total_correlation
        return penalty, {**logs, "total_correlation": self.readable(outputs, total_correlation)}

    def readable(self, outputs, total_correlation):
        """The total correlation for the log, `[B]`, given the loss' estimate."""
        if self.estimator == "stratified":
            return total_correlation
        size = ops.shape(outputs.z)[0]
        # A batch may hold images twice where the set is smaller. In Keras' `fit` on arrays, whose
        # last batch may be shorter, its size is a tensor.
        if isinstance(size, int):
            images = max(self.dataset_size, size)
        else:
            images = ops.maximum(float(self.dataset_size), ops.cast(size, "float32"))
        return divergences.total_correlation(
            outputs.z, outputs.mean, outputs.log_stddev, images, "stratified"
        )
