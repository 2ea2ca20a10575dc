"""M2: a VAE in which the class is a latent; the class is known for a few images.

Reference:
    Kingma et al., "Semi-Supervised Learning with Deep Generative Models", NeurIPS 2014.
    https://arxiv.org/abs/1406.5298
"""

import keras
from keras import layers

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.semi_supervised import SemiSupervisedVAE
from vae_tf.networks import specs
from vae_tf.networks.builders import build_encoder, build_mirrored_decoder, build_trunk
from vae_tf.networks.joint import Joint
from vae_tf.networks.precision import in_float32
from vae_tf.probability.distributions import Gaussian


@keras.saving.register_keras_serializable("vae_tf")
class M2(SemiSupervisedVAE):
    """p(y) p(z) p(x|y, z) with q(y|x) q(z|x, y) (Eq. 2).

    In the encoder, the class is an additional input of the last dense layer. In the decoder, it is
    appended to z. The classifier is a separate network.
    """

    hidden_size: int = hyperparameter(
        500,
        "Units of the layer that reads the class, if the encoder's spec has no dense layer.",
        least=1,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        # One encoder, whose order of weights checkpoints have; the image is seen once, whatever
        # the class, and so its parts are called.
        names = ("classifier", "trunk", "head")
        self.classifier, self.trunk, self.head = map(encoder.get_layer, names)

    @classmethod
    def build_networks(cls, params, image_shape, *, num_classes, hidden_size, **hyper):
        return _build(params, image_shape, num_classes, hidden_size)

    def infer(self, batch, draw, training):
        y = self.label(batch, self.classifier(batch["image"], training=training), draw)
        features = self.trunk(batch["image"], training=training)
        return [y, draw(Gaussian(*self.head([features, y.z])))]


def _where_the_class_enters(params, hidden_size) -> tuple[specs.Spec, int]:
    """M2's encoder up to where the class enters, and the units of the layer in which it does."""
    dense = specs.dense(params.encoder)
    return (params.encoder[:-1], dense[-1][0]) if dense else (params.encoder, hidden_size)


def _build(params, image_shape, num_classes, hidden_size):
    """Encoder `(x, y) -> (mean, log_stddev, logits of classes)` and decoder of `[y, z]`."""
    shared = {
        "activation": params.activation,
        "initializer": params.initializer,
        "seed": params.seed,
    }
    image = layers.Input(image_shape, name="image")
    label = layers.Input((num_classes,), name="label")
    classifier = build_encoder(params.encoder, image_shape, num_classes, **shared)
    # It is called by itself, so its logits are float32 whatever the precision.
    classifier = in_float32(keras.Model(classifier.input, classifier.outputs[0], name="classifier"))
    spec, units = _where_the_class_enters(params, hidden_size)
    trunk = build_trunk(spec, image_shape, **shared)
    head = Joint(
        (trunk.output_shape[-1], num_classes),
        (units,),
        (params.latent_size, params.latent_size),
        activation=params.activation,
        initializer=params.initializer,
        seed=1000 * params.seed + 7,
        name="head",
    )
    outputs = [*head([trunk(image), label]), classifier(image)]
    encoder = keras.Model([image, label], outputs, name="encoder")
    return encoder, build_mirrored_decoder(params, image_shape, params.latent_size + num_classes)
