"""Terms of the loss on all images of a run: `python experiments/training_error.py`.

log.csv has the terms of one batch in the columns of training. Here they are averages over all
training images and over all validation images, with the weights at the end and one sample of the
posterior an image (the same noise as every validation has); ± a standard error over images. It says
nothing of other trainings. Rows are written to experiments/training_error.csv; `python
experiments/tables.py` makes the table.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

import numpy as np  # noqa: E402
from csv_rows import read_rows, write_rows  # noqa: E402

from vae_tf.data import ImageSet  # noqa: E402
from vae_tf.data.batches import parts  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.training.evaluation import NOISE_SEED, as_tensors, state_kept  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
RUNS = ("emoji-VAE",)
TERMS = ("reconstruction", "KL", "-ELBO")


def terms(run: Run, images: ImageSet) -> np.ndarray:
    """Reconstruction and KL of each image, `[N, 2]` nats."""
    model, found = run.model, []
    with state_kept(model, NOISE_SEED):
        for batch in parts(images, run.params.batch_size, model.batch_keys):
            outputs = model.forward(as_tensors(batch), training=False)
            reconstruction, _ = model.reconstruction(outputs)
            kl = model.regularizer(outputs)[1]["kl"]
            found.append(np.stack([reconstruction, kl], axis=1))
    return np.concatenate(found)


def mean_and_error(values: np.ndarray) -> str:
    """Mean of values `[N]` ± its standard error."""
    return f"{values.mean():.1f} ± {values.std(ddof=1) / len(values) ** 0.5:.1f}"


def table() -> str:
    """The rows as Markdown."""
    lines = [f"| run | images | {' | '.join(TERMS)} |", "| --- " * (2 + len(TERMS)) + "|"]
    for row in read_rows(ROWS):
        cells = [f"`{row['run']}`", f"{int(row['images']):,}, {row['split']}"]
        lines.append(f"| {' | '.join([*cells, *(row[name] for name in TERMS)])} |")
    return "\n".join(lines)


def main():
    """Measures all runs and writes a row for each split."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    rows = []
    for name in RUNS:
        run = Run(options.predictions / name)
        for images in (run.data, run.validation_data):
            found = terms(run, images)
            row = {"run": name, "images": len(images), "split": images.split}
            values = map(mean_and_error, (*found.T, found.sum(axis=1)))
            rows.append(row | dict(zip(TERMS, values, strict=True)))
    write_rows(ROWS, ("run", "images", "split", *TERMS), rows)


if __name__ == "__main__":
    main()
