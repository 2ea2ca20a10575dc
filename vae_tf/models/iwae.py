"""IWAE: a tighter bound on the log-likelihood, from several samples of the posterior.

Reference:
    Burda et al., "Importance Weighted Autoencoders", ICLR 2016. https://arxiv.org/abs/1509.00519
"""

import math

import keras
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.vae import VAE


@keras.saving.register_keras_serializable("vae_tf")
class IWAE(VAE):
    """The loss is -log mean_k exp(log p(x, z_k) - log q(z_k|x)) (Eq. 8).

    The KL in the loss is estimated from the samples, log q(z|x) - log p(z). In the log, `kl` is the
    closed form and `elbo` the ordinary bound. With `bound="elbo"` the loss is the ordinary bound
    from k samples, with the closed form of the KL.
    """

    loss_words = "bound from several samples"

    num_samples: int = hyperparameter(
        5, "Number of samples, k; 5 and 50 in the paper, 1 is the VAE's bound.", least=1
    )
    bound: str = hyperparameter("iwae", "Bound that is the loss.", one_of=("iwae", "elbo"))

    @property
    def logged(self):
        # Square of the sum of the weights over the sum of their squares: 1 (one sample decides) to
        # k. The ordinary bound has no weights.
        return ("effective_sample_size",) if self.bound == "iwae" else ()

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        return (kl if self.bound == "elbo" else outputs.log_ratio()), logs

    def reduce(self, outputs, losses):
        if self.bound == "elbo":
            return super().reduce(outputs, losses)
        log_weights = -ops.reshape(losses, (self.num_samples, -1))  # [k, B]
        weights = ops.exp(ops.stop_gradient(log_weights - ops.max(log_weights, axis=0)))
        size = ops.square(ops.sum(weights, axis=0)) / ops.sum(ops.square(weights), axis=0)
        log_mean = ops.logsumexp(log_weights, axis=0) - math.log(self.num_samples)
        return -ops.mean(log_mean), {"effective_sample_size": ops.mean(size)}
