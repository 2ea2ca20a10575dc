"""Resident memory of training on 200,000 images of 64x64x3: `python benchmarks/memory.py`.

The images (2.4 GB of noise) are written to a temporary file and read from there by index, as
a prepared set is.
"""

import argparse
import resource
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from vae_tf.process.quiet_tensorflow import import_tensorflow  # noqa: E402

import_tensorflow()

import numpy as np  # noqa: E402

import params as presets  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.data.image_set import ImageSet  # noqa: E402
from vae_tf.data.row_file import RowFile, RowWriter  # noqa: E402
from vae_tf.training import train  # noqa: E402

SHAPE = (64, 64, 3)


def main():
    """Trains and prints the peak."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--steps", type=int, default=3_125, help="3,125 of 64 are one epoch")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        with RowWriter(path, SHAPE, np.uint8) as writer:
            for first in range(0, options.images, 1_000):
                count = min(1_000, options.images - first)
                writer.write(rng.integers(0, 256, (count, *SHAPE), np.uint8))
        images = ImageSet("noise", "train", RowFile(path, 255))
        few = ImageSet("noise", "validation", RowFile(path, 255), np.arange(2_000))
        params = replace(presets.RUNS["CelebA-VAE"], steps=options.steps)
        train(params, Path(folder) / "run", data=(images, few), progress=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{options.images:,} images, {options.steps:,} steps: peak {peak:.2f} GiB resident")


if __name__ == "__main__":
    main()
