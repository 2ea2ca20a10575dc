"""Shape of the logits that a likelihood reads: the image's shape, except for two families."""

from vae_tf.probability.likelihoods.texts import BETA_BINOMIAL, MIXTURE, read_likelihood
from vae_tf.process.errors import UserError

_CHANNELS = (1, 3)  # of images that a mixture describes


def mixture_size(components: int, channels: int) -> int:
    """Number of values that a mixture of logistics reads for each pixel.

    Each component has a weight, a center and a scale for each channel, and a slope for each pair of
    channels.

    Example:
        >>> mixture_size(10, channels=1), mixture_size(10, channels=3)
        (30, 100)
    """
    return components * (1 + 2 * channels + channels * (channels - 1) // 2)


def logits_shape(text: str, image_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of the logits of an image.

    Args:
        text: Text of a likelihood.
        image_shape: (H, W, C), or (D,) for vectors.

    Raises:
        UserError: If the likelihood is unknown, or does not describe such images.

    Example:
        >>> logits_shape("gaussian", (28, 28, 1)), logits_shape("mixture_logistics", (28, 28, 1))
        ((28, 28, 1), (28, 28, 30))
    """
    name, components = read_likelihood(text)
    *sides, channels = image_shape
    if name == BETA_BINOMIAL:
        return (*sides, 2 * channels)
    if name != MIXTURE:
        return tuple(image_shape)
    if len(image_shape) != 3 or channels not in _CHANNELS:
        raise UserError(
            f"The likelihood '{MIXTURE}' describes images of 1 or 3 channels. Received: shape "
            f"{tuple(image_shape)}. Set channels=1 or 3, or choose gaussian(stddev=learned)."
        )
    return (*sides, mixture_size(int(components), channels))  # type: ignore[arg-type]


def image_shape_of(text: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of the images whose logits have a shape; the inverse of `logits_shape`.

    Args:
        text: Text of a likelihood.
        shape: Shape of the decoder's output, without the batch.

    Raises:
        UserError: If the likelihood is unknown, or no images have logits of this shape.
    """
    name, components = read_likelihood(text)
    *sides, size = shape
    if name == BETA_BINOMIAL:
        if size % 2:
            raise UserError(
                f"Under likelihood={text} the decoder must output two values for each value of "
                f"the image. Received: {tuple(shape)}."
            )
        return (*sides, size // 2)
    if name != MIXTURE:
        return tuple(shape)
    sizes = {mixture_size(int(components), n): n for n in _CHANNELS}  # type: ignore[arg-type]
    if len(shape) != 3 or size not in sizes:
        expected = " or ".join(f"(H, W, {n})" for n in sizes)
        raise UserError(
            f"Under likelihood={text} the decoder must output {expected}, for images of 1 or 3 "
            f"channels. Received: {tuple(shape)}."
        )
    return (*sides, sizes[size])
