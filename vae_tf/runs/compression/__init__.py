"""Lossless compression of images by a model: bits-back coding.

compression.py   images to a file and back      container.py   the file
bits_back.py     one image on the stack         stack.py       the entropy coder
codes.py         latents as symbols             pixels.py      pixels as symbols
tables.py        probabilities as integers      networks.py    encoder and decoder in float64

Probabilities are whole numbers, made from quantized outputs of networks in float64. Where a machine
computes other outputs, the checksum of the images finds it.
"""

from vae_tf.runs.compression.compression import (
    Compressed,
    Rate,
    compress_images,
    decompress,
    decompress_images,
    rate_of,
)

__all__ = ["Compressed", "Rate", "compress_images", "decompress", "decompress_images", "rate_of"]
