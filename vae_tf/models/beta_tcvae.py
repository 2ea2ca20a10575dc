"""Beta-TCVAE: a VAE that pays more for the total correlation of its codes.

Reference:
    Chen et al., "Isolating Sources of Disentanglement in Variational Autoencoders", NeurIPS 2018.
    https://arxiv.org/abs/1802.04942
"""

import keras
from keras import ops

from vae_tf import divergences
from vae_tf.checks import require_number
from vae_tf.errors import UserError, shown, unknown
from vae_tf.limits import LARGEST_COUNT
from vae_tf.models.vae import VAE


@keras.saving.register_keras_serializable("vae_tf")
class BetaTCVAE(VAE):
    """VAE with weight `beta` on the total correlation (Eq. 4, alpha = gamma = 1).

    Written as KL + (beta - 1) TC, so that beta 1 is the VAE exactly.

    The weighted estimate carries an offset of about (L - 1) log N nats, 120 for ten latents and
    the sprites, which the gradient does not see. What is logged is the stratified estimate,
    whatever the loss has. It is no measure either, but near one: of independent codes, in batches
    of 64 of the sprites' number, it is -0.1 to -2.4 nats at a KL of 2 to 10 nats, and 7 at 19, as
    above log N what images cannot tell counts as total correlation.

    Args:
        beta: Weight of the total correlation, at least 0; 6 on 2-D shapes in the paper.
        estimator: "weighted" (the paper's results) or "stratified", see `divergences`.
        dataset_size: Number of training images.

    Raises:
        UserError: If the number of training images or the estimator is not known, or `beta` is
            not of its kind.
    """

    logged = ("total_correlation",)
    smallest_batch = 2
    indivisible = "its total correlation mixes the posteriors of a batch"

    def __init__(
        self, encoder, decoder, *, beta=6.0, estimator="weighted", dataset_size=None, **kwargs
    ):
        super().__init__(encoder, decoder, **kwargs)
        if not isinstance(dataset_size, int) or not 2 <= dataset_size <= LARGEST_COUNT:
            raise UserError(
                f"BetaTCVAE needs `dataset_size`, the number of training images, for the weights "
                f"of a batch. Received: dataset_size={shown(dataset_size)}. Pass 60000 for MNIST."
            )
        require_number("beta", beta, 0)
        if estimator not in divergences.ESTIMATORS:
            raise unknown("estimator", estimator, divergences.ESTIMATORS)
        self.beta = beta
        self.estimator = estimator
        self.dataset_size = dataset_size

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        total_correlation = divergences.total_correlation(
            outputs.z, outputs.mean, outputs.log_stddev, self.dataset_size, self.estimator
        )
        penalty = kl + (self.beta - 1.0) * total_correlation
        return penalty, {**logs, "total_correlation": self.readable(outputs, total_correlation)}

    def readable(self, outputs, total_correlation):
        """The total correlation for the log, `[B]`, given that of the loss."""
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

    def get_config(self):
        knobs = {"beta": self.beta, "estimator": self.estimator, "dataset_size": self.dataset_size}
        return {**super().get_config(), **knobs}
