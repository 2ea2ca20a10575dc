"""Importance-weighted autoencoder: a tighter bound from several samples of the posterior.

Reference:
    Burda et al., "Importance Weighted Autoencoders", ICLR 2016. https://arxiv.org/abs/1509.00519
"""

import math

import keras
from keras import ops

from vae_tf.errors import UserError, unknown
from vae_tf.models.autoencoder import branched, images_of, repeat_rows
from vae_tf.models.vae import VAE


@keras.saving.register_keras_serializable("vae_tf")
class IWAE(VAE):
    """The loss is -log mean_k exp(log p(x, z_k) - log q(z_k|x)) (Eq. 8).

    Its KL is that of the samples, log q(z|x) - log p(z); the logged `kl` is the closed form, and
    `elbo` the ordinary bound. With `bound="elbo"` the loss is the ordinary bound, too, from k
    samples and with the closed form: the VAE of k samples.

    Args:
        num_samples: k; 5 and 50 in the paper, 1 is the VAE's bound.
        bound: "iwae" or "elbo".

    Raises:
        UserError: If there is no sample or the bound is unknown.
    """

    # 1 / sum of squares of the normalised weights: 1 (one sample decides) to k.
    logged = ("effective_sample_size",)

    def __init__(self, encoder, decoder, *, num_samples=5, bound="iwae", **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        if not isinstance(num_samples, int) or num_samples < 1:
            raise UserError(
                f"`num_samples` must be a whole number of at least 1. Received: {num_samples!r}"
            )
        if bound not in ("iwae", "elbo"):
            raise unknown("bound", bound, ("iwae", "elbo"))
        self.num_samples = num_samples
        self.bound = bound

    def forward(self, batch, training):
        x = images_of(batch)
        posterior = self.posterior(x, training=training)
        # [B, ...] -> [k * B, ...], sample by sample
        outputs = self.draw(
            *(repeat_rows(part, self.num_samples) for part in posterior), training=training
        )
        return repeat_rows(x, self.num_samples), outputs

    def regularizer(self, outputs):
        outputs = branched(outputs)
        kl, logs = super().regularizer(outputs)
        return (kl if self.bound == "elbo" else self.log_ratio(outputs)), logs

    def batch_loss(self, losses):
        log_weights = -ops.reshape(losses, (self.num_samples, -1))  # [k, B]
        normalised = ops.softmax(ops.stop_gradient(log_weights), axis=0)
        logs = {"effective_sample_size": 1.0 / ops.sum(ops.square(normalised), axis=0)}
        if self.bound == "elbo":
            return ops.mean(losses), logs
        log_mean = ops.logsumexp(log_weights, axis=0) - math.log(self.num_samples)
        return -ops.mean(log_mean), logs

    def get_config(self):
        return {**super().get_config(), "num_samples": self.num_samples, "bound": self.bound}
