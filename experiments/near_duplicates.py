"""Training images near validation images, of embedded sets and of runs.

    python experiments/near_duplicates.py         every embedded set; minutes, sprites most of them
    python experiments/near_duplicates.py --runs  runs, with the errors of their models

For each validation image, the training image with the least squared difference per pixel. At most
200 validation images are looked at, evenly spaced, and all training images; of runs, all. Rows are
kept in experiments/near_duplicates.csv and near_duplicates_runs.csv; `python experiments/tables.py`
makes the tables. `digits-VAE` is trained by `python train.py digits-VAE`.

A run has its model's own error on that image beside it: where the training image is nearer, it is a
better answer than the model's, and an error on such images says little of images of a new kind.
`emoji_by_family` splits the emoji so that no near-duplicate is on both sides. No shipped run has
that split: beside it is the average error of the run on its own split. Intervals are bootstraps of
the images, 95 %.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

import numpy as np  # noqa: E402
from csv_rows import add_rows, read_rows, write_rows  # noqa: E402

from vae_tf import data  # noqa: E402
from vae_tf.config import Params  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
RUN_ROWS = ROWS.with_name("near_duplicates_runs.csv")
RUNS = ("emoji-VAE", "digits-VAE")
EMBEDDED = (
    *("emoji", "emoji_by_family", "emoji_skin_tones"),
    *("digits", "digits_binary", "lines", "sprites"),
)
COLUMNS = ("dataset", "training", "validation", "looked_at", "identical", "median", "tenth")
_MOST_LOOKED_AT = 200
_AT_ONCE = 4_096  # training images that are compared

_NUM_RESAMPLES = 10_000
# Column of a run's row -> its heading.
_HEADS = {
    "run": "run",
    "dataset": "data set",
    "training": "training images",
    "validation": "validation images",
    "median": "distance, median",
    "tenth": "10 % are below",
    "average": "training image nearer than the run's average error, %",
    "own": "training image nearer than the run's error on that image, %",
}


def nearest(images: np.ndarray, others: data.ImageSet) -> np.ndarray:
    """Mean squared difference `[N]` of each image and the nearest of the others."""
    flat = images.reshape(len(images), -1)
    rows, least = np.zeros(len(flat), int), np.full(len(flat), np.inf)
    for first in range(0, len(others), _AT_ONCE):
        part = np.arange(first, min(first + _AT_ONCE, len(others)))
        rest = others.images(part).reshape(len(part), -1)
        # Up to a term that is the same for all others.
        distance = np.square(rest).sum(axis=1) - 2 * flat @ rest.T
        nearer = distance.min(axis=1) < least
        rows[nearer] = first + distance.argmin(axis=1)[nearer]
        least = np.minimum(least, distance.min(axis=1))
    return np.square(flat - others.images(rows).reshape(flat.shape)).mean(axis=1)


def of_set(dataset: str) -> dict:
    """The row of an embedded set, split as a run splits it by default."""
    training, validation = (
        data.load(dataset, split, validation=Params().validation)
        for split in ("train", "validation")
    )
    looked_at = validation.evenly_spaced(_MOST_LOOKED_AT)
    distances = nearest(validation.images(looked_at), training)
    return {
        "dataset": dataset,
        "training": len(training),
        "validation": len(validation),
        "looked_at": len(looked_at),
        "identical": int(np.sum(distances == 0)),
        "median": f"{np.median(distances):.3g}",
        "tenth": f"{np.percentile(distances, 10):.3g}",
    }


def table() -> str:
    """The embedded sets as Markdown."""
    lines = [
        "| data set | training images | validation images | compared "
        "| identical to a training image | distance, median | 10 % are below |",
        f"|{' --- |' * len(COLUMNS)}",
    ]
    for row in read_rows(ROWS):
        counts = [f"{int(row[name]):,}" for name in COLUMNS[1:5]]
        cells = [f"`{row['dataset']}`", *counts, row["median"], row["tenth"]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def interval(values: np.ndarray) -> str:
    """Mean of values `[N]`, per cent, with its 95 % interval over resamples of the N."""
    draws = np.random.default_rng(0).integers(len(values), size=(_NUM_RESAMPLES, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), (2.5, 97.5))
    return f"{100 * values.mean():.0f} ({100 * low:.0f} to {100 * high:.0f})"


def everything(images: data.ImageSet) -> np.ndarray:
    """All images of a split."""
    return images.images(np.arange(len(images)))


def of_run(run: Run) -> list[dict]:
    """The row of a run, and for emoji a second row for the split by family."""
    images = everything(run.validation_data)
    errors = np.square(run.model.reconstruct(images) - images).mean(axis=(1, 2, 3))
    splits = {run.params.dataset: (run.data, images)}
    if run.params.dataset == "emoji":
        training, validation = (
            data.load(
                "emoji_by_family",
                split,
                run.params.image_size,
                channels=run.params.channels,
                validation=run.params.validation,
            )
            for split in ("train", "validation")
        )
        splits["emoji_by_family"] = (training, everything(validation))
    rows = []
    for dataset, (training, validation) in splits.items():
        distances = nearest(validation, training)
        row = {"run": run.name, "dataset": dataset}
        row |= {"training": len(training), "validation": len(validation)}
        row |= {"median": f"{np.median(distances):.4f}"}
        row |= {"tenth": f"{np.percentile(distances, 10):.4f}"}
        row |= {"average": interval(distances < errors.mean())}
        rows.append(row | ({"own": interval(distances < errors)} if validation is images else {}))
    return rows


def table_of_runs() -> str:
    """The runs as Markdown."""
    lines = [f"| {' | '.join(_HEADS.values())} |", f"|{' --- |' * len(_HEADS)}"]
    for row in read_rows(RUN_ROWS):
        counts = [f"{int(row[name]):,}" for name in ("training", "validation")]
        cells = [f"`{row['run']}`", f"`{row['dataset']}`", *counts]
        cells += [row[name] for name in ("median", "tenth", "average", "own")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    """Measures the sets that are missing, or the runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", action="store_true", help=f"measure {' and '.join(RUNS)}")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    if options.runs:
        rows = [row for name in RUNS for row in of_run(Run(options.predictions / name))]
        write_rows(RUN_ROWS, tuple(_HEADS), rows)
        return
    done = {row["dataset"] for row in read_rows(ROWS)}
    for dataset in EMBEDDED:
        if dataset not in done:
            add_rows(ROWS, COLUMNS, [of_set(dataset)])


if __name__ == "__main__":
    main()
