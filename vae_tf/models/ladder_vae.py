"""Ladder VAE: the hierarchical VAE with posteriors that are merged with the priors.

Reference:
    Sonderby et al., "Ladder Variational Autoencoders", NeurIPS 2016.
    https://arxiv.org/abs/1602.02282
"""

import keras
from keras import ops

from vae_tf.models.hierarchical_vae import HierarchicalVAE
from vae_tf.models.template.latents import repeated_like
from vae_tf.probability.distributions import Gaussian


@keras.saving.register_keras_serializable("vae_tf")
class LadderVAE(HierarchicalVAE):
    """q(z_L|x) q(z_L-1|z_L, x) ... q(z_1|z_2, x) with the generative model of the hierarchical VAE.

    For each layer, the encoder computes a Gaussian N(m, s^2) from the image. It is multiplied with
    the prior of the layer given the layer above, so their precisions are added (Eq. 10 to 12). The
    layer above determines the prior, so the KL of every layer has a closed form. Without upper
    layers the model is the VAE.
    """

    def _seen_below(self, k):
        """The hidden units of the deterministic layer below."""
        return self.encoder.output_shape[2][-1] if k == 0 else self.hidden[k - 1]

    def infer(self, batch, draw, training):
        mean, log_stddev, features = self.encoder(batch["image"], training=training)
        likelihoods = [Gaussian(mean, log_stddev)]  # from below
        for up in self.ups:
            mean, log_stddev, features = up([features], training=training)
            likelihoods.append(Gaussian(mean, log_stddev))
        latents = [draw(likelihoods.pop())]
        for down in reversed(self.downs):
            above = latents[-1].z
            prior = Gaussian(*down([above], training=training))
            likelihood = likelihoods.pop().map(lambda part, rows=above: repeated_like(part, rows))
            latents.append(draw(precision_weighted(likelihood, prior), prior))
        return latents


def precision_weighted(one: Gaussian, other: Gaussian) -> Gaussian:
    """The normalized product of two Gaussians: precisions are added and weight the means.

    s^-2 = s1^-2 + s2^-2 and m = s^2 (m1 s1^-2 + m2 s2^-2), in logs.
    """
    logs = [-2.0 * each.log_stddev for each in (one, other)]
    total = ops.logaddexp(*logs)
    mean = one.mean * ops.exp(logs[0] - total) + other.mean * ops.exp(logs[1] - total)
    return Gaussian(mean, -0.5 * total)
