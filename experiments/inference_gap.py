"""Inference gap in two parts, and codes by inversion: `python experiments/inference_gap.py`.

    python experiments/inference_gap.py            measures what is missing
    python experiments/inference_gap.py --table    the tables, from the rows that are committed

Digits, black and white: the script trains each model for each seed, in a temporary folder. Binary
MNIST: runs of the presets with 10,000 steps, such as
`python train.py binary-MNIST-IAF-VAE --set steps=10000 --name binary-MNIST-IAF-VAE-10000`; a run
that is missing is skipped. Rows are kept in experiments/inference_gap.csv.
"""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import add_rows, read_rows  # noqa: E402

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf import data  # noqa: E402
from vae_tf.config import replace  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
MODELS = {
    "VAE": {},
    "flow posterior (IAF)": {"model": "flow_vae", "hyper": {"flow": "iaf", "num_flows": 4}},
    "IWAE, 5 samples": {"model": "iwae", "hyper": {"num_samples": 5}},
}
MNIST_RUNS = {
    "VAE": "binary-MNIST-VAE-10000",
    "flow posterior (IAF)": "binary-MNIST-IAF-VAE-10000",
    "IWAE, 5 samples": "binary-MNIST-IWAE-5-10000",
}
SEEDS = 3
SAMPLES = 2_000
BOUNDS = ("elbo", "best_elbo", "log_likelihood", "amortization", "form")
COLUMNS = (
    *("data", "model", "seed", "steps", "num_images", *BOUNDS),
    *("encoder_nats", "inverted_nats", "spread_of_starts"),
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


def table(rows: list[dict]) -> str:
    """The tables as Markdown: averages over images, ± standard deviations over seeds."""
    lines = [
        "| images | model | seeds | -ELBO | -ELBO, best Gaussian | -log p(x) | amortization | "
        "form |",
        f"| --- |{' --- |' * 7}",
    ]
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        groups.setdefault((row["data"], row["model"]), []).append(row)

    def cell(each, column, sign=1):
        values = sign * np.array([float(row[column]) for row in each])
        spread = f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else ""
        return f"{values.mean():.2f}{spread}"

    for (name, model), each in groups.items():
        bounds = [cell(each, column, -1) for column in BOUNDS[:3]]
        gaps = [cell(each, column) for column in BOUNDS[3:]]
        lines.append(f"| {' | '.join([name, model, str(len(each)), *bounds, *gaps])} |")
    lines += [
        "",
        "| images | model | reconstruction, encoder | reconstruction, inverted | worst of 4 starts "
        "less best |",
        "| --- | --- | --- | --- | --- |",
    ]
    for (name, model), each in groups.items():
        cells = [cell(each, c) for c in ("encoder_nats", "inverted_nats", "spread_of_starts")]
        lines.append(f"| {' | '.join([name, model, *cells])} |")
    return "\n".join(lines)


def main():
    """Measures what is missing and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="measure nothing")
    parser.add_argument("--images", type=int, default=200, help="test images of binary MNIST")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    if not options.table:
        done = {(row["data"], row["model"], row["seed"]) for row in read_rows(ROWS)}
        for model, name in MNIST_RUNS.items():
            key = ("binary MNIST", model, "0")
            folder = options.predictions / name
            if key not in done and folder.exists():
                row = dict(zip(("data", "model", "seed"), key, strict=True))
                add_rows(ROWS, COLUMNS, [row | on_mnist(folder, options.images)])
        for seed in range(SEEDS):
            for model in MODELS:
                key = ("digits", model, str(seed))
                if key not in done:
                    row = dict(zip(("data", "model", "seed"), key, strict=True))
                    add_rows(ROWS, COLUMNS, [row | on_digits(model, seed)])
    print(table(read_rows(ROWS)))


if __name__ == "__main__":
    main()
