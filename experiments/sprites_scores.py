"""Disentanglement of the sprites' presets, up to five seeds each.

    python study.py sprites-scores --predictions predictions-study    trains the runs, restartable
    python experiments/sprites_scores.py                               scores runs that are done

The scores have the published numbers of points. Rows are kept in experiments/sprites_scores.csv.
`python experiments/tables.py` makes the table.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from done_runs import keep_done  # noqa: E402
from page_tables import sprites_table  # noqa: E402

from vae_tf import metrics, presets  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
STUDY = "sprites-scores"
# Title of a column -> score, and its value.
SCORES = {
    "beta-VAE score": ("beta_vae", "beta_vae_eval"),
    "FactorVAE": ("factor_vae", "factor_vae_eval"),
    "MIG": ("mig", "mig"),
    "active units": ("active_units", "active_units"),
}
TERMS = {"reconstruction": "val_reconstruction", "KL": "val_kl"}


def scores_of(representation) -> dict[str, float]:
    """Scores of codes by the titles of their columns."""
    left_out = set(metrics.SCORES) - {name for name, _ in SCORES.values()}
    entries = dict(metrics.score_suite(representation, done=left_out, progress=False))
    return {title: entries[name]["values"][value] for title, (name, value) in SCORES.items()}


def scored(run) -> dict[str, str]:
    """Scores and validation terms of a run."""
    values = scores_of(metrics.Representation(run.model.encode, run.data))
    values |= {title: run.history[column][-1] for title, column in TERMS.items()}
    return {title: f"{value:.4f}" for title, value in values.items()}


def main():
    """Scores the runs that are done and prints the table."""
    folders = {
        (point.values["base"], str(point.params.seed)): f"{STUDY}/{point.name}"
        for point in presets.studies()[STUDY].points()
    }
    keep_done(ROWS, ("model", "seed"), folders, scored, f"python study.py {STUDY}")
    print(sprites_table())


if __name__ == "__main__":
    main()
