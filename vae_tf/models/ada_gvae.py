"""Ada-GVAE: a VAE that learns from pairs of images that share some factors.

Reference:
    Locatello et al., "Weakly-Supervised Disentanglement Without Compromises", ICML 2020.
    https://arxiv.org/abs/2002.02886
"""

import keras
from keras import ops

from vae_tf.models.vae import VAE
from vae_tf.probability.distributions import Gaussian


@keras.saving.register_keras_serializable("vae_tf")
class AdaGVAE(VAE):
    """VAE that learns from pairs and averages the posteriors of shared latents (Sec. 4).

    A latent is shared if KL(q(z_l|x1) || q(z_l|x2)) is below the midpoint between the smallest and
    the largest KL over the latents of the pair. In a shared latent, both posteriors are replaced by
    one Gaussian. Its mean is the mean of the two means, and its variance is the mean of the two
    variances, as in the Group-VAE. Reconstruction and KL are averages over both images. If both
    images are the same, the model is the VAE.

    The data must have known factors, from which the pairs are made. The batch size is the number of
    pairs.
    """

    logged = ("shared_latents",)
    batch_keys = ("image", "partner")

    def forward(self, batch, training, **options):
        """Computes both images of every pair. The partners follow the first images."""
        if "partner" in batch:
            both = ops.concatenate([batch["image"], batch["partner"]])
            batch = batch | {"image": both}
        return super().forward(batch, training, **options)

    def infer(self, batch, draw, training):
        if "partner" not in batch:  # one image by itself, as in `encode`
            return super().infer(batch, draw, training)
        posterior = self.encoder(batch["image"], training=training)
        return [draw(Gaussian(*self.shared(*posterior)))]

    def shared(self, mean, log_stddev):
        """Averages the posteriors of a pair in shared latents.

        Args:
            mean: `[2B, L]`, first all images, then their partners.
            log_stddev: `[2B, L]`.

        Returns:
            `mean` and `log_stddev`, `[2B, L]` each.
        """
        # Whether a latent is shared is a decision: no gradient passes through it.
        shared = self.is_shared(mean, log_stddev)
        shared = ops.concatenate([shared, shared])
        mean_of_means = 0.5 * ops.add(*ops.split(mean, 2))
        one, other = ops.split(2.0 * log_stddev, 2)
        # Not ops.logaddexp: this is exact where the two are equal.
        largest = ops.stop_gradient(ops.maximum(one, other))
        mean_ratio = 0.5 * (ops.exp(one - largest) + ops.exp(other - largest))
        log_mean_variance = ops.log(mean_ratio) + largest
        return tuple(
            ops.where(shared, ops.concatenate([average, average]), own)
            for average, own in ((mean_of_means, mean), (0.5 * log_mean_variance, log_stddev))
        )

    @staticmethod
    def is_shared(mean, log_stddev):
        """Whether a latent of a pair counts as shared: `[B, L]` bool."""
        (mean_1, mean_2), (log_1, log_2) = (
            ops.split(ops.stop_gradient(part), 2) for part in (mean, log_stddev)
        )
        kl = Gaussian(mean_1, log_1).kl_per_latent(Gaussian(mean_2, log_2), None)
        middle = 0.5 * (ops.max(kl, axis=1) + ops.min(kl, axis=1))
        return kl < middle[:, None]

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        one, other = ops.split(outputs.mean, 2)
        # Averaged means are equal to the last bit, others practically never.
        same = ops.cast(ops.equal(one, other), "float32")
        return kl, {**logs, "shared_latents": ops.sum(same, axis=1)}
