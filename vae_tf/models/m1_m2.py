"""M1 and M2 stacked: M2 learns from the codes of M1 and few labels.

Reference:
    Kingma et al., "Semi-Supervised Learning with Deep Generative Models", NeurIPS 2014.
    https://arxiv.org/abs/1406.5298
"""

import keras
from keras import ops

from vae_tf.models import MODELS
from vae_tf.models.m1 import network_on_codes
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import LayerBelow
from vae_tf.models.template.semi_supervised import SemiSupervisedVAE
from vae_tf.probability.distributions import Gaussian, StandardNormal
from vae_tf.process.model_names import former_name


@keras.saving.register_keras_serializable("vae_tf")
class M1M2(SemiSupervisedVAE):
    """p(y) p(z2) p(z1|y, z2) p(x|z1) with q(z1|x) q(y|z1) q(z2|z1, y) (Eq. 3).

    The paper trains M1 first, and then M2 on samples of its codes. Here both learn at the same
    time. No gradient of M2 reaches M1. The loss is M1's -ELBO plus M2's loss of the codes.
    """

    top_size: int = hyperparameter(50, "Number of latents of z2.", least=1)
    hidden_size: int = hyperparameter(
        500, "Units of the one hidden layer (softplus) of each network on codes.", least=1
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        size, classes, top = self.code_size, self.num_classes, self.top_size
        self.classifier_of_codes = network_on_codes(self, "classifier", (size,), (classes,), 1)
        self.upper = network_on_codes(self, "upper", (size, classes), (top, top), 2)
        self.lower = network_on_codes(self, "lower", (classes, top), (size, size), 3)

    @property
    def latent_size(self):
        return self.num_classes + self.top_size + self.code_size

    @classmethod
    def from_config(cls, config):
        """Makes the model. An older file may contain M1 or M2, which were kinds of this model."""
        if "kind" not in config:
            return super().from_config(config)
        name, config = former_name(config, "m1_m2")
        return MODELS[name].from_config(config)

    def infer(self, batch, draw, training):
        z1 = draw(Gaussian(*self.encoder(batch["image"], training=training)))
        code = ops.stop_gradient(z1.z)
        (logits,) = self.classifier_of_codes([code])
        y = self.label(batch, logits, draw)
        z2 = draw(Gaussian(*self.upper([code, y.z])))
        return self.with_priors([y, z2, z1], training)

    @property
    def layers_below(self):
        y, z2 = self.num_classes, self.num_classes + self.top_size
        given = (slice(0, y), slice(y, z2))
        return [LayerBelow(slice(z2, self.latent_size), given, self.lower)]

    def regularizer(self, outputs):
        _, logs = super().regularizer(outputs)
        y, z2, z1 = outputs.latents
        first = z1.posterior.kl(StandardNormal(), z1.z)
        code = -z1.prior.log_prob(ops.stop_gradient(z1.z))
        second = code + z2.posterior.kl(z2.prior, z2.z) + y.posterior.kl(y.prior, y.z)
        return first + second, logs

    def render(self, z, batch, training):
        z1 = z[:, -self.code_size :]
        if "image" not in batch:
            return self.pixel_logits(z1, batch, training)
        # z1 is the same for all classes, and so is its image.
        rows, images = ops.shape(z1)[0], ops.shape(batch["image"])[0]
        distinct = ops.where(rows == images, rows, rows // self.num_classes)
        return self.pixel_logits(z1[:distinct], batch, training)
