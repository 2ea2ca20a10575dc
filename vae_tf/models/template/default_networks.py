"""`VAE(image_shape=(28, 28, 1), latent_size=2)`: models that build their own networks."""

import functools
from collections.abc import Callable

from vae_tf.models.template.hyperparameters import declared_by, values_of
from vae_tf.networks.defaults import DefaultNetworks, check_image_shape, default_encoder
from vae_tf.probability.likelihoods.logits_shape import logits_shape
from vae_tf.process.errors import UserError
from vae_tf.process.numbers import require_number


def builds_networks(constructor: Callable) -> Callable:
    """Lets the constructor of a model take a shape in place of the networks.

    Args:
        constructor: `__init__(self, encoder, decoder, **kwargs)` of a `GenerativeModel`.
    """

    @functools.wraps(constructor)
    def build_and_construct(
        self, encoder=None, decoder=None, *, image_shape=None, latent_size=None, **kwargs
    ):
        if image_shape is not None or latent_size is not None:
            _refuse_both(type(self), encoder, decoder, image_shape, latent_size)
            encoder, decoder = default_networks(type(self), image_shape, latent_size, kwargs)
        elif encoder is None or decoder is None:
            raise UserError(
                f"{type(self).__name__} needs `image_shape` and `latent_size`, for networks that "
                f"fit the images, or `encoder` and `decoder`. Received: neither. Example: "
                f"{type(self).__name__}(image_shape=(28, 28, 1), latent_size=2)"
            )
        constructor(self, encoder, decoder, **kwargs)

    return build_and_construct


def default_networks(
    kind: type, image_shape: tuple[int, ...], latent_size: int, given: dict
) -> tuple:
    """Builds networks of a model that fit images or vectors, see `networks.defaults`.

    Args:
        kind: Class of the model.
        image_shape: (H, W, C), or (D,).
        latent_size: Latents whose posterior the encoder computes.
        given: The constructor's other arguments, hyperparameters among them.

    Raises:
        UserError: If the shape does not fit the model, or a value is impossible.
    """
    check_image_shape(image_shape)
    image_shape = tuple(image_shape)
    require_number("latent_size", latent_size, 1, whole=True)
    check_vectors(kind, kind.__name__, image_shape)
    hyper = values_of(kind, {name: given[name] for name in declared_by(kind) if name in given})
    likelihood = given.get("likelihood", "bernoulli")
    networks = DefaultNetworks(
        default_encoder(image_shape),
        latent_size,
        given.get("seed", 0),
        logits_shape=functools.partial(logits_shape, likelihood),
    )
    return kind.build_networks(networks, image_shape, **hyper)  # type: ignore[attr-defined]


def check_vectors(kind: type, name: str, image_shape: tuple[int, ...]):
    """Refuses vectors where a model works on images alone.

    Args:
        kind: Class of the model.
        name: Its name in the message.
        image_shape: (H, W, C), or (D,).

    Raises:
        UserError: If they do not fit.
    """
    if len(image_shape) == 1 and not kind.takes_vectors:  # type: ignore[attr-defined]
        raise UserError(
            f"Model '{name}' works on images. Received: vectors of {image_shape[0]}. "
            f"Choose another model, such as vae."
        )


def _refuse_both(kind, encoder, decoder, image_shape, latent_size):
    if encoder is not None or decoder is not None:
        raise UserError(
            f"{kind.__name__} takes `image_shape` and `latent_size`, or `encoder` and `decoder`. "
            f"Received: both. The networks have a shape and a number of latents: leave out "
            f"`image_shape` and `latent_size`."
        )
    for name, value in (("image_shape", image_shape), ("latent_size", latent_size)):
        if value is None:
            raise UserError(
                f"{kind.__name__} needs `image_shape` and `latent_size` together. Received: no "
                f"`{name}`. Example: {kind.__name__}(image_shape=(28, 28, 1), latent_size=2)"
            )
