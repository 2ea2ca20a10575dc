"""Remedies for a collapsed posterior, side by side: the table and the picture of RESULTS.md.

    python study.py collapse --metrics fast     trains and scores the runs, restartable
    python experiments/collapse.py              from the runs that are done

The runs are the study "collapse" of vae_tf/presets/studies.py, in predictions/collapse; the numbers
of each are kept in experiments/collapse.json. Those that cannot be had of a run stay empty. The
same runs from Glorot's weights and output biases of 0, by an older version of the package, are in
experiments/collapse_glorot.json.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import page_tables  # noqa: E402
from done_runs import done_run  # noqa: E402

import params as presets  # noqa: E402
from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.results.score_records import RECORD, load_record, values_of  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

RESULTS = Path(__file__).with_suffix(".json")
PICTURE = ROOT / "images" / "gallery" / "collapse.png"
NUM_IMAGES = 1_000  # of the validation images, for the MSE


def measured(run: Run) -> dict[str, float]:
    """The numbers of a finished run, those that can be had."""
    record = load_record(run.path / RECORD)
    scores = values_of(record) if record else {}
    rows = np.linspace(0, len(run.validation_data) - 1, NUM_IMAGES).astype(int)
    x = run.validation_data.images(rows)
    values = {
        "KL": run.history["val_kl"][-1],
        "ELBO": run.history["val_elbo"][-1],
        "information": scores.get("index_code_mutual_information"),
        "active units": scores.get("active_units"),
        "MSE": np.square(run.model.reconstruct(x) - x).mean(),
        "log-likelihood": scores.get("log_likelihood"),
        "effective samples": scores.get("effective_samples"),
    }
    return {name: float(v) for name, v in values.items() if v is not None and np.isfinite(v)}


def picture():
    """KL and mean squared error of every run: a line a remedy, older runs as rings."""
    rows, older = map(page_tables.by_remedy, ("collapse", "collapse_glorot"))
    line, names, across, panel = 24, 210, 60, 300
    page = Page(
        names + 2 * (panel + across),
        line * len(rows) + 70,
        "Remedies for a collapsed posterior, on MNIST",
        (
            "A dot is a seed after 1,500 steps from today's start; a ring is a seed from Glorot's "
            "weights with biases of 0.",
            "Orange: learning rate 0.005; blue: 0.002.",
        ),
    )
    top = page.top + 20
    for index, (column, unit) in enumerate((("KL", "nats per image"), ("MSE", "a pixel"))):
        left = MARGIN + names + index * (panel + across)
        axes = page.chart(left, top, panel, line * len(rows), title=column, xlabel=unit, ylabel="")
        for place, (name, seeds) in enumerate(rows.items()):
            color = ORANGE if name.endswith("0.005") else BLUE
            for found, fill, above in ((older[name], "none", -0.15), (seeds, color, 0.15)):
                values = [each[column] for each in found if column in each]
                axes.plot(
                    values, [place + above] * len(values), "o", color=color, markersize=6,
                    markerfacecolor=fill, alpha=0.8,
                )  # fmt: skip
            axes.axhline(place, color=FAINT, linewidth=0.3, zorder=0)
            if index == 0:
                page.text(
                    left - 14, top + (place + 0.5) * line, name, size=13, ha="right", va="center"
                )
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks([])
        if column == "KL":  # a hundred nats beside a thousandth
            axes.set_xscale("symlog", linthresh=1.0)
            axes.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
            axes.set_xlim(-0.2, 300)
        else:
            axes.set_xlim(left=0)
        axes.tick_params(labelsize=points(12), colors=INK)
    return page.figure


def main():
    """Keeps the numbers of runs that are done, prints the table and draws the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results: dict[str, dict] = {}
    for point in presets.STUDIES["collapse"].points():
        if run := done_run(options.predictions / "collapse" / point.name):
            results[point.name] = measured(run)
        elif point.name in kept:
            results[point.name] = kept[point.name]
    if not results:
        sys.exit("No run is done. Train them: python study.py collapse --metrics fast")
    write_text(RESULTS, json.dumps(results, indent=1) + "\n")
    save_figure(PICTURE, picture())
    print(page_tables.collapse())


if __name__ == "__main__":
    main()
