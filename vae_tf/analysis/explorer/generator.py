"""The generative model as a page computes it: its networks, its posterior and its pixels."""

import numpy as np

from vae_tf.analysis.explorer.layers import HalfPrecision, describe_network
from vae_tf.distributions import Codebook, Gaussian, Point
from vae_tf.errors import UserError
from vae_tf.likelihoods import ContinuousBernoulli

_KINDS = {Gaussian: "gaussian", Point: "point", Codebook: "values"}
_NUM_TRIED = 4
_CLOSE = 1e-3


def describe_generator(model, weights: HalfPrecision) -> dict:
    """Describes how codes become images, and images codes.

    What is described is held against the model itself, so that a family that draws or reads images
    in another way is noticed, and not shown wrongly.

    Args:
        model: Any model of this package.
        weights: Store to which its weights are added.

    Returns:
        JSON values: "decoder", "pixels", "posterior" and "encoder"; the latter None where the page
        cannot encode images, with the reason in "encoder_missing".

    Raises:
        UserError: If the page cannot decode its codes.
    """
    decoder = describe_network(model.decoder, weights)
    _check_decoder(model)
    try:
        encoder, missing = describe_network(model.encoder, weights), None
        _check_encoder(model)
    except UserError as error:
        encoder, missing = None, f"This page cannot encode images of yours: {error}"
    continuous = isinstance(model.pixels, ContinuousBernoulli)
    return {
        "decoder": decoder,
        "pixels": "continuous_bernoulli" if continuous else "sigmoid",
        "encoder": encoder,
        "encoder_missing": missing,
        "posterior": _posterior(model),
    }


def _posterior(model):
    return {
        "kind": _KINDS.get(model.posterior),
        # The plain autoencoder's posteriors are no wider than the prior, see `zero_weight`.
        "bounded": model.kl_weight.schedule.highest == 0,
        # Of an InfoGAN's latents, only the codes are read off images.
        "num_read": getattr(model, "num_codes", model.latent_size),
        "values": np.array(model.values).tolist() if model.posterior is Codebook else None,
    }


def _check_decoder(model):
    rng = np.random.default_rng(0)
    codes = model.sample_prior(_NUM_TRIED, rng)
    labels = rng.integers(model.num_classes, size=len(codes)) if model.conditional else None
    seen = codes if labels is None else np.concatenate([codes, _one_hot(model, labels)], axis=1)
    size = model.decoder.input_shape[-1]
    same = seen.shape[1] == size
    if same:
        drawn = model.pixels.mean(model.decoder(seen, training=False))
        same = np.allclose(drawn, model.decode(codes, labels), atol=_CLOSE)
    if not same:
        raise UserError(
            f"The page draws images by the decoder alone, and {type(model).__name__} draws them in "
            f"another way. Look at its traversals instead."
        )


def _check_encoder(model):
    posterior = _posterior(model)
    if posterior["kind"] is None:
        raise UserError(
            f"it knows posteriors that are Gaussians, points or values of a codebook, and that of "
            f"{type(model).__name__} is {model.posterior.__name__}."
        )
    rng = np.random.default_rng(0)
    x = rng.random((_NUM_TRIED, *model.image_shape), dtype="float32")
    labels = rng.integers(model.num_classes, size=len(x)) if model.conditional else None
    seen = x
    if labels is not None:
        planes = np.broadcast_to(
            _one_hot(model, labels)[:, None, None], (*x.shape[:3], model.num_classes)
        )
        seen = np.concatenate([x, planes], axis=-1)
    same = tuple(model.encoder.input_shape[1:]) == seen.shape[1:]
    if same:
        mean = np.array(model.encoder(seen, training=False)[0])[:, : posterior["num_read"]]
        if posterior["values"] is not None:
            mean = np.array(Codebook.nearest(mean, model.values).quantized)
        expected = model.encode(x, labels)[0][:, : posterior["num_read"]]
        same = np.allclose(mean, expected, atol=_CLOSE)
    if not same:
        raise UserError(
            f"it reads codes off the encoder alone, and {type(model).__name__} reads them in "
            f"another way."
        )


def _one_hot(model, labels):
    return np.eye(model.num_classes, dtype="float32")[labels]
