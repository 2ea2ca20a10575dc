"""Lagging encoder: several encoder steps before each decoder step.

Reference:
    He, Spokoyny, Neubig & Berg-Kirkpatrick, "Lagging Inference Networks and Posterior Collapse in
    Variational Autoencoders", ICLR 2019. https://arxiv.org/abs/1901.05534
"""

import keras

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.phases import Objective, Phase
from vae_tf.models.vae import VAE


@keras.saving.register_keras_serializable("vae_tf")
class LaggingVAE(VAE):
    """VAE whose update is `encoder_steps` steps of the encoder and then one step of the decoder.

    All steps of an update use the same batch, with new noise in each step. In the paper each step
    has its own batch. The paper repeats encoder steps until the loss no longer falls, at most 100
    times (Algorithm 1 and the authors' code). When the information between codes and images no
    longer grows, the paper returns to the usual training of a VAE. Here the number of encoder steps
    is constant during the whole training. Encoder and decoder have optimizers with the same
    settings, each with its own state.
    """

    encoder_steps: int = hyperparameter(
        5, "Steps of the encoder before each step of the decoder.", least=1, most=1_000
    )
    encoder_optimizer: keras.optimizers.Optimizer | None = None  # until compiled

    def compile(self, optimizer="rmsprop", *args, **kwargs):
        optimizer = keras.optimizers.get(optimizer)
        config = {**optimizer.get_config(), "name": "encoder_optimizer"}
        self.encoder_optimizer = type(optimizer).from_config(config)
        super().compile(optimizer, *args, **kwargs)

    @property
    def scheduled_optimizers(self):
        return [self.encoder_optimizer, self.optimizer]

    @property
    def phases(self):
        encoder = Objective("loss", self.encoder.trainable_variables, self.encoder_optimizer)
        ours = [*self.decoder.trainable_variables, *self.likelihood.variables]
        ours += self.prior_variables
        decoder = Objective("loss", ours, self.optimizer)
        return [Phase((encoder,), self.encoder_steps), Phase((decoder,))]
