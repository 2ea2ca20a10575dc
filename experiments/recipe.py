"""How networks learn, one change at a time: the table and the picture of the learning recipe.

    python study.py recipe --predictions predictions-study    trains the runs, restartable
    python experiments/recipe.py                               adds runs that are done, draws
    python experiments/recipe.py --cost [VARIANT ...]          measures CPU seconds per step

The runs are `STUDIES["recipe"]` of vae_tf/presets/studies.py. The validation terms of each
run are kept in experiments/recipe.csv, a row a validation; CPU seconds per step, measured in turns
on one core, in experiments/recipe_cost.csv. Runs that are in the CSV need not be trained again.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import read_rows, write_rows  # noqa: E402
from done_runs import done_run  # noqa: E402
from page_tables import markdown, spread  # noqa: E402

from vae_tf import presets  # noqa: E402
from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402

CURVES = Path(__file__).with_suffix(".csv")
COSTS = Path(__file__).with_name("recipe_cost.csv")
PICTURE = ROOT / "images" / "gallery" / "recipe.png"
STUDY = presets.studies()["recipe"]
SETS = {
    "sprites": "sprites",
    "mnist": "MNIST",
    "binary": "binary MNIST",
    "emoji": "emoji",
}  # -> title
COLUMNS = ("set", "variant", "seed", "step", "reconstruction", "kl")
ROUNDS, STEPS_AT_ONCE = 5, 20  # of --cost


def curves(predictions: Path) -> list[dict]:
    """The rows that are kept, and rows of runs that are done since."""
    rows = read_rows(CURVES)
    known = {(row["set"], row["variant"], row["seed"]) for row in rows}
    for point in STUDY.points():
        name, _, variant = point.values["base"].partition("-")
        key = (name, variant, point.values["seed"])
        if key in known or (run := done_run(predictions / "recipe" / point.name)) is None:
            continue
        log = run.history
        for step, reconstruction, kl in zip(
            log["step"], log["val_reconstruction"], log["val_kl"], strict=True
        ):
            if reconstruction == reconstruction:  # rows without a validation are NaN
                terms = (str(step), f"{reconstruction:.3f}", f"{kl:.3f}")
                rows.append(dict(zip(COLUMNS, (*key, *terms), strict=True)))
    return rows


def lengths_table(rows: list[dict]) -> str:
    """Steps of the variants that do not have the steps of their base, as factors, as Markdown."""
    steps = {(row["set"], row["variant"]): int(row["step"]) for row in rows}  # the last of a run
    lines = []
    for variant in dict.fromkeys(variant for _, variant in steps):
        cells = [
            f"{steps[name, variant] / steps[name, 'base']:.2g}" if (name, variant) in steps else ""
            for name in SETS
        ]
        if set(cells) - {"1", ""}:
            lines.append([f"`{variant}`", *cells])
    return markdown(["variant", *SETS.values()], lines)


def last(rows: list[dict]) -> dict[tuple[str, str], dict[str, tuple[float, float]]]:
    """(set, variant) -> seed -> (reconstruction, KL) at the end of each run."""
    found: dict[tuple[str, str], dict[str, tuple[float, float]]] = {}
    for row in rows:  # later steps replace earlier ones
        seeds = found.setdefault((row["set"], row["variant"]), {})
        seeds[row["seed"]] = (float(row["reconstruction"]), float(row["kl"]))
    return found


def table(rows: list[dict]) -> str:
    """-ELBO at the end, its difference from the base of the same seeds, and their number."""
    ends = last(rows)
    lines = [
        f"| variant | {' | '.join(SETS.values())} |",
        f"| --- | {' | '.join('---' for _ in SETS)} |",
    ]
    for variant in dict.fromkeys(variant for _, variant in ends):
        cells = []
        for name in SETS:
            seeds, base = ends.get((name, variant), {}), ends.get((name, "base"), {})
            losses = [sum(terms) for terms in seeds.values()]
            if not losses:
                text = ""
            elif variant == "base":
                text = f"{spread(losses, 1)} ({len(losses)})"
            else:
                changes = [sum(seeds[s]) - sum(base[s]) for s in seeds.keys() & base.keys()]
                sign = "+" if statistics.mean(changes) > 0 else ""
                change = f"{sign}{spread(changes, 1)} ({len(changes)})"
                text = f"{statistics.mean(losses):.1f}, {change}"
            cells.append(text)
        lines.append(f"| {variant} | {' | '.join(cells)} |")
    return "\n".join(lines)


def picture(rows: list[dict]):
    """The difference of each variant from the base of its seed, a panel a set."""
    ends = last(rows)
    variants = [v for v in dict.fromkeys(v for _, v in ends) if v != "base"]
    line, names, width, across = 22, 150, 245, 30
    page = Page(
        names + len(SETS) * (width + across),
        line * len(variants) + 70,
        "Effect of a change of the recipe on the -ELBO",
        (
            "Difference from the base of the same seed, nats per image of validation, after equal "
            "steps or about equal CPU seconds (docs/results/recipe.md); left of 0 is better.",
            "Base: He's weights (Glorot's for tanh), mean image, Adam, a warm-up over a tenth of "
            "the steps, then a cosine to 0.",
        ),
    )
    top = page.top + 20
    for index, (name, title) in enumerate(SETS.items()):
        left = MARGIN + names + index * (width + across)
        axes = page.chart(
            left, top, width, line * len(variants), title=title, xlabel="nats per image", ylabel=""
        )
        base = ends.get((name, "base"), {})
        for place, variant in enumerate(variants):
            seeds = ends.get((name, variant), {})
            changes = [sum(seeds[s]) - sum(base[s]) for s in seeds.keys() & base.keys()]
            colors = [BLUE if change < 0 else ORANGE for change in changes]
            axes.scatter(changes, [place] * len(changes), c=colors, s=30)
            axes.axhline(place, color=FAINT, linewidth=0.3, zorder=0)
            if index == 0:
                page.text(
                    left - 14, top + (place + 0.5) * line, variant, size=12, ha="right", va="center"
                )
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_xscale("symlog", linthresh=1.0)
        axes.margins(x=0.08)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:+g}" if value else "0")
        axes.set_ylim(len(variants) - 0.5, -0.5)
        axes.set_yticks([])
        axes.tick_params(labelsize=points(11), colors=INK)
    return page.figure


_WORKER = """
import sys, time
import numpy as np
from vae_tf import presets
from vae_tf.data.batches import batch_at
from vae_tf.models.template.build import build_model
from vae_tf.runs.folder import load_data
from vae_tf.training.devices import Devices
from vae_tf.training.averages import WeightAverages
params = next(p.params for p in presets.studies()["recipe"].points() if p.name == sys.argv[1])
images = load_data(params, "train")
model = build_model(params, images.image_shape, len(images))
averages = None if params.ema is None else WeightAverages(model, params.ema)
def update(batch):
    terms = model.update(batch)
    if averages is not None:
        averages.update()
    return terms
update = Devices().compiled(update)
batches = [batch_at(images, params.batch_size, 0, step, ("image",)) for step in range(4)]
for line in sys.stdin:
    start = time.process_time()
    for step in range(int(line)):
        update(batches[step % 4])
    print(time.process_time() - start, flush=True)
"""


def costs(variants: list[str]):
    """Measures CPU seconds per step of variants (default: all), in turns with the base."""
    kinds = variants or dict.fromkeys(p.values["base"].partition("-")[2] for p in STUDY.points())
    rows = read_rows(COSTS)
    known = {(row["set"], row["variant"]) for row in rows}
    for name in SETS:
        for variant in kinds:
            points_of = [f"base={name}-{variant},seed=0", f"base={name}-base,seed=0"]
            names = {point.name for point in STUDY.points()}
            points_of = [p if p in names else p.removeprefix("base=") for p in points_of]
            if (name, variant) in known or points_of[0] not in names:
                continue
            workers = [
                subprocess.Popen(
                    ["taskset", "-c", "0", sys.executable, "-c", _WORKER, point],
                    cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                )
                for point in points_of
            ]  # fmt: skip
            turns: list[list[float]] = [[], []]
            for turn in range(ROUNDS + 1):
                for worker, times in zip(workers, turns, strict=True):
                    worker.stdin.write(f"{STEPS_AT_ONCE}\n")
                    worker.stdin.flush()
                    seconds = float(worker.stdout.readline())
                    if turn:  # the first compiles
                        times.append(seconds / STEPS_AT_ONCE)
            for worker in workers:
                worker.stdin.close()
                worker.wait()
            ratio = statistics.median(a / b for a, b in zip(*turns, strict=True))
            row = {
                "set": name,
                "variant": variant,
                "seconds": f"{statistics.median(turns[0]):.5f}",
                "ratio": f"{ratio:.3f}",
            }
            rows.append(row)
            print(row, flush=True)
            write_rows(COSTS, ("set", "variant", "seconds", "ratio"), rows)


def main():
    """Keeps the runs that are done, prints the table and draws the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    parser.add_argument(
        "--cost", nargs="*", metavar="VARIANT", help="measure CPU seconds per step (default: all)"
    )
    options = parser.parse_args()
    if options.cost is not None:
        costs(options.cost)
        return
    rows = curves(options.predictions)
    if not rows:
        sys.exit(
            "No run is done. Train them: python study.py recipe --predictions predictions-study"
        )
    write_rows(CURVES, COLUMNS, rows)
    save_figure(PICTURE, picture(rows))
    print(table(rows))


if __name__ == "__main__":
    main()
