"""DC-IGN: groups of images in which one factor varies teach each factor a latent of its own.

Reference:
    Kulkarni et al., "Deep Convolutional Inverse Graphics Network", NeurIPS 2015.
    https://arxiv.org/abs/1503.03167
"""

from typing import NamedTuple

import keras
from keras import ops

from vae_tf.errors import UserError
from vae_tf.models.autoencoder import require_number
from vae_tf.models.vae import VAE


class ClampedOutput(NamedTuple):
    """`VAEOutput` of a group of which all latents but one are clamped.

    Attributes:
        mean: `[B, L]`.
        log_stddev: `[B, L]`.
        z: `[B, L]`, the sample before it was clamped.
        logits: `[B, H, W, C]`.
        invariance: `[B]`, half the squared distance of the clamped latents from their mean.
    """

    mean: keras.KerasTensor
    log_stddev: keras.KerasTensor
    z: keras.KerasTensor
    logits: keras.KerasTensor
    invariance: keras.KerasTensor


@keras.saving.register_keras_serializable("vae_tf")
class DCIGN(VAE):
    """VAE of groups in which factor k alone varies: only latent k may (Sec. 3.2, Fig. 3).

    All other latents are clamped: the decoder gets their mean over the group, and in place of the
    reconstruction's gradient they get `invariance_weight * (z - mean z)`, which draws them
    together. Latent k belongs to factor k; latents beyond the factors are clamped always, where the
    paper gives all of them to what its other factors leave over. The
    gradient is that of invariance_weight / 2 * |z - mean z|^2 over the clamped latents, with the
    mean held fixed, and so this is added to the loss.

    Learns from batches of kind "clamped": the data must have known factors, at most as many as
    there are latents.

    Args:
        invariance_weight: 0.01 in the paper.

    Raises:
        UserError: If it is not a number of at least 0.
    """

    logged = ("invariance",)
    batch_kind = "clamped"
    smallest_batch = 2

    def __init__(self, encoder, decoder, *, invariance_weight=0.01, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        require_number("invariance_weight", invariance_weight, 0)
        self.invariance_weight = invariance_weight

    def forward(self, batch, training):
        if not isinstance(batch, dict):
            raise UserError(
                f"DCIGN learns from groups in which one factor varies: expected a batch with "
                f"`image` [B, H, W, C] and `varying` [B, K]. Received: an array of shape "
                f"{tuple(batch.shape)}. Train it with vae_tf.train, which makes them of any data "
                f"set with known factors."
            )
        x = batch["image"]
        mean, log_stddev = self.posterior(x, training=training)
        z = self.sample(mean, log_stddev)
        varying = batch["varying"]  # [B, K]
        beyond = self.latent_size - varying.shape[1]
        if beyond < 0:
            raise UserError(
                f"DCIGN gives each factor a latent of its own: `latent_size` must be at least "
                f"{varying.shape[1]}. Received: latent_size={self.latent_size}"
            )
        free = ops.pad(varying, ((0, 0), (0, beyond)))  # [B, L]
        group_mean = ops.stop_gradient(ops.mean(z, axis=0, keepdims=True))
        logits = self.decoder(free * z + (1.0 - free) * group_mean, training=training)
        away = (1.0 - free) * (z - group_mean)
        invariance = 0.5 * ops.sum(ops.square(away), axis=1)
        return x, ClampedOutput(mean, log_stddev, z, logits, invariance)

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        penalty = kl + self.invariance_weight * outputs.invariance
        return penalty, {**logs, "invariance": outputs.invariance}

    def get_config(self):
        return {**super().get_config(), "invariance_weight": self.invariance_weight}
