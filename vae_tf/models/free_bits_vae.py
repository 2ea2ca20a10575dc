"""Free bits: the first nats of each latent are free of the KL penalty.

Reference:
    Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", NeurIPS 2016,
    Appendix C.8. https://arxiv.org/abs/1606.04934
"""

import keras
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import concatenate
from vae_tf.models.vae import VAE


@keras.saving.register_keras_serializable("vae_tf")
class FreeBitsVAE(VAE):
    """The regularizer is the sum over latents of max(free_nats, KL of the latent).

    The KL is the mean over the batch, as in the paper, not the KL of each image. If a latent has
    less than `free_nats`, the regularizer has no gradient: only the reconstruction changes this
    latent. Each latent has its own free nats. In the authors' code, the latents of a feature map
    share free nats. With `free_nats` 0 the model is the VAE.
    """

    logged = ("paying_latents",)
    loss_words = "free bits"
    learns_prior = False  # it needs the KL of each latent, which a learned prior has not
    indivisible = "the mean KL of the batch decides which nats are free"

    free_nats: float = hyperparameter(
        0.25,
        "Nats per latent and image that are free of the KL penalty; 0.25 in the authors' code.",
        least=0,
    )

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        nats = concatenate([q.kl_per_latent(prior, z) for q, prior, z in outputs.latents])
        nats = ops.mean(nats, axis=0)  # [L]
        paying = ops.sum(ops.cast(nats > self.free_nats, "float32"))
        # Not the maximum, whose gradient is shared where both are equal, as in a collapsed VAE.
        penalty = ops.sum(self.free_nats + ops.relu(nats - self.free_nats))
        return ops.broadcast_to(penalty, ops.shape(kl)), {**logs, "paying_latents": paying}
