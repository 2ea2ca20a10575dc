"""Images to bytes and back, given a trained model: lossless, by bits-back coding."""

import hashlib
import importlib.metadata
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from vae_tf import __version__
from vae_tf.data.pixel_values import as_floats, check_shape
from vae_tf.process.errors import UserError
from vae_tf.runs.compression.bits_back import BitsBack, ImageBits
from vae_tf.runs.compression.container import pack, unpack
from vae_tf.runs.compression.networks import checksum
from vae_tf.runs.compression.pixels import symbols_of
from vae_tf.runs.compression.stack import Stack


class Rate(NamedTuple):
    """Size of compressed images.

    Attributes:
        num_images: Number of images.
        num_bits: Bits that they added to the stack; divided by `num_images`, on average -ELBO.
        initial_bits: Additional bits, from which the first image drew its code. They are needed
            once.
        num_bytes: Bytes of the file, with its header.
    """

    num_images: int
    num_bits: int
    initial_bits: int
    num_bytes: int


class Compressed(NamedTuple):
    """Compressed images.

    Attributes:
        content: The file.
        images: Bits of each image, `[N]`.
    """

    content: bytes
    images: list[ImageBits]


def compress_images(
    model, images: np.ndarray, name: str = "", *, progress: bool = False
) -> Compressed:
    """Compresses images by a model.

    Args:
        model: A trained model with one stochastic layer, and a likelihood with masses.
        images: `[N, H, W, C]`, of any type that training takes: black and white under a Bernoulli
            likelihood, with 256 grey levels under a beta-binomial or a discretized logistic.
        name: Name of the model, for the messages of who decompresses.
        progress: Whether to show a progress bar on stderr.

    Raises:
        UserError: If the model cannot compress, or the images are not of its kind.
    """
    coder = BitsBack(model)
    images = np.asarray(images)
    check_shape(images, model.image_shape)
    symbols = symbols_of(as_floats(images, model.image_shape), coder.pixels.levels)
    stack = Stack(model.latent_size)
    start = stack.num_bits
    bits = [
        coder.push(stack, image)
        for image in tqdm(symbols, "Compressing: images", delay=2, disable=not progress)
    ]
    words = stack.to_words()
    added = stack.num_bits - start
    header = {
        "num_images": len(symbols),
        "num_bits": added,
        "initial_bits": 32 * (len(words) - 1) - added,
        "model": checksum(model),
        "run": name,
        "images": _digest(symbols),
        "versions": _versions(),
    }
    return Compressed(pack(header, words), bits)


def decompress_images(model, content: bytes, *, progress: bool = False) -> np.ndarray:
    """Restores the images of `compress_images`.

    Args:
        model: The model that compressed them.
        content: The file.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `[N, H, W, C]`: bool under a Bernoulli likelihood, else uint8. These are exactly the images
        that were compressed.

    Raises:
        UserError: If the file is none of this model, or is damaged, or was made where the networks
            compute something else. Wrong images are never returned.
    """
    header, words = unpack(content)
    _check_model(header, model)
    coder = BitsBack(model)
    count = header["num_images"]
    images = []
    try:
        stack = Stack(model.latent_size, words)
        for _ in tqdm(range(count), "Decompressing: images", delay=2, disable=not progress):
            if stack.is_empty:
                raise ValueError("no bits are left")
            images.append(coder.pop(stack))
        symbols = np.array(images[::-1], np.uint8).reshape(count, *model.image_shape)
        if not stack.is_initial or _digest(symbols) != header["images"]:
            raise ValueError("the checksum of the images differs")
    except ValueError as error:
        raise UserError(
            f"The images cannot be restored here: {error}. The file is whole and the model is the "
            f"right one, so the networks compute other numbers than where it was made. "
            f"{_difference(header['versions'])}"
        ) from None
    return symbols.astype(coder.pixels.dtype)


def decompress(content: bytes, run, *, progress: bool = False) -> np.ndarray:
    """Restores images that `Run.compress` compressed.

    Args:
        content: The content of the file.
        run: The `Run` that compressed them.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `[N, H, W, C]`, see `decompress_images`.

    Raises:
        UserError: Same as in `decompress_images`.
    """
    unpack(content)  # a damaged file is refused before a model is loaded
    return decompress_images(run.model, content, progress=progress)


def rate_of(content: bytes) -> Rate:
    """Reads from a file how many bits its images take.

    Raises:
        UserError: If it is none of this package, or was damaged.
    """
    header, _ = unpack(content)
    return Rate(header["num_images"], header["num_bits"], header["initial_bits"], len(content))


def _check_model(header, model):
    if header["model"] == checksum(model):
        return
    raise UserError(
        f"These images were compressed by another model, the model of run '{header['run']}'. "
        f"Received: "
        f"a model with other weights. Load the run that compressed them, at the same step."
    )


def _digest(symbols):
    return hashlib.sha256(f"{symbols.shape}".encode() + symbols.tobytes()).hexdigest()


def _versions():
    packages = ("constriction", "keras", "numpy", "tensorflow")
    return {"vae_tf": __version__} | {name: importlib.metadata.version(name) for name in packages}


def _difference(then):
    now = _versions()
    other = [f"{name} {then[name]}" for name in now if then.get(name, now[name]) != now[name]]
    if other:
        return f"Install the versions of then: {', '.join(other)}."
    return "Decompress on the kind of machine that compressed them."
