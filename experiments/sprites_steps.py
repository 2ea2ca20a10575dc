"""Scores of codes of the sprites against steps: `python experiments/sprites_steps.py`.

    python study.py sprites-published   trains, five hours a run on two cores, restartable

Of every step whose weights are kept the scores have their published sizes, but for those that read
densities or fit trees, which are left out. Restartable; what is measured is written to
experiments/sprites_steps.json, the picture to images/gallery/sprites_steps.png. Reconstruction and
KL are those of the last validation until then.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import metrics  # noqa: E402
from vae_tf.analysis.scores import encoder_of  # noqa: E402
from vae_tf.files.saving import write_text  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.runs.kept import kept_steps, restore_kept  # noqa: E402

RESULTS = Path(__file__).with_suffix(".json")
# Score -> the value of it that is shown, and its title.
SCORES = {
    "beta_vae": ("beta_vae_eval", "beta-VAE score"),
    "factor_vae": ("factor_vae_eval", "FactorVAE"),
    "mig": ("mig", "MIG"),
    "sap": ("sap", "SAP"),
    "irs": ("irs", "IRS"),
    "active_units": ("active_units", "active units"),
}
TERMS = {"reconstruction": "reconstruction", "kl": "KL"}


def measured(run: Run, step: int) -> dict[str, float]:
    """Scores of the weights of a step, and the terms of the loss by then."""
    encode, num_images = encoder_of(restore_kept(run, step)), metrics.PRESETS["fast"].num_images
    codes = metrics.FactorSample(encode, run.data, num_images, seed=0, progress=False)
    others = set(metrics.SCORES) - set(SCORES)
    suite = metrics.score_suite(codes, preset="full", done=others, progress=False)
    values = {name: round(entry["values"][SCORES[name][0]], 4) for name, entry in suite}
    log = run.history
    seen = np.isfinite(log["val_kl"]) & (log["step"] <= step)
    if seen.any():
        values |= {n: round(float(log[f"val_{n}"][seen][-1]), 2) for n in TERMS}
    return values


def table(found: dict) -> str:
    """The table as Markdown."""
    digits = dict.fromkeys(SCORES, 2) | dict.fromkeys(TERMS, 1)
    titles = [*(title for _, title in SCORES.values()), *TERMS.values()]
    lines = [f"| run | steps | {' | '.join(titles)} |", "| --- " * (2 + len(titles)) + "|"]
    for name, steps in found.items():
        for step, values in steps.items():
            cells = [f"{values[key]:.{digits[key]}f}" if key in values else "" for key in digits]
            lines.append(f"| `{name}` | {int(step):,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def picture(found: dict) -> Figure:
    """A panel a score, a curve a run."""
    shown = ("beta_vae", "factor_vae", "mig")
    figure = Figure((10, 3.4), layout="constrained")
    for axes, key in zip(figure.subplots(1, len(shown)), shown, strict=True):
        for name, steps in found.items():
            axes.plot([int(step) for step in steps], [v[key] for v in steps.values()], "o-", ms=3,
                      label=name)  # fmt: skip
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set(xlabel="steps of 64 images", title=SCORES[key][1])
        axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
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
        run, known = Run(folder), found.setdefault(point.name, {})
        for step in kept_steps(run):
            if str(step) not in known:
                known[str(step)] = measured(run, step)
                write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    if not found:
        sys.exit("No run has begun. Train them: python study.py sprites-published")
    save_figure(ROOT / "images" / "gallery" / "sprites_steps.png", picture(found))
    print(table(found))


if __name__ == "__main__":
    main()
