"""Adam against Muon for each model on the sprites, in about equal CPU seconds.

    python study.py optimizers --predictions predictions-study    trains the runs, restartable
    python experiments/optimizers.py                               adds runs that are done

The validation terms at the end of each run are kept in experiments/optimizers.csv. The loss is the
model's own, which may have a constant offset. `python experiments/tables.py` makes the table.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import read_rows, write_rows  # noqa: E402
from done_runs import done_run  # noqa: E402
from page_tables import markdown  # noqa: E402

from vae_tf import presets  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
COLUMNS = ("model", "optimizer", "steps", "loss", "reconstruction", "kl")
STUDY = "optimizers"


def add_done(predictions: Path) -> list[dict]:
    """The rows that are kept, and rows of runs that are done since."""
    kept = {(row["model"], row["optimizer"]): row for row in read_rows(ROWS)}
    rows = []
    for point in presets.studies()[STUDY].points():
        model, _, optimizer = point.name.rpartition("-")
        if (model, optimizer) in kept:
            rows.append(kept[model, optimizer])
        elif run := done_run(predictions / STUDY / point.name):
            log = run.history
            values = [log[f"val_{name}"][-1] for name in COLUMNS[3:]]
            cells = (model, optimizer, run.details["step"], *(f"{v:.3f}" for v in values))
            rows.append(dict(zip(COLUMNS, cells, strict=True)))
    return rows


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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    rows = add_done(parser.parse_args().predictions)
    if not rows:
        sys.exit(f"No run is done. Train them: python study.py {STUDY}")
    write_rows(ROWS, COLUMNS, rows)
    print(table())


if __name__ == "__main__":
    main()
