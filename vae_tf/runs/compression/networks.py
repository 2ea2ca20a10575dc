"""The networks in double precision, one image at a time.

Networks in float32 give other last digits on another processor, with another number of threads or
in a batch of another size. Quantized, one value in some thousands falls to the other side of a
rounding edge, and a single one ruins all that follows. In float64 it is about one in 10^12.
"""

import hashlib
import itertools
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from vae_tf.models.hierarchical_vae import HierarchicalVAE
from vae_tf.models.ladder_vae import LadderVAE
from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.networks.joint import Joint
from vae_tf.process.errors import UserError

Gaussians = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class ExactNetworks:
    """Encoder and decoder of a model, in float64, and the networks between stochastic layers.

    Args:
        model: Model of Gaussian codes: one stochastic layer with the prior N(0, I), or a
            hierarchy in which each layer is inferred from the layer below.

    Attributes:
        image_shape: (H, W, C).
        layer_sizes: Latents of each stochastic layer, from below.
        ups: q(z_k+1 | z_k) for k from 1: functions from a code `[L_k]` to mean and log standard
            deviation.
        downs: p(z_k | z_k+1), in the same order.

    Raises:
        UserError: If the model is none of these.
    """

    def __init__(self, model: GenerativeModel):
        _check_model(model)
        self.image_shape = model.image_shape
        between = _between_layers(model)
        self.layer_sizes = [model.code_size, *(down.input_shape[-1] for _, down in between)]
        self.ups: list[Gaussians] = [_gaussians(up) for up, _ in between]
        self.downs: list[Gaussians] = [_gaussians(down) for _, down in between]
        self._encode = _gaussians(model.encoder)
        self._decode = _in_float64(model.decoder)

    def encode(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and log standard deviation, `[L_1]` float64 each, of an image in [0, 1]."""
        return self._encode(image)

    def decode(self, code: np.ndarray) -> np.ndarray:
        """Logits float64 of a code `[L_1]`, in the shape that the likelihood reads."""
        return self._decode(code)[0]


def checksum(model: GenerativeModel) -> str:
    """SHA-256 of what decides how a model codes: networks, weights and likelihood."""
    digest = hashlib.sha256()
    for network in (model.encoder, model.decoder, *itertools.chain(*_between_layers(model))):
        for layer in network.layers:
            digest.update(f"{type(layer).__name__} {layer.name}".encode())
        for weight in network.get_weights():
            digest.update(f"{weight.shape}{weight.dtype}".encode())
            digest.update(np.ascontiguousarray(weight).tobytes())
    digest.update(model.likelihood_text.encode())
    for variable in model.likelihood.variables:
        digest.update(np.asarray(variable).tobytes())
    return digest.hexdigest()


def _between_layers(model) -> list[tuple[keras.Model, keras.Model]]:
    """Networks of q(z_k+1 | z_k) and p(z_k | z_k+1) for k from 1; none of one stochastic layer."""
    if not isinstance(model, HierarchicalVAE):
        return []
    return [
        (_as_model(up), _as_model(down)) for up, down in zip(model.ups, model.downs, strict=True)
    ]


def _as_model(network: Joint) -> keras.Model:
    z = keras.Input(network.sizes, name="z")
    return keras.Model(z, network([z]))


def _check_model(model):
    cls = type(model)
    if model.autoregressive:
        raise UserError(
            "Compression is for decoders that draw all pixels at once. Received: a decoder that "
            "sees pixels (pixel_cnn). Train with decoder=none."
        )
    if isinstance(model, LadderVAE):
        raise UserError(
            "Compression of a hierarchy needs layers that are inferred one by one, each from the "
            "layer below alone. Received: a ladder_vae, which infers a layer from the image and "
            "the layer above. Train a hierarchical_vae."
        )
    inferred_from_below = cls.infer in (GenerativeModel.infer, HierarchicalVAE.infer)
    if inferred_from_below and cls.render in (GenerativeModel.render, HierarchicalVAE.render):
        if model.learned is None:
            return
        raise UserError(
            f"Compression is for codes with the prior N(0, I). Received: prior={model.prior_text}. "
            f"Train with prior=normal."
        )
    raise UserError(
        f"Compression is for Gaussian codes of one stochastic layer, with N(0, I) as their prior, "
        f"or of a hierarchical_vae. Received: a {cls.__name__}, which has other latents or labels. "
        f"Train a vae, iwae, beta_tcvae, dip_vae or the like."
    )


def _in_float64(network: keras.Model) -> Callable[[np.ndarray], list[np.ndarray]]:
    """A function from one input of a network, without the axis of the batch, to its outputs."""

    def clone(layer):
        return type(layer).from_config(layer.get_config() | {"dtype": "float64"})

    copy = keras.models.clone_model(network, clone_function=clone)
    copy.set_weights(network.get_weights())
    one = tf.TensorSpec((1, *network.input_shape[1:]), tf.float64)
    function = tf.function(
        lambda x: keras.tree.flatten(copy(x, training=False)), [one], autograph=False
    ).get_concrete_function()
    return lambda x: [_finite(each) for each in function(tf.constant(x[None], tf.float64))]


def _gaussians(network: keras.Model) -> Gaussians:
    """Mean and log standard deviation, the first outputs of a network."""
    outputs = _in_float64(network)

    def parameters(x):
        mean, log_stddev, *_ = outputs(x)
        return mean, log_stddev

    return parameters


def _finite(tensor):
    array = np.asarray(tensor)[0]
    if not np.isfinite(array).all():
        raise UserError(
            "The networks gave NaN or infinity, which cannot be coded. Look for a diverged model."
        )
    return array
