"""Variational autoencoder: the template of most models, and the models `ae` and `beta_vae`.

    loss = reduce over images of [ reconstruction + kl_weight(step) * regularizer ]

References:
    Kingma & Welling, "Auto-Encoding Variational Bayes", ICLR 2014.
    https://arxiv.org/abs/1312.6114
    Higgins et al., "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational
    Framework", ICLR 2017. https://openreview.net/forum?id=Sy2fzU9gl
"""

import keras

from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.models.template.latents import Outputs, total


@keras.saving.register_keras_serializable("vae_tf")
class VAE(GenerativeModel):
    """The regularizer is the KL divergence of the posterior from the prior, N(0, I).

    At KL weight 1 the loss is the negative evidence lower bound (Kingma & Welling, Eq. 10). At
    weight beta it is the loss of the beta-VAE (Higgins et al., Eq. 4). At weight 0 it is the loss
    of an autoencoder, see `zero_weight`.

    Most variants override only `regularizer`. A family with other latents overrides `infer` and
    `render`, and a family that weights images differently overrides `average` or `reduce`.
    """

    learns_prior = True
    # One class under different KL weights; 4 is from Higgins et al. 2017 on 2-D shapes.
    kl_weights = {"ae": 0.0, "vae": 1.0, "beta_vae": 4.0}
    # Samples of the posterior an image in the loss.
    num_samples = 1

    def regularizer(self, outputs: Outputs):
        """Computes the term that is multiplied by the KL weight and added to the reconstruction.

        Args:
            outputs: Outputs of the forward pass: `mean`, `log_stddev` and `z`, `[B, L]` each.

        Returns:
            The penalty `[B]` in nats, and a dict of terms to log, each `[B]` or scalar: "kl", the
            `[B]` KL divergence to the prior in nats, and every name in `logged`.
        """
        kl = total([q.kl(prior, z) for q, prior, z in outputs.latents])
        return kl, {"kl": kl}

    def rendering_loss(self, outputs: Outputs, reconstruction):
        """The part of the loss that depends on the decoded images; here the reconstruction.

        Args:
            outputs: The result of the forward pass.
            reconstruction: `[B]` nats.

        Returns:
            `[B]`, and a dict of terms to log, each `[B]` or scalar.
        """
        return reconstruction, {}

    def reduce(self, outputs: Outputs, losses):
        """Computes the loss, a scalar, and additional terms to log from the losses `[B]`."""
        return self.average(outputs, losses), {}

    def compute_terms(self, batch, training):
        """Computes all terms of a batch.

        Args:
            batch: Dict with all names in `batch_keys`.
            training: Whether layers and gradients are in training mode.

        Returns:
            Dict of scalars: the columns of `log.csv`. `loss`, `reconstruction`, `kl` and `elbo` in
            nats per image (up to the likelihood's constant); `elbo = -(reconstruction + kl)`
            for every weight.
        """
        weight = self.weight_at_step()
        outputs = self.forward(batch, training, num_samples=self.num_samples)
        reconstruction, scale = self.reconstruction(outputs, training)
        penalty, logs = weight.weighted(self.regularizer, outputs)
        rendering, seen = self.rendering_loss(outputs, reconstruction)
        loss, more = self.reduce(outputs, rendering + penalty)
        if training:
            loss = weight.narrowing(loss, outputs)
        return self.summary_terms(outputs, loss, reconstruction, scale | logs | seen | more)
