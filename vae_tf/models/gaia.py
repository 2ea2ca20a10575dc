"""GAIA: two autoencoders; the second learns not to reconstruct images that the first draws.

Reference:
    Sainburg et al., "Generative adversarial interpolative autoencoding: adversarial training on
    latent space interpolations encourages convex latent distributions", 2018.
    https://arxiv.org/abs/1807.06650
    The authors' code, with which the losses agree: https://github.com/timsainb/GAIA
"""

import keras
from keras import ops, random

from vae_tf.models.template.adversarial import Adversarial, mixtures
from vae_tf.models.template.deterministic import DeterministicAutoEncoder
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.networks.discriminators import build_image_autoencoder, read_image_layers

# How the discriminator's attention to drawn images falls as it forgets the real ones.
_BALANCE, _SLOPE, _MOST = 0.5, 20.0, 0.9
_SHARE_MEAN, _SHARE_STDDEV = 0.5, 0.25


@keras.saving.register_keras_serializable("vae_tf")
class GAIA(Adversarial, DeterministicAutoEncoder):
    """Deterministic autoencoder G with a discriminator D, which is an autoencoder of images.

    D learns to reconstruct images, and not to reconstruct images that G draws. Its loss is |x -
    D(x)| minus delta * (|x - D(G(x))| + |y - D(y)|) / 2. y is the image of a mixture of two codes,
    z_1 s + z_2 (1 - s), with s from N(1/2, 1/16). |.| is the mean absolute error of pixels. delta
    is sigmoid(20 (|y - D(y)| / 2 - |x - D(x)|)), at most 0.9. No gradient passes through delta. G
    minimizes its own reconstruction loss plus `interpolation_weight` times (|x - D(G(x))| + |y -
    D(y)|) / 2, summed over pixels.

    There are four differences from the authors' code. The loss of G contains G's own reconstruction
    loss. So G with weight 0 is the plain autoencoder. The two errors of D in the loss of G have
    equal weights. Learning rates are constant. The loss on distances of codes, with a weight of
    0.00005 in the authors' code, is left out.
    """

    logged = ("passed_error", "mixture_error", "real_error", "discriminator_loss")
    loss_terms = ("passed_error", "mixture_error")
    smallest_batch = 2
    indivisible = "it mixes the codes of a batch"

    interpolation_weight: float = hyperparameter(
        1.0,
        "Weight of the discriminator's errors, summed over pixels; ours.",
        least=0,
    )
    # A model has the network of these layers.
    discriminator: keras.Model = hyperparameter(
        ((256,), (64,)),
        "Layers of the discriminator from the image to its code, convolutional or dense. "
        "Its decoder mirrors them.",
        read=read_image_layers,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.discriminator = build_image_autoencoder(
            self.hyper["discriminator"], self.image_shape, seed=self.seed
        )

    def regularizer(self, outputs):
        _, logs = super().regularizer(outputs)
        share = random.normal(
            (ops.shape(outputs.z)[0], 1), _SHARE_MEAN, _SHARE_STDDEV, seed=self.seed_generator
        )
        mixed = self.render(mixtures(outputs.z, share), outputs.batch, False)
        images = ops.cast(outputs.batch["image"], mixed.dtype)
        drawn, mixed = self.likelihood.mean(outputs.logits), self.likelihood.mean(mixed)
        passed, mixture = self.errors(images, drawn), self.errors(mixed, mixed)
        logs |= self.discriminator_terms(images, ops.stop_gradient(drawn), ops.stop_gradient(mixed))
        num_pixels = ops.prod(ops.shape(images)[1:])
        penalty = 0.5 * (passed + mixture) * ops.cast(num_pixels, passed.dtype)
        logs |= {"passed_error": passed, "mixture_error": mixture}
        return self.interpolation_weight * penalty, logs

    def errors(self, wanted, seen):
        """Mean absolute error `[B]` of the discriminator's reconstruction of its input."""
        axes = tuple(range(1, len(wanted.shape)))
        return ops.mean(ops.abs(wanted - self.discriminator(seen)), axis=axes)

    def discriminator_terms(self, images, drawn, mixed) -> dict:
        """The discriminator's loss, a scalar, and its error of real images `[B]`."""
        real = self.errors(images, images)
        passed, mixture = self.errors(images, drawn), self.errors(mixed, mixed)
        excess = _BALANCE * ops.mean(mixture) - ops.mean(real)
        share = ops.stop_gradient(ops.minimum(ops.sigmoid(_SLOPE * excess), _MOST))
        loss = ops.mean(real) - share * 0.5 * (ops.mean(passed) + ops.mean(mixture))
        return {"real_error": real, "discriminator_loss": loss}
