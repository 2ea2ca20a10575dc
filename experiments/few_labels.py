"""MNIST from 100 labels: the table and the picture of RESULTS.md.

    python study.py few-labels         trains the runs, restartable
    python train.py MNIST-M1-M2        then MNIST-M1-M2-tuned, which begins with its weights
    python experiments/few_labels.py   from the runs, as far as they are

The runs are from the study "few-labels" (vae_tf/presets/studies.py), where they are not trained
by themselves as `MNIST-...`, and the one that carries another on, whose epochs count from where
that ended. Settings are chosen by the validation error; the test error is next to it and chooses
nothing. Curves are written to experiments/few_labels.json, the picture to
images/gallery/few_labels.png.
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
from published_numbers import published_texts  # noqa: E402

import params as presets  # noqa: E402
from vae_tf.plots.page import BLUE, CLASSES, FAINT, ORANGE, SKY  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

CURVES = Path(__file__).with_suffix(".json")
PUBLISHED = published_texts("few_labels")  # test errors with 100 labels, percent
CARRIED_ON = {"M1-M2-tuned": "M1-M2"}
# A trick, and the runs with and without it, alike otherwise.
TRICKS = {
    "KL weight from 2 to 1, classifier waits": ("M2", "M2-plain"),
    "classifier waits": ("M2", "M2-no-wait"),
    "KL weight from 2": ("M2-no-wait", "M2-plain"),
    "KL weight from 1.8 down": ("SDGM-plain", "SDGM-level"),
    "gradients clipped": ("SDGM-plain", "SDGM-unclipped"),
    "batch normalization, SDGM": ("SDGM-constant-rate", "SDGM-plain"),
    "batch normalization, ADGM": ("ADGM", "ADGM-plain"),
    "a falling learning rate": ("SDGM", "SDGM-constant-rate"),
}
# Ten epochs, for that alone.
_SHORT = ("M2-no-wait", "SDGM-level", "SDGM-unclipped", "SDGM-constant-rate", "ADGM-plain")
_SEED = "-seed-"  # between the name of a run and its seed, where it differs from 0
_COLORS = {
    "M2": BLUE, "M1": SKY, "M1-M2": ORANGE, "SDGM": CLASSES[3], "ADGM": CLASSES[5],
    "SDGM-plain": CLASSES[7], "M2-long": CLASSES[1], "M2-falling": CLASSES[2],
    "M1-M2-long": ORANGE, "SDGM-long": CLASSES[3], "ADGM-long": CLASSES[5],
}  # fmt: skip
# How the runs without a trick are drawn: in whose color, by which line.
_WITHOUT = {
    "M2-plain": ("M2", "--"), "M2-no-wait": ("M2", ":"), "SDGM-level": ("SDGM-plain", "--"),
    "SDGM-unclipped": ("SDGM-plain", ":"), "SDGM-constant-rate": ("SDGM", "--"),
    "ADGM-plain": ("ADGM", "--"),
}  # fmt: skip
_IMAGES = 50_000  # for training, of MNIST's 60,000


def base_of(name: str) -> str:
    """The run that a run of another seed repeats, or that it carries on."""
    return CARRIED_ON.get(name, name).split(_SEED)[0]


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


def curves_of(predictions: Path) -> dict[str, dict]:
    """The curves that are kept, and the curves of all runs that have begun."""
    curves = json.loads(CURVES.read_text()) if CURVES.exists() else {}
    for name in [*(point.name for point in presets.STUDIES["few-labels"].points()), *CARRIED_ON]:
        folders = predictions / f"MNIST-{name}", predictions / "few-labels" / name
        trained = [curve(Run(each)) for each in folders if (each / "log.csv").exists()]
        if not trained or not trained[0]["step"]:
            continue
        curves[name] = trained[0]
        if (first := CARRIED_ON.get(name)) in curves:
            before = curves[first]["epoch"][-1]
            curves[name]["epoch"] = [round(before + epoch, 2) for epoch in curves[name]["epoch"]]
    return curves


def table(curves: dict[str, dict]) -> str:
    """The table as Markdown."""
    lines = [
        "| run | epochs | validation error, % | test error, % | published, % |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, values in curves.items():
        if name in _SHORT:
            continue
        cells = [f"{values[key][-1]:.1f}" for key in ("epoch", "val_error", "test_error")]
        published = PUBLISHED.get(base_of(name).removesuffix("-long").removesuffix("-falling"), "")
        lines.append(f"| `{name}` | {' | '.join(cells)} | {published} |")
    return "\n".join(lines)


def compared(curves: dict[str, dict]) -> dict[str, int]:
    """The tricks of which both runs are there, and the last step that both have."""
    return {
        trick: min(curves[name]["step"][-1] for name in pair)
        for trick, pair in TRICKS.items()
        if set(pair) <= curves.keys()
    }


def table_of_tricks(curves: dict[str, dict]) -> str:
    """Runs with and without each trick, after as many epochs, as Markdown."""
    lines = [
        "| trick | with, without | epochs | validation error, % | test error, % |",
        "| --- | --- | --- | --- | --- |",
    ]
    for trick, step in compared(curves).items():
        runs = [curves[name] for name in TRICKS[trick]]
        epoch, *errors = (
            [run[column][run["step"].index(step)] for run in runs]
            for column in ("epoch", "val_error", "test_error")
        )
        cells = ["{:.1f}, {:.1f}".format(*both) for both in errors]
        names = "`, `".join(TRICKS[trick])
        lines.append(f"| {trick} | `{names}` | {epoch[0]:.0f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def picture(curves: dict[str, dict]) -> Figure:
    """Validation error against epochs, to the end and with and without each trick."""
    figure = Figure((11, 4.6), layout="constrained")
    runs, tricks = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    draw_runs(runs, {n: c for n, c in curves.items() if n not in (*_SHORT, "M2-plain")})
    draw_tricks(tricks, curves)
    runs.set_xscale("log")
    epochs = [2, 5, 10, 20, 50, 100, 200]
    runs.set_xticks(epochs, map(str, epochs))
    runs.set_xticks([], minor=True)
    runs.set_title("MNIST, 100 labels; thin: other seeds")
    runs.set_ylabel("validation error, %")
    tricks.set_title("broken lines: without a trick")
    runs.legend(frameon=False, loc="upper right")
    tricks.legend(frameon=False, ncols=2, loc="lower left")
    for axes in (runs, tricks):
        axes.set_yscale("log")
        ticks = [2, 3, 5, 10, 20, 30]
        axes.set_yticks(ticks, map(str, ticks))
        axes.set_yticks([], minor=True)
        axes.grid(axis="y", color=FAINT, linewidth=0.3)
        axes.set_xlabel("epochs of the 50,000 images")
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_tricks(axes: Axes, curves: dict[str, dict]):
    """A color a model, as far as two runs can be compared; broken lines lack a trick."""
    last: dict[str, int] = {}
    for trick, step in compared(curves).items():
        last |= {name: max(step, last.get(name, 0)) for name in TRICKS[trick]}
    for name, step in last.items():
        until = curves[name]["step"].index(step) + 1
        base, line = _WITHOUT.get(name, (name, "-"))
        axes.plot(
            curves[name]["epoch"][:until], curves[name]["val_error"][:until],
            color=_COLORS[base], linestyle=line, label=name,
        )  # fmt: skip


def draw_runs(axes: Axes, curves: dict[str, dict]):
    """One curve per run; curves of other seeds are thin."""
    marks = dict(zip(_COLORS, "osv^D*PXhp<", strict=True))
    for name, values in curves.items():
        base = base_of(name)
        again = _SEED in name
        axes.plot(
            values["epoch"], values["val_error"], color=_COLORS[base],
            label=None if again and base in curves else name, linewidth=0.7 if again else 1.5,
            marker="" if again else marks[base], markersize=4, markevery=0.1,
            linestyle="--" if name in CARRIED_ON else "-." if name.endswith("-long") else "-",
        )  # fmt: skip


def main():
    """Prints the table, writes the curves and draws the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    curves = curves_of(options.predictions)
    if not curves:
        sys.exit("No run has begun. Train them: python study.py few-labels")
    write_text(CURVES, json.dumps(curves) + "\n")
    save_figure(ROOT / "images" / "gallery" / "few_labels.png", picture(curves))
    print(table(curves), table_of_tricks(curves), sep="\n\n")


if __name__ == "__main__":
    main()
