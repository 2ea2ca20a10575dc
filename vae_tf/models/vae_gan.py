"""VAE-GAN: errors in the features of a discriminator replace errors of pixels.

Reference:
    Larsen et al., "Autoencoding Beyond Pixels Using a Learned Similarity Metric", ICML 2016.
    https://arxiv.org/abs/1512.09300
"""

import keras
from keras import layers, ops

from vae_tf.models.template.adversarial import Adversarial
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.vae import VAE
from vae_tf.networks import specs
from vae_tf.networks.builders import build_trunk
from vae_tf.networks.initial_weights import InitialWeights
from vae_tf.probability.distributions import noise
from vae_tf.process.errors import UserError, shown


def _read_layers(value) -> specs.Spec:
    spec = specs.normalize(value, "discriminator")
    if not specs.convolutions(spec):
        raise UserError(
            f"`discriminator` sees images: it must begin with convolutions, [filters, kernel, "
            f"stride]. Received: discriminator={shown(value)}. Set [[32, 4, 2], [64, 4, 2], [256]]."
        )
    return spec


@keras.saving.register_keras_serializable("vae_tf")
class VAEGAN(Adversarial, VAE):
    """VAE whose decoder is the generator of a GAN (Eq. 7 and 8, Algorithm 1).

    The loss is pixel_weight reconstruction + feature_weight |f(x) - f(x')|^2 / 2 + KL +
    adversarial_weight (-log D(x') - log D(x_p)) / 2. f is the output of the discriminator's last
    convolution, x' is the reconstruction, and x_p is an image decoded from a sample of the prior.
    With pixel_weight 1 and the other weights 0 the model is the VAE.

    No gradient of the last term reaches the encoder, and no gradient of the feature error reaches
    the discriminator, as in Algorithm 1. The paper minimizes log(1 - D) in the last term, but its
    gradient vanishes if D recognizes all generated images. -log D has the same fixed point.

    The discriminator learns to separate images of the data from x' and x_p, by the cross-entropy.
    `reconstruction` and `elbo` in the log are computed from pixels, under the likelihood of the
    run.

    Raises:
        UserError: If the discriminator has no convolution, or does not fit the images.
    """

    logged = ("feature_error", "generator_loss", "discriminator_loss", "discriminator_accuracy")
    loss_terms = ("feature_error", "generator_loss")
    reconstruction_weight = "pixel_weight"
    takes_vectors = False

    pixel_weight: float = hyperparameter(
        0.0, "Weight of the reconstruction of pixels; 0 in the paper.", least=0
    )
    feature_weight: float = hyperparameter(
        1.0, "Weight of the error in features; 1 in the paper.", least=0
    )
    adversarial_weight: float = hyperparameter(
        10.0,
        "Weight of the generator's adversarial loss; ours, in nats. The feature error is a sum "
        "over all features. The paper has a weight of the feature error instead.",
        least=0,
    )
    # The network of these layers, once the model is made.
    discriminator: keras.Model = hyperparameter(
        ((32, 4, 2), (64, 4, 2), (256,)),
        "Layers of the discriminator, each with a leaky ReLU; ours, smaller than in the paper.",
        read=_read_layers,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        spec = self.hyper["discriminator"]
        trunk = build_trunk(spec, self.image_shape, activation="leaky_relu", seed=self.seed + 1)
        # Sure of nothing at first.
        weights = InitialWeights("he", 1000 * self.seed + 750).small()
        logit = layers.Dense(1, name="logit", **weights)(trunk.output)
        log_odds = layers.Reshape((), name="log_odds")(logit)
        features = trunk.get_layer(f"conv_{len(specs.convolutions(spec))}").output
        self.discriminator = keras.Model(trunk.input, [features, log_odds], name="discriminator")

    def rendering_loss(self, outputs, reconstruction):
        x = outputs.batch["image"]
        features, real = self.discriminator(x)
        again, _ = self.discriminator(self.likelihood.mean(outputs.logits))
        error = 0.5 * ops.sum(ops.square(again - ops.stop_gradient(features)), axis=(1, 2, 3))
        # From codes through which no gradient passes: the encoder plays no part in the game.
        codes = (
            ops.stop_gradient(outputs.z),
            noise.normal(ops.shape(outputs.z), self.seed_generator),
        )
        drawn = [self.likelihood.mean(self.render(z, outputs.batch, False)) for z in codes]
        fakes = [self.discriminator(images)[1] for images in drawn]
        known = [self.discriminator(ops.stop_gradient(images))[1] for images in drawn]
        generator = 0.5 * (ops.softplus(-fakes[0]) + ops.softplus(-fakes[1]))
        logs = self._discriminator_terms(outputs, real, *known)
        logs |= {"feature_error": error, "generator_loss": generator}
        loss = self.feature_weight * error + self.adversarial_weight * generator
        return self.pixel_weight * reconstruction + loss, logs

    def _discriminator_terms(self, outputs, real, *fakes) -> dict:
        """Cross-entropy and accuracy, images of the data and fakes with the same weight."""
        wrong = 0.5 * (ops.softplus(fakes[0]) + ops.softplus(fakes[1]))
        loss = 0.5 * (ops.softplus(-real) + wrong)
        right = [ops.cast(odds > 0, "float32") for odds in (real, -fakes[0], -fakes[1])]
        accuracy = 0.5 * right[0] + 0.25 * (right[1] + right[2])
        return {
            "discriminator_loss": self.average(outputs, loss),
            "discriminator_accuracy": accuracy,
        }
