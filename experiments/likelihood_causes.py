"""Causes of the gap to published log-likelihoods of binary MNIST: overfitting and inference.

    python train.py binary-MNIST-VAE-long
    python experiments/likelihood_causes.py binary-MNIST-VAE-long
    python study.py hierarchies-long
    python experiments/likelihood_causes.py hierarchies-long/ladder-5
    python experiments/tables.py

Each run is measured on training images and on test images. log p(x) and the two parts of the
inference gap are measured as in experiments/inference_gap.py. With several stochastic layers, the
gap has no parts: log p(x) is estimated with samples of the encoder's posteriors. Overfitting is the
difference between test images and training images. Rows are kept in
experiments/likelihood_causes.csv; a row that is there is not measured again.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import add_rows, read_rows  # noqa: E402
from page_tables import markdown  # noqa: E402

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402

import vae_tf  # noqa: E402
from vae_tf import data, metrics  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
BOUNDS = ("elbo", "amortization", "form", "log_likelihood")
COLUMNS = ("run", "steps", "seed", "split", "num_images", "num_samples", *BOUNDS, "error")
SPLITS = ("train", "test")


def measured(run, split: str, num_images: int, num_samples: int) -> dict:
    """A row: averages over images in nats, and the standard error of log p(x)."""
    images = data.load("mnist_binary", split).images(np.arange(num_images))
    if hasattr(run.model, "layer_sizes"):
        parts = _of_layers(run.model, images, num_samples)
    else:
        gap = run.inference_gap(images, num_samples=num_samples, progress=True)
        parts = {name: getattr(gap, name) for name in BOUNDS}
    values = {name: part.mean() for name, part in parts.items()}
    values["error"] = parts["log_likelihood"].std(ddof=1) / np.sqrt(num_images)
    return {name: f"{value:.3f}" for name, value in values.items()}


def _of_layers(model, images: np.ndarray, num_samples: int) -> dict[str, np.ndarray]:
    """The ELBO and log p(x) of each image by a model with several stochastic layers."""
    model.seed_generator.state.assign([0, 0])
    # The estimate from one sample is the ELBO, on average.
    return {
        name: metrics.importance_estimates(model, images, samples, progress=True)[0]
        for name, samples in (("elbo", 1), ("log_likelihood", num_samples))
    }


def table_of_layers(rows: list[dict]) -> str:
    """Markdown of the models with several stochastic layers, losses in nats."""
    lines = []
    for row in filter(lambda row: not row["form"], rows):
        elbo, likelihood = (f"{-float(row[name]):.2f}" for name in ("elbo", "log_likelihood"))
        likelihood += f" ± {float(row['error']):.2f}"
        name, steps = f"`{Path(row['run']).name}`", f"{int(row['steps']):,}"
        lines.append([name, steps, row["split"], elbo, likelihood])
    return markdown(["run", "steps", "images", "-ELBO", "-log p(x)"], lines)


def table(rows: list[dict]) -> str:
    """Markdown of the models with one stochastic layer, losses in nats."""
    heads = ("run", "steps", "images", "-ELBO", "amortization", "form", "-log p(x)")
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for row in filter(lambda row: row["form"], rows):
        elbo, amortization, form, likelihood, error = (
            float(row[name]) for name in (*BOUNDS, "error")
        )
        numbers = f"{-elbo:.2f} | {amortization:.2f} | {form:.2f} | {-likelihood:.2f} ± {error:.2f}"
        lines.append(f"| `{row['run']}` | {int(row['steps']):,} | {row['split']} | {numbers} |")
    return "\n".join(lines)


def main():
    """Measures the runs that are named, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", metavar="RUN", help="folders in predictions")
    parser.add_argument("--images", type=int, default=2_000, help="of each split")
    parser.add_argument("--samples", type=int, default=1_000, help="importance samples an image")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    for name in options.runs:
        run = vae_tf.load_run(options.predictions / name)
        steps = str(run.details["step"])
        known = {(row["run"], row["steps"], row["split"]) for row in read_rows(ROWS)}
        for split in SPLITS:
            if (name, steps, split) in known:
                continue
            row = {"run": name, "steps": steps, "seed": run.params.seed, "split": split}
            row |= {"num_images": options.images, "num_samples": options.samples}
            row |= measured(run, split, options.images, options.samples)
            add_rows(ROWS, COLUMNS, [row])
    print(table(read_rows(ROWS)), table_of_layers(read_rows(ROWS)), sep="\n\n")


if __name__ == "__main__":
    main()
