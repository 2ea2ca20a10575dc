"""What variants with a discriminator share: a second network with an optimizer of its own."""

import keras
from keras import ops

from vae_tf.models.generative_model import GenerativeModel
from vae_tf.models.hyperparameters import hyperparameter
from vae_tf.models.phases import Objective, Phase
from vae_tf.networks import specs
from vae_tf.networks.sizes import dense_sizes


class Adversarial(GenerativeModel):
    """Base of the variants that train a second network against the first, in the same step.

    A subclass sets `discriminator`, and its terms hold `discriminator_loss`, the second network's
    loss, through which no gradient reaches the codes. Both networks are updated from the same
    terms. As the loss is against an opponent that moves, losses of different steps cannot be
    compared.

    The discriminator's optimizer is Adam with beta_1 0.5 and beta_2 0.9 (Kim & Mnih 2018).
    """

    comparable_losses = False

    discriminator_learning_rate: float = hyperparameter(
        1e-4, "Learning rate of the discriminator.", least=0
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.discriminator_optimizer = keras.optimizers.Adam(
            self.discriminator_learning_rate,
            beta_1=0.5,
            beta_2=0.9,
            name="discriminator_optimizer",
        )

    @classmethod
    def count(cls, params, image_shape, *, discriminator=None, **knobs):
        ours = super().count(params, image_shape, **knobs)
        if discriminator is None:  # it is the encoder, which sees images of both sources
            return ours.times(2)
        spec = specs.dense(specs.normalize(discriminator, "discriminator"))
        widths = [params.latent_size, *(units for (units,) in spec), 1]
        return ours + dense_sizes(widths).times(3)  # codes to learn from, theirs and the prior's

    @property
    def phases(self):
        networks = (self.encoder, self.decoder)
        ours = [variable for network in networks for variable in network.trainable_variables]
        ours += self.pixels.variables
        theirs = self.discriminator.trainable_variables
        return [
            Phase(
                (
                    Objective("loss", ours, self.optimizer),
                    Objective("discriminator_loss", theirs, self.discriminator_optimizer),
                )
            )
        ]


def discriminator_terms(real_logits, fake_logits) -> dict:
    """Loss and accuracy of a discriminator.

    Args:
        real_logits: `[B]`, log-odds of being real for what is.
        fake_logits: `[C]`, log-odds of being real for what is not.

    Returns:
        `discriminator_loss`, mean cross-entropy in nats (log 2 where it cannot tell), and
        `discriminator_accuracy` in [0, 1].
    """
    loss = 0.5 * (ops.mean(ops.softplus(-real_logits)) + ops.mean(ops.softplus(fake_logits)))
    right = [ops.cast(logits > 0, "float32") for logits in (real_logits, -fake_logits)]
    accuracy = 0.5 * (ops.mean(right[0]) + ops.mean(right[1]))
    return {"discriminator_loss": loss, "discriminator_accuracy": accuracy}
