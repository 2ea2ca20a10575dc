"""Describe a model for a page: its networks, posterior and pixels."""

import keras
import numpy as np

from vae_tf.explorer.graph import describe_network
from vae_tf.explorer.layers import HalfPrecision
from vae_tf.probability.distributions import Categorical, Codebook, Gaussian, Point
from vae_tf.probability.likelihoods.continuous_bernoulli import ContinuousBernoulli
from vae_tf.process.errors import UserError

_KINDS = {Gaussian: "gaussian", Point: "point", Codebook: "values"}
_NUM_TRIED = 4
_CLOSE = 1e-3


def describe_generator(model, weights: HalfPrecision) -> dict:
    """Describes how a model decodes codes and encodes images.

    If the outputs of the decoder alone are equal to the outputs of the model, the decoder is
    described. Otherwise Keras traces all computations of the model from a code to logits. The
    encoder is described in the same way.

    Args:
        model: Any model of this package.
        weights: Store to which its weights are added.

    Returns:
        JSON values: "decoder", "pixels", "posterior", "follow" and "encoder". The encoder is None
        if the page cannot encode images, with the reason in "encoder_missing".

    Raises:
        UserError: If the page cannot decode codes of the model.
    """
    if model.autoregressive:
        raise UserError(
            "The page draws all pixels at once. This decoder draws one pixel after the other. "
            "Look at the traversals of the run instead."
        )
    if model.decoder.output_shape[1:] != model.image_shape:
        raise UserError(
            f"The page needs a decoder that gives one number for each channel of a pixel. With "
            f"likelihood={model.likelihood_text}, the decoder gives more. Look at the traversals "
            f"of the run instead."
        )
    decoder = describe_network(_decoder(model), weights)
    posterior = _posterior(model)
    try:
        network, alone = _encoder(model, posterior)
        encoder, missing = describe_network(network, weights), None
        if not alone:  # the outputs of the traced network are the posterior already
            posterior = _GAUSSIAN | {"num_read": model.latent_size}
    except UserError as error:
        encoder, missing = None, f"This page cannot encode your images: {error}"
    continuous = isinstance(model.likelihood, ContinuousBernoulli)
    return {
        "decoder": decoder,
        "pixels": "continuous_bernoulli" if continuous else "sigmoid",
        "encoder": encoder,
        "encoder_missing": missing,
        "posterior": posterior,
        "follow": [_follower(each, weights) for each in model.layers_below],
    }


_GAUSSIAN = {"kind": "gaussian", "bounded": False, "values": None}


def _follower(prior, weights):
    """Describes a layer whose prior is a network of layers above, with their places in a code."""
    sizes = [part.stop - part.start for part in prior.given]
    inputs = [keras.Input((size,), batch_size=1) for size in sizes]
    network = keras.Model(inputs, prior.network(inputs)[0], name="prior")
    return {
        "at": prior.latents.start,
        "given": [[part.start, part.stop] for part in prior.given],
        "network": describe_network(network, weights),
    }


def _posterior(model):
    return {
        "kind": _KINDS.get(model.posterior),
        # The plain autoencoder's posteriors are no wider than the prior, see `zero_weight`.
        "bounded": model.kl_weight.schedule.highest == 0,
        # InfoGAN encodes only a part of its latents.
        "num_read": getattr(model, "num_codes", model.latent_size),
        "values": np.array(model.values).tolist() if model.posterior is Codebook else None,
    }


def _decoder(model) -> keras.Model:
    """The network from a code, with the label appended if there is one, to logits."""
    if _draws_alone(model):
        return model.decoder
    return _traced(model, "decoder", (model.latent_size,), lambda z: model.render(z, {}, False))


def _draws_alone(model):
    """Whether `decode` is the decoder, followed by the likelihood's mean."""
    rng = np.random.default_rng(0)
    codes = model.sample_prior(_NUM_TRIED, rng)
    labels = rng.integers(model.num_classes, size=len(codes)) if model.conditional else None
    seen = codes if labels is None else np.concatenate([codes, _one_hot(model, labels)], axis=1)
    if seen.shape[1] != model.decoder.input_shape[-1]:
        return False
    drawn = model.likelihood.mean(model.decoder(seen, training=False))
    return np.allclose(drawn, model.decode(codes, labels), atol=_CLOSE)


def _encoder(model, posterior) -> tuple[keras.Model, bool]:
    """The network from an image to its posterior, and whether it is the model's encoder alone."""
    if posterior["kind"] is None and model.posterior is not Categorical:
        raise UserError(
            f"the page supports posteriors that are Gaussians, points, classes or values of a "
            f"codebook. The posterior of {type(model).__name__} is {model.posterior.__name__}."
        )
    if posterior["kind"] is not None and _reads_alone(model, posterior):
        return model.encoder, True
    return _traced(
        model, "encoder", model.image_shape, lambda x: list(model.moments({"image": x}))
    ), False


def _reads_alone(model, posterior):
    """Whether `encode` is the encoder, followed by the operations of `posterior`."""
    rng = np.random.default_rng(0)
    x = rng.random((_NUM_TRIED, *model.image_shape), dtype="float32")
    labels = rng.integers(model.num_classes, size=len(x)) if model.conditional else None
    seen = x
    if labels is not None:
        planes = np.broadcast_to(
            _one_hot(model, labels)[:, None, None], (*x.shape[:3], model.num_classes)
        )
        seen = np.concatenate([x, planes], axis=-1)
    shape = model.encoder.input_shape
    if not isinstance(shape, tuple) or tuple(shape[1:]) != seen.shape[1:]:
        return False
    mean = np.array(model.encoder(seen, training=False)[0])[:, : posterior["num_read"]]
    if posterior["values"] is not None:
        mean = np.array(Codebook.nearest(mean, model.values).quantized)
    expected = model.encode(x, labels)[0][:, : posterior["num_read"]]
    return mean.shape == expected.shape and np.allclose(mean, expected, atol=_CLOSE)


def _traced(model, name, shape, function) -> keras.Model:
    """Traces all computations of a function of the model as one network.

    Raises:
        UserError: If the model needs labels, or Keras cannot trace its computations.
    """
    if not model.conditional:
        # One row, so that the number of rows is known.
        seen = keras.Input(shape, batch_size=1)
        try:
            return keras.Model(seen, function(seen), name=name)
        except (AttributeError, KeyError, TypeError, ValueError):
            pass  # it has computations that are no layers or operations of Keras
    raise UserError(
        f"The page computes only the {name}. {type(model).__name__} also does computations that "
        f"Keras cannot follow. Look at the traversals of the run instead."
    )


def _one_hot(model, labels):
    return np.eye(model.num_classes, dtype="float32")[labels]
