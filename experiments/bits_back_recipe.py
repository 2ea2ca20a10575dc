"""Likelihoods and networks for the compression of grey MNIST.

    python study.py bits-back-recipe --predictions predictions-study    trains the runs, restartable
    python experiments/bits_back_recipe.py                               reads runs that are done

Rows are kept in experiments/bits_back_recipe.csv. `python experiments/tables.py` makes the table.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from csv_rows import read_rows  # noqa: E402
from done_runs import keep_done  # noqa: E402
from page_tables import markdown  # noqa: E402

from vae_tf import presets  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
STUDY = "bits-back-recipe"
_PIXELS = 28 * 28
_ACTIVATIONS = {"tanh": "tanh", "relu": "ReLU"}


def negative_elbo(run: Run) -> dict[str, str]:
    """-ELBO of the validation images at the end, in bits per pixel."""
    return {"bits_per_pixel": f"{-run.history['val_elbo'][-1] / _PIXELS / np.log(2):.4f}"}


def table() -> str:
    """Settings and -ELBO of each run, as Markdown."""
    settings = {point.name: point.params for point in presets.studies()[STUDY].points()}
    lines = []
    for row in read_rows(ROWS):
        params = settings[row["run"]]
        units = " and ".join(str(size) for (size,) in params.encoder)
        weight = params.kl_weight
        # A constant weight is a schedule, too.
        weight = f"{weight.value:g}" if hasattr(weight, "value") else f"`{weight}`"
        network = f"{units} units, {_ACTIVATIONS[params.activation]}"
        bits = f"{float(row['bits_per_pixel']):.3f}"
        lines.append([f"`{params.likelihood}`", network, weight, bits])
    return markdown(["likelihood", "network, activation", "KL weight", "-ELBO"], lines)


def main():
    """Reads the runs that are done and prints the table."""
    folders = {
        (point.name,): f"{STUDY}/{point.name}" for point in presets.studies()[STUDY].points()
    }
    keep_done(ROWS, ("run",), folders, negative_elbo, f"python study.py {STUDY}")
    print(table())


if __name__ == "__main__":
    main()
