"""The networks in double precision, one image at a time.

Networks in float32 give other last digits on another processor, with another number of threads or
in a batch of another size. Quantized, one value in some thousands falls to the other side of a
rounding edge, and a single one ruins all that follows. In float64 it is about one in 10^12.
"""

import hashlib

import keras
import numpy as np
import tensorflow as tf

from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.process.errors import UserError


class ExactNetworks:
    """Encoder and decoder of a model, in float64.

    Args:
        model: Model with one stochastic layer of Gaussian codes and N(0, I) as their prior.

    Raises:
        UserError: If the model is none of these.
    """

    def __init__(self, model: GenerativeModel):
        _check_model(model)
        encoder, decoder = _in_float64(model.encoder), _in_float64(model.decoder)
        self.image_shape = model.image_shape
        self.latent_size = model.latent_size
        image = tf.TensorSpec((1, *model.image_shape), tf.float64)
        code = tf.TensorSpec((1, model.latent_size), tf.float64)
        self._encode = tf.function(
            lambda x: encoder(x, training=False), [image], autograph=False
        ).get_concrete_function()
        self._decode = tf.function(
            lambda z: decoder(z, training=False), [code], autograph=False
        ).get_concrete_function()

    def encode(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and log standard deviation, `[L]` float64 each, of an image in [0, 1]."""
        mean, log_stddev = self._encode(tf.constant(image[None], tf.float64))
        return _finite(mean), _finite(log_stddev)

    def decode(self, code: np.ndarray) -> np.ndarray:
        """Logits `[H * W * C]` float64 of a code `[L]`."""
        return _finite(self._decode(tf.constant(code[None], tf.float64))).ravel()


def checksum(model: GenerativeModel) -> str:
    """SHA-256 of what decides how a model codes: networks, weights and likelihood."""
    digest = hashlib.sha256()
    for network in (model.encoder, model.decoder):
        for layer in network.layers:
            digest.update(f"{type(layer).__name__} {layer.name}".encode())
        for weight in network.get_weights():
            digest.update(f"{weight.shape}{weight.dtype}".encode())
            digest.update(np.ascontiguousarray(weight).tobytes())
    digest.update(model.likelihood_text.encode())
    for variable in model.likelihood.variables:
        digest.update(np.asarray(variable).tobytes())
    return digest.hexdigest()


def _check_model(model):
    cls = type(model)
    if model.autoregressive:
        raise UserError(
            "Compression is for decoders that draw all pixels at once. Received: a decoder that "
            "sees pixels (pixel_cnn). Train with decoder=none."
        )
    if cls.infer is GenerativeModel.infer and cls.render is GenerativeModel.render:
        if model.learned is None:
            return
        raise UserError(
            f"Compression is for codes with the prior N(0, I). Received: prior={model.prior_text}. "
            f"Train with prior=normal."
        )
    what = "has several stochastic layers" if model.layers_below else "has other latents or labels"
    raise UserError(
        f"Compression is for models with one stochastic layer of Gaussian codes and N(0, I) as "
        f"their prior. Received: a {cls.__name__}, which {what}. Train a vae, iwae, beta_tcvae, "
        f"dip_vae or the like."
    )


def _in_float64(network):
    def clone(layer):
        return type(layer).from_config(layer.get_config() | {"dtype": "float64"})

    copy = keras.models.clone_model(network, clone_function=clone)
    copy.set_weights(network.get_weights())
    return copy


def _finite(tensor):
    array = np.asarray(tensor)[0]
    if not np.isfinite(array).all():
        raise UserError(
            "The networks gave NaN or infinity, which cannot be coded. Look for a diverged model."
        )
    return array
