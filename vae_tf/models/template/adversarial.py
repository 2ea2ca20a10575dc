"""Shared by variants with a discriminator: a second network with an optimizer of its own."""

import keras
import tensorflow as tf
from keras import ops

from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.phases import Objective, Phase


class Adversarial(GenerativeModel):
    """Base of the variants that train a second network against the first, in the same step.

    A subclass sets `discriminator`, and its terms hold `discriminator_loss`, the second network's
    loss, through which no gradient reaches the codes. Both networks are updated from the same
    terms. The opponent changes, so losses of different steps cannot be
    compared.
    """

    comparable_losses = False
    opponent_beta_1 = 0.5  # of the second network's Adam, as in Kim & Mnih 2018

    discriminator_learning_rate: float = hyperparameter(
        1e-4, "Learning rate of the discriminator.", least=0
    )

    discriminator_optimizer: keras.optimizers.Optimizer | None = None  # until compiled

    def compile(self, *args, **kwargs):
        if self.discriminator_optimizer is None:
            name = "discriminator_optimizer"
            self.discriminator_optimizer = opponent_optimizer(
                self.discriminator_learning_rate, name, self.opponent_beta_1
            )
        super().compile(*args, **kwargs)

    @property
    def phases(self):
        networks = (self.encoder, self.decoder)
        ours = [variable for network in networks for variable in network.trainable_variables]
        ours += [*self.likelihood.variables, *self.prior_variables]
        theirs = self.discriminator.trainable_variables
        return [
            Phase(
                (
                    Objective("loss", ours, self.optimizer),
                    Objective("discriminator_loss", theirs, self.discriminator_optimizer),
                )
            )
        ]


def opponent_optimizer(
    learning_rate: float, name: str, beta_1: float = 0.5
) -> keras.optimizers.Optimizer:
    """Adam with beta_1 0.5 and beta_2 0.9 (Kim & Mnih 2018)."""
    return keras.optimizers.Adam(learning_rate, beta_1=beta_1, beta_2=0.9, name=name)


def discriminator_terms(real_logits, fake_logits) -> dict:
    """Loss and accuracy of a discriminator.

    Args:
        real_logits: `[B]`, log-odds of being real for what is.
        fake_logits: `[C]`, log-odds of being real for what is not.

    Returns:
        `discriminator_loss`, mean cross-entropy in nats (log 2 where it cannot decide), and
        `discriminator_accuracy` in [0, 1].
    """
    loss = 0.5 * (ops.mean(ops.softplus(-real_logits)) + ops.mean(ops.softplus(fake_logits)))
    right = [ops.cast(logits > 0, "float32") for logits in (real_logits, -fake_logits)]
    accuracy = 0.5 * (ops.mean(right[0]) + ops.mean(right[1]))
    return {"discriminator_loss": loss, "discriminator_accuracy": accuracy}


def mixtures(z, share):
    """Codes on the straight way between the codes of two images of a batch.

    Args:
        z: `[B, L]` codes; each is paired with the one as far from the other end of the batch.
        share: `[B, 1]`, the share of the code itself; the other one has the rest.

    Returns:
        `[B, L]`, share z_i + (1 - share) z_(B - 1 - i).
    """
    # Their own branch of the codes, so that gradients are summed in pairs.
    z = tf.identity(z)
    return share * z + (1.0 - share) * ops.flip(z, axis=0)
