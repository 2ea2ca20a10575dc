r"""The emoji presets: twice the rate with clipped gradients, beside the runs in predictions/.

    python train.py emoji-VAE emoji-10-Beta-VAE emoji-100-Beta-VAE \
        --predictions predictions-study/emoji
    python experiments/emoji_clipped.py      adds runs that are done

The runs in predictions/ have half of the rate and no clipping. The validation terms at the end of
each run are kept in experiments/emoji_clipped.csv. `python experiments/tables.py` makes the table.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import read_rows  # noqa: E402
from done_runs import keep_done  # noqa: E402
from page_tables import SUMMARY, markdown  # noqa: E402

from vae_tf import presets  # noqa: E402
from vae_tf.presets.emoji import CLIPPED  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
TERMS = ("val_reconstruction", "val_kl", "val_loss")
RUNS = [
    name
    for name, run in presets.runs().items()
    if run.dataset == "emoji" and run.optimizer == CLIPPED
]


def row_of(run) -> dict[str, str]:
    """Steps and validation terms of a run at its end."""
    terms = {term: f"{run.history[term][-1]:.3f}" for term in TERMS}
    return {"steps": str(run.details["step"]), **terms}


def table() -> str:
    """Terms at the end of both kinds of runs, as Markdown."""
    before = {row["run"]: row for row in read_rows(SUMMARY)}
    lines = []
    for row in read_rows(ROWS):
        old = before[row["run"]]
        terms = [
            f"{float(each['val_reconstruction']):.1f} + {float(each['val_kl']):.2f}"
            for each in (old, row)
        ]
        change = float(row["val_loss"]) - float(old["val_loss"])
        lines.append([f"`{row['run']}`", *terms, f"{change:+.1f}"])
    return markdown(["run", "rate 0.001", "rate 0.002, clipped", "difference of loss"], lines)


def main():
    """Keeps the runs that are done and prints the table."""
    folders = {(name,): f"emoji/{name}" for name in RUNS}
    train = f"python train.py {' '.join(RUNS)} --predictions predictions-study/emoji"
    keep_done(ROWS, ("run",), folders, row_of, train)
    print(table())


if __name__ == "__main__":
    main()
