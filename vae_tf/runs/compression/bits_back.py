"""Bits-back coding with asymmetric numeral systems, one image after the other.

To code an image x: pop a code z from the stack by q(z|x), push x by p(x|z), push z by p(z). The
stack grows by -log p(x|z) - log p(z) + log q(z|x), on average -ELBO.

A hierarchy is coded layer by layer, in the order of Bit-Swap: pop z_1 by q(z_1|x), push x by
p(x|z_1), then pop z_2 by q(z_2|z_1), push z_1 by p(z_1|z_2), and so on; push z_L by p(z_L). Each
layer is popped from bits that the layers below pushed, so the first image needs fewer bits than by
popping all layers at once.

References:
    Townsend, Bird & Barber, "Practical Lossless Compression with Latent Variables using Bits Back
    Coding", ICLR 2019, Sec. 2.4 and Table 1. https://arxiv.org/abs/1901.04866
    Kingma F., Abbeel & Ho, "Bit-Swap: Recursive Bits-Back Coding for Lossless Compression with
    Hierarchical Latent Variables", ICML 2019, Algorithm 1. https://arxiv.org/abs/1905.06845
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
        kl: Bits of its codes less those that came back; on average the KL divergence.
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
        for up, down in zip(self.networks.ups, self.networks.downs, strict=True):
            above = codes.pop_posterior(stack, *_quantized(up, code))
            codes.push_conditional(stack, code, *_quantized(down, above))
            code = above
        codes.push_prior(stack, code)
        return ImageBits(stack.num_bits - pushed + popped - start, pushed - popped)

    def pop(self, stack: Stack) -> np.ndarray:
        """Pops the image `[H, W, C]` that was pushed last, and restores the bits of its codes.

        Raises:
            ValueError: If no image can have been pushed there.
        """
        code = codes.pop_prior(stack, self.networks.layer_sizes[-1])
        for up, down in zip(self.networks.ups[::-1], self.networks.downs[::-1], strict=True):
            below = codes.pop_conditional(stack, *_quantized(down, code))
            codes.push_posterior(stack, code, *_quantized(up, below))
            code = below
        symbols = self.pixels.pop(stack, self._logits(code))
        image = symbols.astype(np.uint8).reshape(self.networks.image_shape)
        codes.push_posterior(stack, code, *self._posterior(image))
        return image

    def _posterior(self, image):
        unit = image / np.float64(self.pixels.levels - 1)
        return codes.quantize(*self.networks.encode(unit))

    def _logits(self, code):
        return self.networks.decode(code / np.float64(codes.STEPS))


def _quantized(network, code):
    """The quantized Gaussian that a network between layers gives at a code in points."""
    return codes.quantize(*network(code / np.float64(codes.STEPS)))
