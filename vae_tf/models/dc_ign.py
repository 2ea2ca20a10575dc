"""DC-IGN: a VAE that learns from groups of images, in each of which only one factor varies.

Reference:
    Kulkarni et al., "Deep Convolutional Inverse Graphics Network", NeurIPS 2015.
    https://arxiv.org/abs/1503.03167
"""

import keras
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.vae import VAE
from vae_tf.process.errors import UserError


@keras.saving.register_keras_serializable("vae_tf")
class DCIGN(VAE):
    """VAE that learns from groups in which only factor k varies (Sec. 3.2, Fig. 3).

    In such a group, only latent k may vary. All other latents are clamped: the decoder gets their
    mean over the group. They do not get the gradient of the reconstruction. They get the gradient
    `invariance_weight * (z - mean z)`, which draws them together. It is the gradient of
    invariance_weight / 2 * |z - mean z|^2 over the clamped latents, with no gradient through the
    mean. So this term is added to the loss.

    Latent k belongs to the k-th extrinsic factor, such as position or light. All further latents
    belong to the intrinsic factors, such as shape. Intrinsic factors vary together in some groups,
    and in these groups all further latents are free.

    `data.factor_batches.clamped` makes the groups. The data must have known factors, and fewer
    extrinsic factors than latents.
    """

    takes_vectors = False
    logged = ("invariance",)
    loss_terms = ("invariance",)
    batch_keys = ("image", "varying")
    smallest_batch = 2
    indivisible = "its images are one group, with a mean in common"

    invariance_weight: float = hyperparameter(
        0.01, "Weight of the gradient of the clamped latents; 0.01 in the paper.", least=0
    )

    def render(self, z, batch, training):
        if "varying" in batch:
            free, group_mean = self.clamp(z, batch["varying"])
            z = free * z + (1.0 - free) * group_mean
        return super().render(z, batch, training)

    def clamp(self, z, varying):
        """Which latents may vary, `[B, L]` of 0 and 1, and the mean of the group `[1, L]`.

        Args:
            z: `[B, L]`.
            varying: `[B, E + 1]`, 1 for the factor that varies; the last stands for what is shown.
        """
        *_, groups = varying.shape
        beyond = self.latent_size - groups + 1
        if beyond < 1:
            raise UserError(
                f"DCIGN gives each factor a latent of its own, and what is shown the others: "
                f"`latent_size` must be at least {groups}. Received: "
                f"latent_size={self.latent_size}"
            )
        what = ops.repeat(varying[:, -1:], beyond, axis=1)
        free = ops.concatenate([varying[:, :-1], what], axis=1)
        return free, ops.stop_gradient(ops.mean(z, axis=0, keepdims=True))

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        free, group_mean = self.clamp(outputs.z, outputs.batch["varying"])
        away = (1.0 - free) * (outputs.z - group_mean)
        invariance = 0.5 * ops.sum(ops.square(away), axis=1)
        penalty = kl + self.invariance_weight * invariance
        return penalty, {**logs, "invariance": invariance}
