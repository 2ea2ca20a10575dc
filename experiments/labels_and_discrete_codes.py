"""Models with given labels and with a codebook: `python experiments/labels_and_discrete_codes.py`.

Trains the runs of `RUNS`, or those whose names are given, and writes the terms of their last
validation, averages over all validation images, to experiments/labels_and_discrete_codes.csv. Runs
are kept in predictions/; a run that was stopped resumes. `python experiments/tables.py` makes the
table.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from csv_rows import add_rows, read_rows  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf.presets.sprites import by_adam  # noqa: E402
from vae_tf.runs import PARAMS  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
RUNS = (
    *("digits-VAE", "digits-conditional-VAE", "digits-QLAE"),
    *("sprites-VAE", "sprites-conditional-VAE", "sprites-QLAE"),
)
TERMS = {"val_reconstruction": "reconstruction", "val_kl": "KL"}


def measured(name: str, predictions: Path) -> dict:
    """Trains a run, or resumes it, and returns its row."""
    folder = predictions / name
    run = vae_tf.train(by_adam(presets.RUNS[name]), folder, resume=(folder / PARAMS).exists())
    last = {term: f"{run.history[term][-1]:.3f}" for term in TERMS}
    return {"run": name, "steps": run.params.steps} | last


def table() -> str:
    """The rows as Markdown, in the order of `RUNS`."""
    rows = {row["run"]: row for row in read_rows(ROWS)}
    lines = [f"| run | steps | {' | '.join(TERMS.values())} |", "| --- " * 4 + "|"]
    for name in filter(rows.get, RUNS):
        terms = " | ".join(f"{float(rows[name][term]):.1f}" for term in TERMS)
        lines.append(f"| `{name}` | {int(rows[name]['steps']):,} | {terms} |")
    return "\n".join(lines)


def main():
    """Trains and measures the runs that have no row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"some of {', '.join(RUNS)}")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    done = {row["run"] for row in read_rows(ROWS)}
    for name in options.runs or RUNS:
        if name not in done:
            add_rows(ROWS, ("run", "steps", *TERMS), [measured(name, options.predictions)])


if __name__ == "__main__":
    main()
