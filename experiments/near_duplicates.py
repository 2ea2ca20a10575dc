"""Training images near validation images: `python experiments/near_duplicates.py [RUN ...]`.

For each run, and for each validation image of its data set, the training image with the least
squared difference a pixel, beside the model's own error on that image: where the training image is
nearer, it is a better answer than the model's, and an error on such images says little of images of
a new kind. `emoji_by_family` splits the emoji so that no near-duplicate is on both sides. No
shipped run has that split: beside it is the average error of the run on its own split.

Intervals are bootstraps of the images, 95 %. Sprites are not among the sets: they are a grid of all
combinations of factors, whose neighbors differ by a step of one factor.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from vae_tf import data  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

_NUM_RESAMPLES = 10_000
_HEADS = (
    *("data set", "training", "validation", "distance, median", "10 % are below"),
    *("nearer than the average error, %", "nearer than the own error, %"),
)


def nearest(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Mean squared difference `[N]` of each image and the nearest of the others."""
    flat, rest = images.reshape(len(images), -1), others.reshape(len(others), -1)
    # Up to a term that is the same for all others.
    rows = (np.square(rest).sum(axis=1) - 2 * flat @ rest.T).argmin(axis=1)
    return np.square(flat - rest[rows]).mean(axis=1)


def interval(values: np.ndarray) -> str:
    """Mean of values `[N]`, per cent, with its 95 % interval over resamples of the N."""
    draws = np.random.default_rng(0).integers(len(values), size=(_NUM_RESAMPLES, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), (2.5, 97.5))
    return f"{100 * values.mean():.0f} ({100 * low:.0f} to {100 * high:.0f})"


def everything(images: data.ImageSet) -> np.ndarray:
    """All images of a split."""
    return images.images(np.arange(len(images)))


def main():
    """Prints a row for each run, and for emoji a second one for the split by family."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", default=["emoji-VAE"])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    print(f"| run | {' | '.join(_HEADS)} |")
    print(f"|{' --- |' * (1 + len(_HEADS))}")
    for name in options.runs:
        run = Run(options.predictions / name)
        images = everything(run.validation_data)
        errors = np.square(run.model.reconstruct(images) - images).mean(axis=(1, 2, 3))
        splits = {run.params.dataset: (everything(run.data), images)}
        if run.params.dataset == "emoji":
            splits["emoji_by_family"] = tuple(
                everything(
                    data.load(
                        "emoji_by_family",
                        split,
                        run.params.image_size,
                        channels=run.params.channels,
                        validation=run.params.validation,
                    )
                )
                for split in ("train", "validation")
            )
        for dataset, (training, validation) in splits.items():
            distances = nearest(validation, training)
            cells = [
                f"`{dataset}`", f"{len(training):,}", f"{len(validation):,}",
                f"{np.median(distances):.4f}", f"{np.percentile(distances, 10):.4f}",
                interval(distances < errors.mean()),
                interval(distances < errors) if validation is images else "",
            ]  # fmt: skip
            print(f"| `{name}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
