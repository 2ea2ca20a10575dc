"""Scores of codes of the sprites against steps: `python experiments/sprites_steps.py`.

    python study.py sprites-published   trains, five hours per run on two cores, restartable

For every step whose weights are kept the scores have their published sizes, except for those that
read densities or fit trees, which are left out. Reconstruction and KL are averages of training over
the batches that are logged in the last fifth of the steps until then, early on a single batch. The
curves, a row for a 300th of the run's length, are written to
experiments/published/sprites-published-POINT.csv. Restartable; scores are written to
experiments/sprites_steps.json, the picture, over images seen, to images/gallery/sprites_steps.png.
"""

import argparse
import csv
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import metrics  # noqa: E402
from vae_tf.plots.page import FAINT  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.results.score_runs import encoder_of  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.runs.kept import kept_steps, restore_kept  # noqa: E402

RESULTS = Path(__file__).with_suffix(".json")
CURVES = Path(__file__).parent / "published"
# Score -> the value of it that is shown, and its title.
SCORES = {
    "beta_vae": ("beta_vae_eval", "beta-VAE score"),
    "factor_vae": ("factor_vae_eval", "FactorVAE score"),
    "mig": ("mig", "MIG"),
    "sap": ("sap", "SAP"),
    "irs": ("irs", "IRS"),
    "active_units": ("active_units", "active units"),
}
TERMS = {"reconstruction": "reconstruction", "kl": "KL"}


def measured(run: Run, step: int) -> dict[str, float]:
    """Scores of the weights of a step."""
    encode, num_images = encoder_of(restore_kept(run, step)), metrics.PRESETS["fast"].num_images
    codes = metrics.FactorSample(encode, run.data, num_images, seed=0, progress=False)
    others = set(metrics.SCORES) - set(SCORES)
    suite = metrics.score_suite(codes, preset="full", done=others, progress=False)
    return {name: round(entry["values"][SCORES[name][0]], 4) for name, entry in suite}


def terms(run: Run, begin: float, end: float) -> dict[str, float]:
    """Reconstruction and KL of training between two steps, nats per image."""
    log = run.history
    between = (log["step"] > begin) & (log["step"] <= end)
    return {name: round(float(log[name][between].mean()), 2) for name in TERMS}


def save_curve(run: Run, path: Path):
    """A row for a 300th of the run's length."""
    lines, every = [",".join(["step", *TERMS])], run.params.steps // 300
    for end in range(every, int(run.history["step"][-1]) + 1, every):
        lines.append(",".join(map(str, [end, *terms(run, end - every, end).values()])))
    write_text(path, "\n".join(lines) + "\n")


def curve(name: str) -> tuple[list[int], list[float]]:
    """Steps, and the sum of the two terms."""
    with (CURVES / f"sprites-published-{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [int(row["step"]) for row in rows], [sum(float(row[n]) for n in TERMS) for row in rows]


def table(found: dict) -> str:
    """The table as Markdown."""
    digits = dict.fromkeys(SCORES, 2) | {"active_units": 0} | dict.fromkeys(TERMS, 1)
    titles = [*(title for _, title in SCORES.values()), *TERMS.values()]
    lines = [f"| run | steps | {' | '.join(titles)} |", "| --- " * (2 + len(titles)) + "|"]
    for name, steps in found.items():
        for step, values in steps.items():
            cells = [f"{values[key]:.{digits[key]}f}" for key in digits]
            lines.append(f"| `{name}` | {int(step):,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def picture(found: dict) -> Figure:
    """A panel a score and one for the bound, a curve a run."""
    figure = Figure((11, 3.4), layout="constrained")
    *scores, bound = figure.subplots(1, 4)
    batches = {p.name: p.params.batch_size for p in presets.STUDIES["sprites-published"].points()}
    for name, steps in found.items():
        images = batches[name] * np.array([int(step) for step in steps])
        for axes, key in zip(scores, ("beta_vae", "factor_vae", "mig"), strict=True):
            axes.plot(images, [values[key] for values in steps.values()], "o-", ms=3)
            axes.set(ylim=(0, 1), title=SCORES[key][1])
        at, nats = curve(name)
        bound.plot(batches[name] * np.array(at), nats, label=name)
    bound.set(ylim=(0, 250), title="reconstruction + KL, nats")
    for axes in (*scores, bound):
        axes.set(xscale="log", xlabel="images seen")
        axes.grid(axis="y", color=FAINT, linewidth=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(
        *bound.get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False
    )
    return figure


def main():
    """Measures, draws and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for point in presets.STUDIES["sprites-published"].points():
        folder = options.predictions / "sprites-published" / point.name
        if not (folder / "log.csv").exists():
            continue
        run = Run(folder)
        save_curve(run, CURVES / f"sprites-published-{point.name}.csv")
        for step in kept_steps(run):
            if str(step) not in found.get(point.name, {}):
                values = measured(run, step) | terms(run, 0.8 * step, step)
                found.setdefault(point.name, {})[str(step)] = values
                write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    if not found:
        sys.exit("No run has begun. Train them: python study.py sprites-published")
    save_figure(ROOT / "images" / "gallery" / "sprites_steps.png", picture(found))
    print(table(found))


if __name__ == "__main__":
    main()
