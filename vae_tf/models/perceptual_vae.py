"""Perceptual VAE: images are also compared in the features of another network.

References:
    Hou et al., "Deep Feature Consistent Variational Autoencoder", WACV 2017.
    https://arxiv.org/abs/1610.00291
    Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR
    2018. https://arxiv.org/abs/1801.03924
"""

import math
from pathlib import Path

import keras
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import repeated_like, total
from vae_tf.models.vae import VAE
from vae_tf.networks import specs
from vae_tf.networks.feature_maps import (
    copy_layers,
    is_application,
    keras_maps,
    keras_weights,
    spec_maps,
)
from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.reading import parse_json

_RANDOM = "(weights=random)"
_SMALL = 1e-3  # squared length of features below which they are not brought to length 1
_FIELDS = ("encoder", "activation", "initializer")


def _read_features(value) -> specs.Spec | str:
    if isinstance(value, (list, tuple)):
        return specs.normalize(value, "features")
    if isinstance(value, str) and value:
        if is_application(value.removesuffix(_RANDOM)) or (Path(value) / "params.json").is_file():
            return value
    raise UserError(
        f"`features` must be a list of layers, a network of keras.applications such as VGG16 or "
        f"VGG16{_RANDOM}, or the folder of a run, which must still be there. Received: "
        f"features={shown(value)}"
    )


@keras.saving.register_keras_serializable("vae_tf")
class PerceptualVAE(VAE):
    """VAE that compares images also in the features of a fixed network.

    The loss is pixel_weight reconstruction + perceptual_weight d(x, x') + KL, with d = H W C sum_l
    mean over places of |f_l(x) - f_l(x')|^2. For each size of the network's maps, except the size
    of the image, f_l is the last map, scaled to length 1 at each place (Zhang et al., Eq. 1 with
    weights of 1). H W C is the number of values of an image. With this factor, d is a sum over
    pixels like the other terms.
    Hou et al. use only squared errors of VGG19's features, pixel_weight 0. With perceptual_weight 0
    the model is the VAE.

    The network may have random weights. It may be an application of Keras, whose weights are
    downloaded before training begins. It may be the encoder of a run: its weights are read, and no
    code is executed. The weights of the network are saved with the model, and are not trained.
    `reconstruction` and `elbo` in the log are computed from pixels.

    Raises:
        UserError: If the network is not known, or does not fit the images.
    """

    logged = ("perceptual_distance",)
    loss_terms = ("perceptual_distance",)
    reconstruction_weight = "pixel_weight"
    takes_vectors = False

    perceptual_weight: float = hyperparameter(
        0.1, "Weight of the distance in features; ours.", least=0
    )
    pixel_weight: float = hyperparameter(
        1.0, "Weight of the reconstruction of pixels; 0 in Hou et al.", least=0
    )
    features: keras.Model = hyperparameter(
        ((32, 4, 2), (64, 4, 2)),
        "Layers with random weights; or a network of keras.applications, such as `VGG16` or "
        "`VGG16(weights=random)`; or the folder of a run, whose encoder is used.",
        read=_read_features,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        # Not one of this run's own networks, whose seed is the run's.
        self.features = self._maps(self.hyper["features"], self.seed + 1)
        self.features.trainable = False

    def _maps(self, what, seed):
        if not isinstance(what, str):
            return spec_maps(what, self.image_shape, seed=seed, activation="leaky_relu")
        if is_application(what.removesuffix(_RANDOM)):
            return keras_maps(what.removesuffix(_RANDOM), self.image_shape, seed=seed)
        fields = parse_json((Path(what) / "params.json").read_text(encoding="utf-8"))
        found = {name: fields.get(name) for name in _FIELDS}
        spec = specs.normalize_network(found["encoder"], "encoder")
        known = found["activation"] in specs.ACTIVATIONS
        if not known:
            raise UserError(f"The run '{what}' has an unknown activation: {shown(found)}")
        return spec_maps(spec, self.image_shape, seed=seed, activation=found["activation"])

    @property
    def borrows_from(self):
        what = self.hyper["features"]
        text = isinstance(what, str) and not is_application(what.removesuffix(_RANDOM))
        return what if text else None

    def borrow(self, encoder=None):
        what = self.hyper["features"]
        if encoder is not None:
            copy_layers(encoder, self.features)
        elif isinstance(what, str) and is_application(what):
            keras_weights(what, self.image_shape, self.features)

    def rendering_loss(self, outputs, reconstruction):
        x = outputs.batch["image"]
        ours = self._unit_maps(self.likelihood.mean(outputs.logits))
        theirs = self._unit_maps(x)
        places = [
            ops.mean(
                ops.sum(ops.square(a - repeated_like(ops.stop_gradient(b), a)), axis=-1),
                axis=(1, 2),
            )
            for a, b in zip(ours, theirs, strict=True)
        ]
        distance = repeated_like(math.prod(self.image_shape) * total(places), outputs.z)
        loss = self.pixel_weight * reconstruction + self.perceptual_weight * distance
        return loss, {"perceptual_distance": distance}

    def _unit_maps(self, x) -> list:
        maps = keras.tree.flatten(self.features(x, training=False))
        return [f / ops.sqrt(ops.sum(ops.square(f), -1, keepdims=True) + _SMALL) for f in maps]
