"""Compresses images with a run: `vae-compress IMAGES OUT --run RUN`; see `--help`."""

from vae_tf.process import scripts  # first, see there

# isort: split
import argparse
import sys
from pathlib import Path

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.files.saving import folder_written_whole, written_whole


def main(arguments: list[str] | None = None) -> int:
    """Compresses or decompresses; returns the exit code."""

    def work() -> int:
        options = parse(arguments)
        if options.out.exists():
            raise UserError(f"'{options.out}' exists. Choose another name, or remove it.")
        # Imported after the command line is read, because the import takes seconds.
        from vae_tf.runs import Run

        run = Run(options.predictions / options.run)
        print(restore(run, options) if options.decompress else compress(run, options))
        return 0

    return scripts.answer("vae-compress", work, lambda: "Nothing was written.")


def compress(run, options: argparse.Namespace) -> str:
    """Compresses the images, and returns a sentence with the number of bits."""
    from vae_tf.runs.compression import rate_of

    images = read_images(options.source)
    content = run.compress(images, progress=True)
    with written_whole(options.out) as partial:
        partial.write_bytes(content)
    rate = rate_of(content)
    values = max(images.size, 1)
    return (
        f"{options.out}: {rate.num_images:,} images, {rate.num_bytes:,} bytes. "
        f"{rate.num_bits / values:.4f} bits per pixel and channel, and {rate.initial_bits:,} "
        f"initial bits once."
    )


def restore(run, options: argparse.Namespace) -> str:
    """Restores the images, and returns a sentence with their number."""
    from vae_tf.runs.compression import decompress

    images = decompress(options.source.read_bytes(), run, progress=True)
    if options.out.suffix == ".npy":
        with written_whole(options.out) as partial, open(partial, "wb") as file:
            np.save(file, images)
    else:
        write_pictures(options.out, images)
    return f"{options.out}: {len(images):,} images."


def read_images(path: Path) -> np.ndarray:
    """Reads images `[N, H, W, C]` or `[N, D]` from a .npy file or a folder of PNG files.

    Pictures of a folder are sorted by name.

    Raises:
        UserError: If there are no images, a file cannot be read, or pictures differ in shape or
            type.
    """
    if path.is_dir():
        return _read_pictures(path)
    if path.suffix != ".npy":
        raise UserError(
            f"IMAGES is a .npy file or a folder of PNG files. Received: '{path}'. Save images with "
            f"numpy.save('images.npy', images)."
        )
    try:
        images = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise UserError(
            f"'{path}' is no NumPy file: {error}. Save images with numpy.save."
        ) from None
    return images[..., None] if images.ndim == 3 else images


def write_pictures(folder: Path, images: np.ndarray):
    """Writes images `[N, H, W, C]` as PNG files into a new folder, numbered in their order."""
    from PIL import Image

    pixels = images * np.uint8(255) if images.dtype == bool else images
    with folder_written_whole(folder) as partial:
        for number, image in enumerate(pixels):
            picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
            picture.save(partial / f"{number:06}.png")


def _read_pictures(folder):
    from PIL import Image

    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".png")
    if not files:
        raise UserError(f"The folder '{folder}' has no PNG files. Name a folder with PNG files.")
    images = []
    for path in files:
        try:
            with Image.open(path) as picture:
                image = np.asarray(picture)
        except (OSError, SyntaxError) as error:
            raise UserError(f"'{path}' cannot be read: {error}. Save it as PNG again.") from None
        images.append(image[..., None] if image.ndim == 2 else image)
        if images[-1].shape != images[0].shape or image.dtype != images[0].dtype:
            raise UserError(
                f"All images must have the same shape and type. Received: {images[0].shape} in "
                f"'{files[0]}', {images[-1].shape} in '{path}'. Compress them separately."
            )
    return np.stack(images)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="vae-compress",
        description="Compress images without loss with a trained run, and decompress them.",
        epilog="Compress:   vae-compress images.npy images.vae --run digits-VAE\n"
        "Decompress: vae-compress images.vae images.npy --run digits-VAE --decompress",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source",
        type=Path,
        metavar="IMAGES",
        help=".npy file, folder of PNG files, or compressed file",
    )
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="new file, or new folder of PNG files"
    )
    parser.add_argument(
        "--run", required=True, metavar="RUN", help="run whose model compresses the images"
    )
    parser.add_argument(
        "--decompress",
        action="store_true",
        help="decompress IMAGES to OUT, a .npy file or a folder of PNG files",
    )
    scripts.add_predictions(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
