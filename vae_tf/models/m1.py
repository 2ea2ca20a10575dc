"""M1: a VAE and a classifier that learns from its codes and few labels.

Reference:
    Kingma et al., "Semi-Supervised Learning with Deep Generative Models", NeurIPS 2014.
    https://arxiv.org/abs/1406.5298
"""

import keras
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import Latent
from vae_tf.models.template.semi_supervised import SemiSupervisedVAE
from vae_tf.networks.joint import Joint
from vae_tf.probability.distributions import Categorical, Gaussian
from vae_tf.process.errors import UserError


def network_on_codes(model, name: str, sizes, heads, number: int) -> Joint:
    """A network of one hidden layer of `hidden_size` units.

    Args:
        model: Model that it is part of.
        name: Name of the network.
        sizes: Size of each input.
        heads: Size of each output.
        number: Number of the network in the model, of which its initial weights depend.
    """
    return Joint(
        sizes,
        (model.hidden_size,),
        heads,
        activation="softplus",
        seed=1000 * model.seed + number,
        name=name,
    )


@keras.saving.register_keras_serializable("vae_tf")
class M1(SemiSupervisedVAE):
    """p(z1) p(x|z1) with q(z1|x), and a classifier q(y|z1) that does not train the VAE (Sec. 2.1).

    Here VAE and classifier learn at the same time. The paper trains the classifier afterwards, on
    the codes of a trained VAE.
    """

    hidden_size: int = hyperparameter(
        500, "Units of the one hidden layer (softplus) of each network on codes.", least=1
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.num_silent = self.num_classes
        self.classifier_of_codes = network_on_codes(
            self, "classifier", (self.code_size,), (self.num_classes,), 1
        )

    def infer(self, batch, draw, training):
        z1 = draw(Gaussian(*self.encoder(batch["image"], training=training)))
        (logits,) = self.classifier_of_codes([ops.stop_gradient(z1.z)])
        # Read off the codes: no part of what makes images, and so without a divergence.
        guess = Categorical(logits)
        told = "label" in batch
        y = ops.one_hot(batch["label"], self.num_classes) if told else guess.mean
        return [Latent(guess, guess, y), z1]

    def average(self, outputs, term):
        return ops.mean(term)

    def render(self, z, batch, training):
        return self.pixel_logits(z[:, -self.code_size :], batch, training)

    def with_class(self, z, label):
        """Refused, as classes are only read off the codes.

        Raises:
            UserError: Always.
        """
        raise UserError("M1 makes no images of a class: it reads the class off its codes.")
