"""MNIST from 100 labels: M2 with five seeds, with a KL weight that begins at 4 or at 2.

    python study.py few-labels-seeds --predictions predictions-study
    python experiments/few_labels_seeds.py      adds runs that are done

Errors at the end of each run are kept in experiments/few_labels_seeds.csv. `python
experiments/tables.py` makes the table.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import read_rows  # noqa: E402
from done_runs import keep_done  # noqa: E402
from page_tables import markdown, spread  # noqa: E402
from published_numbers import published_texts  # noqa: E402

from vae_tf import presets  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
STUDY = "few-labels-seeds"
SPLITS = {"val_error": "validation error, %", "test_error": "test error, %"}


def row_of(run) -> dict[str, str]:
    """Steps and errors of a run at its end, percent."""
    errors = {split: f"{100 * run.history[split][-1]:.2f}" for split in SPLITS}
    return {"steps": str(run.details["step"]), **errors}


def errors_of(model: str, split: str = "test_error") -> dict[int, float]:
    """Seed -> error, percent."""
    return {int(row["seed"]): float(row[split]) for row in read_rows(ROWS) if row["model"] == model}


def table() -> str:
    """The errors of each seed, and their mean and standard deviation, as Markdown."""
    rows = read_rows(ROWS)
    seeds = sorted({int(row["seed"]) for row in rows})
    heads = ["model", "error", *(f"seed {seed}" for seed in seeds), "mean", "published"]
    lines = []
    for model in dict.fromkeys(row["model"] for row in rows):
        for split, head in SPLITS.items():
            errors = errors_of(model, split)
            cells = [f"{errors[seed]:.1f}" if seed in errors else "" for seed in seeds]
            published = published_texts("few_labels")["M2"] if split == "test_error" else ""
            lines.append([f"`{model}`", head, *cells, spread(list(errors.values()), 1), published])
    return markdown(heads, lines)


def main():
    """Keeps the runs that are done and prints the table."""
    folders = {
        (point.values["base"], str(point.params.seed)): f"{STUDY}/{point.name}"
        for point in presets.studies()[STUDY].points()
    }
    train = f"python study.py {STUDY} --predictions predictions-study"
    keep_done(ROWS, ("model", "seed"), folders, row_of, train)
    print(table())


if __name__ == "__main__":
    main()
