"""Bits-back coding with asymmetric numeral systems, one image after the other.

To code an image x: pop a code z from the stack by q(z|x), push x by p(x|z), push z by p(z). The
stack grows by -log p(x|z) - log p(z) + log q(z|x), on average -ELBO.

Reference:
    Townsend, Bird & Barber, "Practical Lossless Compression with Latent Variables using Bits Back
    Coding", ICLR 2019, Sec. 2.4 and Table 1. https://arxiv.org/abs/1901.04866
"""

from typing import NamedTuple

import numpy as np

from vae_tf.runs.compression import codes
from vae_tf.runs.compression.networks import ExactNetworks
from vae_tf.runs.compression.pixels import pixels_of
from vae_tf.runs.compression.stack import Stack


class ImageBits(NamedTuple):
    """Bits that an image added to the stack, to a bit.

    Attributes:
        kl: Bits of its code less those that came back; on average the KL divergence.
        reconstruction: Bits of its pixels.
    """

    kl: int
    reconstruction: int


class BitsBack:
    """Pushes images on a stack of bits, and pops them.

    Args:
        model: A model, see `ExactNetworks`, with a likelihood that has masses.

    Raises:
        UserError: If the model is none that can compress.
    """

    def __init__(self, model):
        self.pixels = pixels_of(model.likelihood, model.likelihood_text)
        self.networks = ExactNetworks(model)

    def push(self, stack: Stack, image: np.ndarray) -> ImageBits:
        """Pushes an image `[H, W, C]` of whole numbers."""
        start = stack.num_bits
        code = codes.pop_posterior(stack, *self._posterior(image))
        popped = stack.num_bits
        self.pixels.push(stack, image.ravel(), self._logits(code))
        pushed = stack.num_bits
        codes.push_prior(stack, code)
        return ImageBits(stack.num_bits - pushed + popped - start, pushed - popped)

    def pop(self, stack: Stack) -> np.ndarray:
        """Pops the image `[H, W, C]` that was pushed last, and restores the bits of its code.

        Raises:
            ValueError: If no image can have been pushed there.
        """
        code = codes.pop_prior(stack, self.networks.latent_size)
        symbols = self.pixels.pop(stack, self._logits(code))
        image = symbols.astype(np.uint8).reshape(self.networks.image_shape)
        codes.push_posterior(stack, code, *self._posterior(image))
        return image

    def _posterior(self, image):
        unit = image / np.float64(self.pixels.levels - 1)
        return codes.quantize(*self.networks.encode(unit))

    def _logits(self, code):
        return self.networks.decode(code / np.float64(codes.STEPS))
