"""Biases of the decoder's last layer with which training begins at the mean image of the data.

A decoder whose biases are 0 draws every pixel grey at first, and spends its first steps, and the
encoder's, on the mean image. The code of Burda et al., not their paper, sets biases in this way.

Reference:
    Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016.
    https://github.com/yburda/iwae
"""

import math

import numpy as np

from vae_tf.data.image_set import ImageSet
from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.networks.pixel_cnn import last_layer, plain_part

_MOST_IMAGES = 2_000


def begin_at_mean(model: GenerativeModel, images: ImageSet):
    """Sets the biases of the decoder's last layer so that logits of 0 draw the mean image.

    A convolution has a bias per channel, set to the mean of the channel; a dense layer has one per
    pixel.

    Args:
        model: Model whose networks were built from specs.
        images: Training images, of which at most 2,000, evenly spaced, are averaged, each over
            what is observed of it.
    """
    picked = images.evenly_spaced(_MOST_IMAGES)
    decoder = plain_part(model.first_decoder)
    bias = last_layer(decoder).bias
    dense = bias.shape[0] == math.prod(decoder.output_shape[1:])
    shape = model.image_shape if dense else model.image_shape[-1:]
    if images.has_missing:
        mean = _mean_observed(images, picked, math.prod(shape))
    else:
        mean = images.images(picked).mean(axis=0, dtype=np.float64)
        mean = mean.reshape(-1, math.prod(shape)).mean(axis=0)
    bias.assign(model.likelihood.logits_of(mean.reshape(shape)).ravel())


def _mean_observed(images: ImageSet, picked: np.ndarray, size: int) -> np.ndarray:
    """Means of the observed values `[size]`; the mean of all where a pixel is never observed."""
    mask = images.masks(picked).astype(np.float64)
    values = (images.images(picked) * mask).reshape(-1, size)
    mask = mask.reshape(-1, size)
    everywhere = values.sum() / max(mask.sum(), 1.0)
    counts = mask.sum(axis=0)
    return np.where(counts > 0, values.sum(axis=0) / np.maximum(counts, 1.0), everywhere)
