"""Likelihoods and networks for the compression of grey MNIST.

    python study.py bits-back-recipe --predictions predictions-study    trains the runs, restartable
    python experiments/bits_back_recipe.py                               reads runs that are done

Rows are kept in experiments/bits_back_recipe.csv. `python experiments/tables.py` makes the table.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import read_rows  # noqa: E402
from done_runs import keep_done  # noqa: E402
from page_tables import markdown  # noqa: E402

from vae_tf import presets  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.schedules import constant  # noqa: E402
from vae_tf.scores import bits_per_dimension  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
STUDY = "bits-back-recipe"
_ACTIVATIONS = {"tanh": "tanh", "relu": "ReLU"}


def negative_elbo(run: Run) -> dict[str, str]:
    """-ELBO of the validation images at the end, in bits per pixel."""
    elbo = run.history["val_elbo"][-1:]
    return {"bits_per_pixel": f"{bits_per_dimension(elbo, run.model.image_shape):.4f}"}


def table() -> str:
    """Settings and -ELBO of each run, as Markdown."""
    settings = {point.name: point.params for point in presets.studies()[STUDY].points()}
    lines = []
    for row in read_rows(ROWS):
        params = settings[row["run"]]
        units = " and ".join(str(size) for (size,) in params.encoder)
        weight = params.kl_weight
        shown = f"{weight.value:g}" if isinstance(weight, constant) else f"`{weight}`"
        network = f"{units} units, {_ACTIVATIONS[params.activation]}"
        bits = f"{float(row['bits_per_pixel']):.3f}"
        lines.append([f"`{params.likelihood}`", network, shown, bits])
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
