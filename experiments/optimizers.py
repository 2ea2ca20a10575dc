"""Adam against Muon for each model on the sprites, in about equal CPU seconds.

    python study.py optimizers --predictions predictions-study    trains the runs, restartable
    python experiments/optimizers.py                               adds runs that are done

The validation terms at the end of each run are kept in experiments/optimizers.csv. The loss is the
model's own, which may have a constant offset. `python experiments/tables.py` makes the table.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import read_rows  # noqa: E402
from done_runs import keep_done  # noqa: E402
from page_tables import markdown  # noqa: E402

from vae_tf import presets  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
TERMS = ("loss", "reconstruction", "kl")
STUDY = "optimizers"


def row_of(run) -> dict[str, str]:
    """Steps and validation terms of a run at its end."""
    terms = {name: f"{run.history[f'val_{name}'][-1]:.3f}" for name in TERMS}
    return {"steps": str(run.details["step"]), **terms}


def table() -> str:
    """Loss of each model at the end by both optimizers, as Markdown."""
    losses = {(row["model"], row["optimizer"]): float(row["loss"]) for row in read_rows(ROWS)}
    lines = []
    for model in dict.fromkeys(model for model, _ in losses):
        both = [losses.get((model, optimizer)) for optimizer in ("adam", "muon")]
        if None not in both:
            adam, muon = both
            lines.append(
                [f"`sprites-{model}`", f"{adam:.1f}", f"{muon:.1f}", f"{muon - adam:+.1f}"]
            )
    return markdown(["preset", "Adam, 750 steps", "Muon, 600 steps", "difference"], lines)


def main():
    """Keeps the runs that are done and prints the table."""
    names = [point.name for point in presets.studies()[STUDY].points()]
    folders = {tuple(name.rsplit("-", 1)): f"{STUDY}/{name}" for name in names}
    keep_done(ROWS, ("model", "optimizer"), folders, row_of, f"python study.py {STUDY}")
    print(table())


if __name__ == "__main__":
    main()
