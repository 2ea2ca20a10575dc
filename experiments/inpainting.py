r"""Completions of half a digit, and of sprites with blocks: `python experiments/inpainting.py`.

    python train.py MNIST-MIWAE --set steps=2500
    python train.py sprites-MIWAE --set steps=2000
    python experiments/inpainting.py --predictions predictions

It draws images/gallery/inpainting_mnist.png and images/gallery/inpainting_sprites.png, or the one
that is named: `python experiments/inpainting.py MNIST`.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402

from vae_tf.plots.inpainting import Completions, plot_inpainting  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

GALLERY = ROOT / "images" / "gallery"
IMAGES = 6  # validation images of a picture
HIDDEN = {"MNIST": "the lower half", "sprites": "a block"}
SAMPLES = 14  # completions of an image
NUM_IMPORTANCE = 5_000


def completions(run: Run, hide: str) -> Completions:
    """Validation images with missing parts, and completions by the run.

    Args:
        run: A run of a model that takes missing values.
        hide: "the lower half" of each image, or "a block" as in training.
    """
    images = run.validation_data
    rows = images.evenly_spaced(IMAGES)
    complete = images.images(rows) * 1.0
    if hide == "a block":
        mask = images.masks(rows)
    else:
        mask = np.ones_like(complete)
        mask[:, complete.shape[1] // 2 :] = 0
    options = {"samples": SAMPLES, "num_importance": NUM_IMPORTANCE, "noise": False}
    result = run.impute(complete, mask, **options)
    sizes = [f"{size:,.0f}" for size in result.effective_samples]
    heading = f"Missing: {hide}"
    return Completions(heading, complete, mask, result.mean, result.samples, sizes)


def main():
    """Draws the two pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    parser.add_argument("names", nargs="*", choices=[*HIDDEN, []])
    options = parser.parse_args()
    for name in options.names or HIDDEN:
        run = Run(options.predictions / f"{name}-MIWAE")
        figure = plot_inpainting(
            [completions(run, HIDDEN[name])],
            f"Missing parts filled in, {SAMPLES} times",
            (
                f"{run.name} after {run.details['step']:,} steps; validation images, evenly spaced",
                "mean: expectation of the missing pixels; samples: expected images given sampled "
                "codes; to the right: effective samples",
            ),
        )
        GALLERY.mkdir(exist_ok=True, parents=True)
        save_figure(GALLERY / f"inpainting_{name.lower()}.png", figure)


if __name__ == "__main__":
    main()
