"""Siblings in training and the emoji's validation error: `python experiments/emoji_split.py`.

    python experiments/emoji_split.py --steps 1000    trains and measures what is missing

The preset `emoji-VAE` with images of 32x32 pixels and fewer steps, on `emoji` and on
`emoji_by_family`, for each seed. The two have other validation images. So each run also gives its
error on validation images with a sibling in training, and on those without one. Runs are kept in
predictions/emoji-split/ and resumed, rows in experiments/emoji_split.csv; `python
experiments/tables.py` makes the table.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402
from csv_rows import add_rows, read_rows  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf import data  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.data.emoji import load_by_family  # noqa: E402
from vae_tf.presets.emoji import unclipped  # noqa: E402
from vae_tf.runs import PARAMS  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
PREDICTIONS = ROOT / "predictions" / "emoji-split"
SIDE = 32  # pixels; the preset has 64
SETS = ("emoji", "emoji_by_family")
COLUMNS = (
    *("dataset", "seed", "steps", "images", "num_images"),
    *("reconstruction", "kl", "error", "cpu_seconds"),
)


def with_sibling(training: np.ndarray, validation: np.ndarray) -> np.ndarray:
    """Whether each validation image `[N, H, W, 3]` has one of its family in training, `[N]`."""
    emoji = load_by_family(SIDE, 3)
    everything = data.load("emoji", "all", SIDE).images(np.arange(len(emoji.groups)))
    family = {image.tobytes(): group for image, group in zip(everything, emoji.groups, strict=True)}
    seen = {family[image.tobytes()] for image in training}
    return np.array([family[image.tobytes()] in seen for image in validation])


def measured(dataset: str, seed: int, steps: int) -> list[dict]:
    """Rows of a run: training images, validation images, and these with and without a sibling."""
    from training_error import terms

    often = dict.fromkeys(("validate_every", "sample_every", "checkpoint_every"), steps)
    params = replace(
        unclipped(presets.RUNS["emoji-VAE"]),
        dataset=dataset,
        image_size=SIDE,
        seed=seed,
        steps=steps,
        sample_steps=(),
        **often,
    )
    start = time.process_time()
    folder = PREDICTIONS / f"{dataset}-{seed}-{steps}"
    run = vae_tf.train(params, folder, resume=(folder / PARAMS).exists())
    seconds = time.process_time() - start
    training, validation = (
        each.images(np.arange(len(each))) for each in (run.data, run.validation_data)
    )
    seen, unseen = terms(run, run.data), terms(run, run.validation_data)
    sibling = with_sibling(training, validation)
    parts = {
        "training": seen,
        "validation": unseen,
        "validation, a sibling in training": unseen[sibling],
        "validation, no sibling in training": unseen[~sibling],
    }
    rows = []
    for name, found in parts.items():
        if len(found):
            error = found.sum(axis=1).std(ddof=1) / len(found) ** 0.5
            rows.append(
                {"dataset": dataset, "seed": str(seed), "steps": steps, "images": name}
                | {"num_images": len(found), "error": f"{error:.2f}"}
                | {"reconstruction": f"{found[:, 0].mean():.2f}", "kl": f"{found[:, 1].mean():.2f}"}
                | {"cpu_seconds": f"{seconds:.0f}"}
            )
    return rows


def table() -> str:
    """The table as Markdown: -ELBO in nats per image, ± a standard error over images."""
    rows = read_rows(ROWS)
    names = list(dict.fromkeys(row["images"] for row in rows))
    lines = [
        f"| trained on | seed | steps | {' | '.join(names)} |",
        f"|{' --- |' * (3 + len(names))}",
    ]
    runs: dict[tuple, dict[str, dict]] = {}
    for row in rows:
        runs.setdefault((row["dataset"], row["seed"], row["steps"]), {})[row["images"]] = row
    for (dataset, seed, steps), parts in runs.items():
        cells = [_cell(parts.get(name)) for name in names]
        lines.append(f"| `{dataset}` | {seed} | {int(steps):,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: dict | None) -> str:
    if row is None:
        return "none"
    nats = float(row["reconstruction"]) + float(row["kl"])
    return f"{nats:.0f} ± {float(row['error']):.0f} ({int(row['num_images']):,})"


def main():
    """Trains and measures what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    done = {(row["dataset"], row["seed"], row["steps"]) for row in read_rows(ROWS)}
    for seed in range(options.seeds):
        for dataset in SETS:
            if (dataset, str(seed), str(options.steps)) in done:
                continue
            add_rows(ROWS, COLUMNS, measured(dataset, seed, options.steps))
    print(table())


if __name__ == "__main__":
    main()
