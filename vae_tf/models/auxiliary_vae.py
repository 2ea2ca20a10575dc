"""ADGM and SDGM: M2 with an additional latent, for more flexible posteriors of class and code.

Reference:
    Maaloe et al., "Auxiliary Deep Generative Models", ICML 2016. https://arxiv.org/abs/1602.05473
"""

import keras
import numpy as np
from keras import layers

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import LayerBelow
from vae_tf.models.template.semi_supervised import SemiSupervisedVAE
from vae_tf.networks import specs
from vae_tf.networks.builders import build_mirrored_decoder, build_trunk
from vae_tf.networks.joint import Joint
from vae_tf.probability.distributions import Gaussian, GaussianOfSample

_HIDDEN = 500


@keras.saving.register_keras_serializable("vae_tf")
class AuxiliaryVAE(SemiSupervisedVAE):
    """VAE with the posterior q(a|x) q(y|a, x) q(z|a, y, x) (Eq. 7); `kind` is the generative model.

    - adgm: p(y) p(z) p(x|y, z) p(a|x, y, z). The image does not depend on a.
    - sdgm: p(y) p(z) p(a|y, z) p(x|a, y, z). It has two stochastic layers with skip connections.

    All networks except the decoder share the convolutions of the encoder's spec, if there are
    convolutions. Each network has its own hidden layers, with the sizes of the dense layers of the
    spec (one layer of 500 units if the spec has none). a and z have `Params.latent_size` latents
    each. The order of the latents is y, z, a. In adgm, samples of a without an image are noise,
    which does not change the image.
    """

    kind: str = hyperparameter("sdgm", "Which of the two models.", one_of=("adgm", "sdgm"))
    batch_normalization: bool = hyperparameter(
        False,
        "Whether all hidden layers except the shared convolutions are normalized over the "
        "batch, as in the authors' code.",
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        # One encoder, whose order of weights checkpoints have; each part is called by itself.
        names = ("trunk", "auxiliary", "classifier", "upper", "lower")
        layers_of = map(encoder.get_layer, names)
        self.trunk, self.auxiliary, self.classifier, self.upper, self.lower = layers_of

    @property
    def latent_size(self):
        return self.num_classes + 2 * self.code_size  # y, z and a

    @classmethod
    def build_networks(
        cls, params, image_shape, *, num_classes, kind, batch_normalization, **hyper
    ):
        return _build(params, image_shape, num_classes, kind, batch_normalization)

    def infer(self, batch, draw, training):
        x = self.trunk(batch["image"], training=training)
        a = draw(Gaussian(*self.auxiliary([x], training=training)))
        (logits,) = self.classifier([x, a.z], training=training)
        y = self.label(batch, logits, draw)
        z = draw(Gaussian(*self.upper([x, a.z, y.z], training=training)))
        if self.kind == "adgm":  # p(a|x, y, z)
            prior = GaussianOfSample(*self.lower([x, y.z, z.z], training=training))
            a = a._replace(prior=prior)
        return self.with_priors([y, z, a], training)

    @property
    def layers_below(self):
        if self.kind == "adgm":  # the images know nothing of a
            return []
        y, z = self.num_classes, self.num_classes + self.code_size
        given = (slice(0, y), slice(y, z))
        return [LayerBelow(slice(z, self.latent_size), given, self.lower)]

    def render(self, z, batch, training):
        return self.pixel_logits(
            z[:, : -self.code_size] if self.kind == "adgm" else z, batch, training
        )

    def sample_roots(self, n, rng):
        y = self.sample_classes(n, rng)
        z, a = rng.standard_normal((2, n, self.code_size)).astype("float32")
        return np.concatenate([y, z, a], axis=1)


def _layers(params) -> tuple[specs.Spec, list[int]]:
    """The convolutions that all networks share, and the hidden layers that each has its own of."""
    hidden = [units for (units,) in specs.dense(params.encoder)]
    return specs.convolutions(params.encoder), hidden or [_HIDDEN]


def _networks(params, features, num_classes, kind) -> dict[str, tuple[list[int], list[int]]]:
    """Sizes of the inputs and of the outputs of each network."""
    size = params.latent_size
    seen = [features] if kind == "adgm" else []
    return {
        "auxiliary": ([features], [size, size]),
        "classifier": ([features, size], [num_classes]),
        "upper": ([features, size, num_classes], [size, size]),
        "lower": ([*seen, num_classes, size], [size, size]),
    }


def _build(params, image_shape, num_classes, kind, normalized):
    """All networks except the network of images as one model of x, a, y and z, and the decoder."""
    size = params.latent_size
    convolutions, hidden = _layers(params)
    shared = {"activation": params.activation, "initializer": params.initializer}
    image = layers.Input(image_shape, name="image")
    trunk = build_trunk(convolutions, image_shape, seed=params.seed, **shared)
    a, z = (layers.Input((size,), name=name) for name in "az")
    y = layers.Input((num_classes,), name="y")
    x = trunk(image)
    inputs = {"auxiliary": [x], "classifier": [x, a], "upper": [x, a, y]}
    inputs["lower"] = [x, y, z] if kind == "adgm" else [y, z]
    outputs = []
    found = _networks(params, trunk.output_shape[-1], num_classes, kind)
    for number, (name, (sizes, heads)) in enumerate(found.items(), 1):
        network = Joint(
            sizes,
            hidden,
            heads,
            batch_normalization=normalized,
            seed=1000 * params.seed + number,
            name=name,
            **shared,
        )
        outputs += network(inputs[name])
    encoder = keras.Model([image, a, y, z], outputs, name="encoder")
    inputs = num_classes + size * (1 if kind == "adgm" else 2)
    return encoder, build_mirrored_decoder(
        params, image_shape, inputs, batch_normalization=normalized
    )
