"""MNIST from 100 labels: the tables of docs/results/few_labels.md and their picture.

    python study.py few-labels --predictions predictions-study
    python study.py few-labels-recipe --predictions predictions-study
    python experiments/few_labels.py   from the runs, as far as they are

Settings are chosen by the validation error; the test error is next to it and chooses nothing. The
test images have drawn black and white pixels; the grey test images, which the authors' code reads,
are classified at the end of a run. Curves are written to experiments/few_labels.json, the picture
to images/gallery/few_labels.png.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from page_tables import markdown  # noqa: E402
from published_numbers import published_texts  # noqa: E402

from vae_tf import data, presets  # noqa: E402
from vae_tf.plots.page import BLUE, CLASSES, FAINT, ORANGE, SKY  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.runs.loading import load_run  # noqa: E402

CURVES = Path(__file__).with_suffix(".json")
PUBLISHED = published_texts("few_labels")  # test errors with 100 labels, percent
_BEFORE = "-before"  # behind a model: trained by an older recipe
# Run of the study few-labels-recipe -> its settings.
RECIPE = {
    "weight-1": "KL weight 1, learning rate 0.001, batches of 200",
    "weights-of-the-authors": "the same, and the weights of the authors' loss",
    "weight-from-4": "KL weight from 4 to 1, learning rate 0.001, batches of 200",
    "batches-of-100": "KL weight from 4 to 1, learning rate 0.001, batches of 100",
    "rate-0.003": "KL weight from 4 to 1, learning rate 0.003, batches of 100",
    "glorot": "the same, from Glorot's weights and output biases of 0",
}
_IMAGES = 50_000  # for training, of MNIST's 60,000


def curve(run: Run) -> dict[str, list[float]]:
    """Errors of a run in percent, a value for each validation."""
    log = run.history
    seen = np.isfinite(log["test_error"])
    values = {
        "step": log["step"][seen].astype(int).tolist(),
        "epoch": (log["step"][seen] * run.params.batch_size / _IMAGES).round(2).tolist(),
    }
    for name in ("val_error", "test_error"):
        values[name] = (100 * log[name][seen].astype(float)).round(2).tolist()
    return values


def grey_error(folder: Path) -> float:
    """Percent of the grey test images that a trained run classifies wrongly."""
    images = data.load("mnist", split="test")
    model = load_run(folder).model
    parts = np.array_split(np.arange(len(images)), 20)
    wrong = [model.classify(images.images(at)).argmax(1) != images.labels[at] for at in parts]
    return round(100 * float(np.concatenate(wrong).mean()), 2)


def curves_of(predictions: Path) -> dict[str, dict]:
    """The curves that are kept, and the curves of all runs that are done."""
    curves = json.loads(CURVES.read_text()) if CURVES.exists() else {}
    for study in ("few-labels", "few-labels-recipe"):
        for point in presets.studies()[study].points():
            folder = predictions / study / point.name
            if not (folder / "log.csv").exists():
                continue
            found = curve(Run(folder))
            if found["step"] and found["step"][-1] == point.params.steps:
                grey = {} if point.name in RECIPE else {"grey_test_error": grey_error(folder)}
                curves[point.name] = found | grey
    return curves


def table(curves: dict[str, dict]) -> str:
    """Errors at the end of the long runs, as Markdown."""
    heads = ["run", "epochs", "validation error, %", "test error, %", "grey test images, %"]
    lines = []
    for name, values in curves.items():
        if name in RECIPE:
            continue
        ends = [f"{values[key][-1]:.1f}" for key in ("val_error", "test_error")]
        grey = f"{values['grey_test_error']:.1f}" if "grey_test_error" in values else ""
        published = PUBLISHED.get(name.removesuffix(_BEFORE), "")
        lines.append([f"`{name}`", f"{values['epoch'][-1]:.0f}", *ends, grey, published])
    return markdown([*heads, "published, %"], lines)


def table_of_recipe(curves: dict[str, dict]) -> str:
    """The errors of SDGM after ten epochs, as Markdown."""
    lines = [
        [
            f"`{name}`",
            change,
            *(f"{curves[name][key][-1]:.1f}" for key in ("val_error", "test_error")),
        ]
        for name, change in RECIPE.items()
        if name in curves
    ]
    return markdown(["run", "settings", "validation error, %", "test error, %"], lines)


_COLORS = {"M1": SKY, "M1-M2": ORANGE, "SDGM": CLASSES[3], "ADGM": CLASSES[5]}


def picture(curves: dict[str, dict]) -> Figure:
    """Validation error against epochs: the long runs, and the recipe of SDGM."""
    figure = Figure((11, 4.6), layout="constrained")
    runs, recipe = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    for name, values in curves.items():
        if name in RECIPE:
            continue
        color = _COLORS[name.removesuffix(_BEFORE)]
        line = "--" if name.endswith(_BEFORE) else "-"
        runs.plot(values["epoch"], values["val_error"], color=color, linestyle=line, label=name)
    colors = [BLUE, CLASSES[7], SKY, CLASSES[2], CLASSES[5], CLASSES[3]]
    for name, color in zip(RECIPE, colors, strict=True):
        if name in curves:
            recipe.plot(curves[name]["epoch"], curves[name]["val_error"], color=color, label=name)
    runs.set_xscale("log")
    epochs = [2, 5, 10, 20, 50, 100, 200]
    runs.set_xticks(epochs, map(str, epochs))
    runs.set_xticks([], minor=True)
    runs.set_title("MNIST, 100 labels, seed 0")
    runs.set_ylabel("validation error, %")
    recipe.set_title("SDGM, ten epochs")
    for axes in (runs, recipe):
        _finish(axes)
    return figure


def _finish(axes: Axes):
    axes.legend(frameon=False)
    axes.set_yscale("log")
    ticks = [2, 3, 5, 10, 20, 30]
    axes.set_yticks(ticks, map(str, ticks))
    axes.set_yticks([], minor=True)
    axes.grid(axis="y", color=FAINT, linewidth=0.3)
    axes.set_xlabel("epochs of the 50,000 images")
    axes.spines[["top", "right"]].set_visible(False)


def main():
    """Prints the tables, writes the curves and draws the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    options = parser.parse_args()
    curves = curves_of(options.predictions)
    if not curves:
        sys.exit(
            "No run is done. Train them: python study.py few-labels --predictions predictions-study"
        )
    write_text(CURVES, json.dumps(curves) + "\n")
    save_figure(ROOT / "images" / "gallery" / "few_labels.png", picture(curves))
    print(table(curves), table_of_recipe(curves), sep="\n\n")


if __name__ == "__main__":
    main()
