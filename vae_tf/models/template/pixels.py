"""From codes to pixels: all at once, or one after the other where the decoder sees pixels."""

import keras
import numpy as np
from keras import ops

from vae_tf.models.template.latents import repeated_like
from vae_tf.networks.pixel_cnn import drawn_logits
from vae_tf.process.errors import UserError

_NOISE = "pixel_noise"
_NOISE_SEED = 871  # of the noise that all images of `decode` have in common


class PixelMethods(keras.Model):
    """The part of `GenerativeModel` that makes images of codes.

    A plain decoder draws the image that is expected given the code. A decoder that sees pixels
    (`decoder="pixel_cnn(...)"`) gives no such image: its images are samples, whose pixels are made
    one after the other of uniform noise.
    """

    autoregressive: bool  # whether each pixel is given the code and the pixels before it

    def check_drawing(self):
        """Checks that pixels can be drawn one after the other.

        Raises:
            UserError: If they have to be, and the likelihood is a density, which gives no value of
                a pixel a probability; or if pixels may be missing, which the next ones cannot see.
        """
        if self.autoregressive and "mask" in self.batch_keys:
            raise UserError(
                f"Model '{self.name}' learns from images of which pixels are missing. Received: a "
                f"decoder that sees the pixels before each. Set decoder=none."
            )
        if self.autoregressive and self.likelihood.levels is None:
            raise UserError(
                f"A decoder that sees pixels draws them by their probabilities. Received: "
                f"likelihood={self.likelihood_text}. Set likelihood=bernoulli for black and white "
                f"images, likelihood=mixture_logistics, discretized_logistic or beta_binomial for "
                f"256 levels, or decoder=none."
            )

    def check_pixels(self, images: np.ndarray):
        """Checks that images `[N, H, W, C]` are of the kind that the decoder and likelihood know.

        Raises:
            UserError: If they are not.
        """
        self.likelihood.check(images)
        binary = self.likelihood.levels == 2
        if self.autoregressive and binary and not np.isin(images, (0.0, 1.0)).all():
            raise UserError(
                f"A decoder that sees pixels draws black and white ones under "
                f"likelihood={self.likelihood_text}, and would be trained on other values. "
                f"Received: grey values. Choose black and white images, such as "
                f"dataset=digits_binary or mnist_binary, or likelihood=discretized_logistic."
            )

    def pixel_logits(self, code, batch: dict, training: bool):
        """Calls the decoder.

        Args:
            code: `[B, L]`, what the decoder is given of the latents, and of all else.
            batch: A batch. A decoder that sees pixels sees its image, or draws one of its noise.
            training: Whether layers are in training mode.

        Returns:
            Logits, `[B, H, W, C]` for most likelihoods.
        """
        if not self.autoregressive:
            return self.decoder(code, training=training)
        if "image" in batch:
            seen = [code, repeated_like(batch["image"], code)]
            return self.decoder(list(map(ops.convert_to_tensor, seen)), training=training)
        return drawn_logits(self.decoder, code, batch[_NOISE], self.likelihood.draw)

    def images_of(self, z, batch: dict):
        """Images `[B, H, W, C]` in [0, 1] of latents `[B, L]`.

        Args:
            z: The latents.
            batch: A label, where there are some, and what `pixel_noise` gives. Without noise, all
                images are drawn of the same, always.
        """
        if not self.autoregressive:
            return self.likelihood.mean(self.render(z, batch, False))
        if _NOISE not in batch:
            noise = np.asarray(np.random.default_rng(_NOISE_SEED).random(self.image_shape, "f4"))
            batch = batch | {_NOISE: ops.broadcast_to(noise, (ops.shape(z)[0], *noise.shape))}
        return self.likelihood.draw(self.render(z, batch, False), batch[_NOISE])

    def pixel_noise(self, count: int, rng: np.random.Generator | None) -> dict:
        """Noise of which the pixels of each image are drawn; none where they are not drawn.

        Args:
            count: Number of images.
            rng: Source of the noise; None for none.
        """
        if rng is None or not self.autoregressive:
            return {}
        return {_NOISE: rng.random((count, *self.image_shape), "float32")}
