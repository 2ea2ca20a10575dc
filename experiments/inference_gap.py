"""Inference gap in two parts, and codes by inversion: `python experiments/inference_gap.py`.

    python experiments/inference_gap.py            measures what is missing, and draws
    python experiments/inference_gap.py --table    draws the rows that are committed

Digits, black and white: the script trains each model for each seed, in a temporary folder. Binary
MNIST: runs of the presets with 10,000 steps, such as
`python train.py binary-MNIST-IAF-VAE --set steps=10000 --set seed=0 --name
binary-MNIST-IAF-VAE-10000-0`; a run that is missing is skipped. Rows are kept in
experiments/inference_gap.csv, the picture is images/gallery/inference_gap.png.
"""

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import add_rows, read_rows  # noqa: E402
from page_tables import spread  # noqa: E402

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf import data  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.plots.page import BLUE, INK, MARGIN, ORANGE, SKY, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
MODELS = {
    "VAE": {},
    "flow posterior (IAF)": {"model": "flow_vae", "hyper": {"flow": "iaf", "num_flows": 4}},
    "IWAE, 5 samples": {"model": "iwae", "hyper": {"num_samples": 5}},
}
MNIST_RUNS = {  # and the seed behind it
    "VAE": "binary-MNIST-VAE-10000",
    "flow posterior (IAF)": "binary-MNIST-IAF-VAE-10000",
    "IWAE, 5 samples": "binary-MNIST-IWAE-5-10000",
}
PICTURE = ROOT / "images" / "gallery" / "inference_gap.png"
SEEDS = 3
SAMPLES = 2_000
BOUNDS = ("elbo", "best_elbo", "log_likelihood", "amortization", "form")
COLUMNS = (
    *("data", "model", "seed", "steps", "num_images", *BOUNDS),
    *("effective_samples", "encoder_nats", "inverted_nats", "spread_of_starts"),
)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Black and white digits: 1,500 to train on, 297 to test on, shuffled by seed 0."""
    images = data.load("digits", "all").images(np.arange(1_797)) > 0.5
    order = np.random.default_rng(0).permutation(len(images))
    return images[order[:1_500]], images[order[1_500:]]


def measured(run, images: np.ndarray) -> dict:
    """Columns of a run, averages over images in nats."""
    gap = run.inference_gap(images, num_samples=SAMPLES, progress=True)
    found = run.invert(images, progress=True)
    starts = found.reconstruction_of_starts
    values = {name: getattr(gap, name).mean() for name in BOUNDS}
    values["effective_samples"] = gap.effective_samples.mean()
    values["encoder_nats"] = found.reconstruction_of_encoder.mean()
    values["inverted_nats"] = found.reconstruction.mean()
    values["spread_of_starts"] = (starts - starts.min(axis=0)).max(axis=0).mean()
    return {name: f"{value:.3f}" for name, value in values.items()}


def on_digits(model: str, seed: int) -> dict:
    """Row of a model that is trained on digits."""
    images, test = digits()
    base = replace(presets.RUNS["digits-VAE"], likelihood="bernoulli", patience=None, seed=seed)
    often = dict.fromkeys(("validate_every", "sample_every"), base.steps)
    params = replace(base, **MODELS[model], **often)
    with tempfile.TemporaryDirectory() as folder:
        run = vae_tf.train(params, Path(folder) / "run", data=images)
        return {"steps": params.steps, "num_images": len(test)} | measured(run, test)


def on_mnist(folder: Path, num_images: int) -> dict:
    """Row of a saved run on binary MNIST."""
    run = vae_tf.load_run(folder)
    test = data.load("mnist_binary", "test").images(np.arange(num_images))
    return {"steps": run.details["step"], "num_images": num_images} | measured(run, test)


def grouped(rows: list[dict]) -> dict[tuple[str, str], list[dict]]:
    """Rows of seeds, by data set and model, in the order of the models."""
    found = sorted(rows, key=lambda row: (row["data"], list(MODELS).index(row["model"])))
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in found:
        groups.setdefault((row["data"], row["model"]), []).append(row)
    return groups


def table(rows: list[dict]) -> str:
    """The tables as Markdown: averages over images, ± standard deviations over seeds."""
    lines = [
        "| images | model | seeds | -ELBO | -ELBO, best Gaussian | -log p(x) | amortization | "
        "form | effective samples |",
        f"| --- |{' --- |' * 8}",
    ]
    groups = grouped(rows)

    def cell(each, column, sign=1, digits=2):
        return spread([sign * float(row[column]) for row in each], digits)

    for (name, model), each in groups.items():
        cells = [cell(each, column, -1) for column in BOUNDS[:3]]
        cells += [cell(each, column) for column in BOUNDS[3:]]
        cells.append(cell(each, "effective_samples", digits=0))
        lines.append(f"| {' | '.join([name, model, str(len(each)), *cells])} |")
    lines += [
        "",
        "| images | model | reconstruction, encoder | reconstruction, inverted | worst minus best "
        "of 4 starts |",
        "| --- | --- | --- | --- | --- |",
    ]
    for (name, model), each in groups.items():
        cells = [cell(each, c) for c in ("encoder_nats", "inverted_nats", "spread_of_starts")]
        lines.append(f"| {' | '.join([name, model, *cells])} |")
    return "\n".join(lines)


def picture(rows: list[dict]):
    """From -log p(x) by both parts of the gap to -ELBO: a staircase for each model and data set."""
    groups = grouped(rows)
    names = sorted({name for name, _ in groups})
    width, height, across = 520, 300, 90
    page = Page(
        len(names) * (width + across),
        height + 90,
        "From -log p(x) to -ELBO: the two parts of the gap of inference",
        (
            "Averages over test images and seeds, in nats. Form: loss of the best Gaussian. "
            "Amortization: further loss of the encoder's posterior.",
            "Amortization is negative if the encoder's posterior, a flow, is better than the best "
            "Gaussian. The axes do not begin at 0.",
        ),
    )
    for index, name in enumerate(names):
        left = MARGIN + 60 + index * (width + across)
        axes = page.chart(left, page.top + 40, width, height, title=name, ylabel="nats per image")
        models = {model: each for (data_set, model), each in groups.items() if data_set == name}
        for place, each in enumerate(models.values()):
            stairs(axes, place, each)
        low = min(-float(row["log_likelihood"]) for row in rows if row["data"] == name)
        high = axes.get_ylim()[1]
        axes.set_ylim(0.9 * low, high + 0.25 * (high - 0.9 * low))  # room for the legend
        axes.set_xticks(range(len(models)), list(models))
        axes.grid(False, axis="x")
        options = {"fontsize": points(12), "labelcolor": INK, "frameon": False, "ncols": 3}
        axes.legend(*axes.get_legend_handles_labels(), loc="upper left", **options)
    save_figure(PICTURE, page.figure)


def stairs(axes, place: int, rows: list[dict]):
    """Three bars: -log p(x), and each part of the gap from where the bar before it ends."""
    average = {name: np.mean([float(row[name]) for row in rows]) for name in BOUNDS}
    level = 0.0
    steps = {"-log p(x)": -average["log_likelihood"], "form": average["form"]}
    steps["amortization"] = average["amortization"]
    for step, ((label, value), color) in enumerate(
        zip(steps.items(), (SKY, BLUE, ORANGE), strict=True)
    ):
        at = place + 0.26 * (step - 1)
        axes.bar(at, value, 0.24, bottom=level, color=color, label=None if place else label)
        text = f"{value:.1f}" if step == 0 else f"{value:+.1f}"
        top = max(level, level + value)
        axes.annotate(text, (at, top), (0, 3), textcoords="offset points", ha="center",
                      size=points(12), color=INK)  # fmt: skip
        level += value


def main():
    """Measures what is missing, draws, and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="measure nothing")
    parser.add_argument("--images", type=int, default=200, help="test images of binary MNIST")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    if not options.table:
        done = {(row["data"], row["model"], row["seed"]) for row in read_rows(ROWS)}
        for seed, model in itertools.product(range(SEEDS), MODELS):
            folder = options.predictions / f"{MNIST_RUNS[model]}-{seed}"
            if ("binary MNIST", model, str(seed)) not in done and folder.exists():
                add("binary MNIST", model, seed, on_mnist(folder, options.images))
            if ("digits", model, str(seed)) not in done:
                add("digits", model, seed, on_digits(model, seed))
    rows = read_rows(ROWS)
    picture(rows)
    print(table(rows))


def add(name: str, model: str, seed: int, row: dict):
    """Adds a row to the file."""
    add_rows(ROWS, COLUMNS, [{"data": name, "model": model, "seed": seed} | row])


if __name__ == "__main__":
    main()
