"""Samples of the prior against a mixture's: `python experiments/sample_quality.py`.

For each run of MNIST, 2,000 images decoded from samples of its prior, and of a mixture fitted to
its codes, against 2,000 test images, in the features of the classifier `mnist-128-64`. The last row
is of 2,000 other test images, the best possible value. Rows are written to
experiments/sample_quality.csv; `python experiments/tables.py` makes the table.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

import numpy as np  # noqa: E402
from csv_rows import read_rows, write_rows  # noqa: E402

from vae_tf import data  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.scores.mnist_features import sample_quality  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
RUNS = (
    *("MNIST-AE", "MNIST-VAE", "MNIST-KLD-Anneal", "MNIST-VAE-dense"),
    "MNIST-VAE-averaged-losses",
)
_NUM_IMAGES = 2_000
_SCORES = {
    "frechet_distance": ("Frechet distance", 1),
    "kernel_distance": ("kernel distance", 2),
    "precision": ("precision", 2),
    "recall": ("recall", 2),
}
_PRIORS = {"model": "prior", "mixture": "mixture"}


def table() -> str:
    """The rows as Markdown."""
    heads = ["run", "samples", *(head for head, _ in _SCORES.values())]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for row in read_rows(ROWS):
        cells = [f"{float(row[name]):.{digits}f}" for name, (_, digits) in _SCORES.items()]
        lines.append(f"| {row['run']} | {row['samples']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    """Measures all runs and writes the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    test = data.load("mnist", "test")
    real, others = (test.images(np.arange(start, start + _NUM_IMAGES)) for start in (0, 5_000))
    images = {
        (f"`{run}`", title): Run(options.predictions / run).generate(_NUM_IMAGES, prior=prior)
        for run in RUNS
        for prior, title in _PRIORS.items()
    }
    images["test images", "other test images"] = others
    rows = []
    for (run, samples), made in images.items():
        scores = [f"{value:.4f}" for value in sample_quality(real, made).values()]
        rows.append({"run": run, "samples": samples} | dict(zip(_SCORES, scores, strict=True)))
    write_rows(ROWS, ("run", "samples", *_SCORES), rows)


if __name__ == "__main__":
    main()
