"""Samples of the prior against a mixture's: `python experiments/sample_quality.py [RUN ...]`.

For each run of MNIST, 2,000 images decoded from samples of its prior, and of a mixture fitted to
its codes, against 2,000 test images, in the features of the classifier `mnist-128-64`. Below are
2,000 other test images: what is to be had.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from vae_tf import data  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.scores.mnist_features import NAME, sample_quality  # noqa: E402

_NUM_IMAGES = 2_000


def main():
    """Measures and prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "runs", nargs="*", default=["MNIST-AE", "MNIST-KLD-Anneal", "MNIST-VAE-dense", "MNIST-VAE"]
    )
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    test = data.load("mnist", "test")
    real, others = (test.images(np.arange(start, start + _NUM_IMAGES)) for start in (0, 5_000))
    print(f"| samples, in features of {NAME} | Frechet | kernel | precision | recall |")
    print("| --- | --- | --- | --- | --- |")

    def row(title, images):
        frechet, kernel, precision, recall = sample_quality(real, images).values()
        cells = f"{frechet:.1f} | {kernel:.2f} | {precision:.2f} | {recall:.2f}"
        print(f"| {title} | {cells} |", flush=True)

    for name in options.runs:
        run = Run(options.predictions / name)
        for prior in ("model", "mixture"):
            row(f"`{name}`, {prior}", run.generate(_NUM_IMAGES, prior=prior))
    row("other test images", others)


if __name__ == "__main__":
    main()
