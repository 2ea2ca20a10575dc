"""Discrete codes on emoji, beside the VAE: `python experiments/discrete_codes.py`.

    python train.py emoji-VQ-VAE emoji-FSQ   trains two of the runs; emoji-VAE is in predictions/
    python experiments/discrete_codes.py     measures all three, and draws the picture

MSE and nats are averages over the 189 validation images. `used codes` and `perplexity` are of all
training images. 1,000 samples are compared with the 3,597 training images in their 64 first
principal components: there is no network of emoji features that none of the models would have
helped to choose. `nearest` is the median over images of the MSE to the nearest training image: of
samples, and of validation images, the value of images that nobody copied.

Rows are in experiments/discrete_codes.csv; `python experiments/tables.py` makes the table.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402
from csv_rows import read_rows, write_rows  # noqa: E402

from vae_tf.plots.image_figures import plot_image_rows  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.runs import PARAMS, Run  # noqa: E402
from vae_tf.scores.sample_quality import frechet_distance, precision_recall  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
PICTURE = ROOT / "images" / "gallery" / "discrete_codes.png"
RUNS = ("emoji-VAE", "emoji-VQ-VAE", "emoji-FSQ")
SAMPLES = 1_000
COMPONENTS = 64
SHOWN = 16  # images in a row of the picture
COLUMNS = (
    *("run", "steps", "mse", "reconstruction", "kl", "train_kl", "used_codes", "perplexity"),
    *("frechet_distance", "precision", "recall", "nearest"),
)


class Features:
    """Principal components of images.

    Args:
        images: `[N, H, W, C]` training images.
    """

    def __init__(self, images: np.ndarray):
        rows = images.reshape(len(images), -1)
        self._mean = rows.mean(axis=0)
        values, vectors = np.linalg.eigh((rows - self._mean) @ (rows - self._mean).T)
        top = vectors[:, ::-1][:, :COMPONENTS] / np.sqrt(values[::-1][:COMPONENTS])
        self._axes = (rows - self._mean).T @ top  # [H * W * C, 64], orthonormal

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return (images.reshape(len(images), -1) - self._mean) @ self._axes


def nearest(images: np.ndarray, training: np.ndarray) -> float:
    """Return the median over images of the MSE to the nearest training image."""
    one, other = (part.reshape(len(part), -1).astype("float64") for part in (images, training))
    squares = (one**2).sum(1)[:, None] - 2 * one @ other.T + (other**2).sum(1)
    return float(np.median(squares.min(axis=1)) / one.shape[1])


def scores(samples: np.ndarray, training: np.ndarray, features: Features) -> dict[str, float]:
    """Return how like the training images samples are."""
    real, made = features(training), features(samples)
    return {
        "frechet_distance": frechet_distance(real, made),
        **precision_recall(real, made),
        "nearest": nearest(samples, training),
    }


def use_of_codes(model, images: np.ndarray) -> dict[str, float]:
    """Return which share of the codes images use, and how many would do if used equally often."""
    if not hasattr(model, "codes"):
        return {}
    counts = np.bincount(model.codes(images).ravel(), minlength=model.num_codes)
    use = counts[counts > 0] / counts.sum()
    return {
        "used_codes": float(np.mean(counts > 0)),
        "perplexity": float(np.exp(-np.sum(use * np.log(use)))),
    }


def measure(run: Run, training: np.ndarray, features: Features) -> dict:
    """Return the row of a run."""
    held_out = run.validation_data
    images = held_out.images(np.arange(len(held_out)))
    model, last = run.model, {name: column[-1] for name, column in run.history.items()}
    return {
        "run": run.name,
        "steps": run.params.steps,
        "mse": float(np.mean((model.reconstruct(images) - images) ** 2)),
        "reconstruction": last["val_reconstruction"],
        "kl": last["val_kl"],
        "train_kl": float(model.kl_per_latent(training).sum(axis=1).mean()),
        **use_of_codes(model, training),
        **scores(model.generate(SAMPLES), training, features),
    }


def reference(held_out: np.ndarray, training: np.ndarray, features: Features) -> dict:
    """Return the row of the validation images in place of samples."""
    return {"run": "validation images", **scores(held_out, training, features)}


def table(rows: list[dict]) -> str:
    """Return the rows as a table in Markdown."""
    titles = (
        *("run", "steps", "MSE, validation", "reconstruction + KL, validation", "KL, training"),
        *("used codes", "perplexity", "Frechet", "precision", "recall", "nearest"),
    )
    lines = [f"| {' | '.join(titles)} |", "| --- " * len(titles) + "|"]
    for row in rows:
        cells = [
            f"`{row['run']}`" if row["steps"] else row["run"],
            _cell(row["steps"], ",.0f"),
            _cell(row["mse"], ".4f"),
            f"{_cell(row['reconstruction'], '.1f')} + {_cell(row['kl'], '.1f')}"
            if row["kl"]
            else "",
            _cell(row["train_kl"], ".1f"),
            _cell(row["used_codes"], ".1%"),
            _cell(row["perplexity"], ".0f"),
            _cell(row["frechet_distance"], ".1f"),
            _cell(row["precision"], ".2f"),
            _cell(row["recall"], ".2f"),
            _cell(row["nearest"], ".4f"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(text: str, form: str) -> str:
    return f"{float(text):{form}}" if text else ""


def draw(runs: list[Run]):
    """Draw the same validation images by each run, and samples of each run."""
    held_out = runs[0].validation_data
    originals = held_out.images(np.linspace(0, len(held_out) - 1, SHOWN).astype(int))
    images = [originals, *(run.model.reconstruct(originals) for run in runs)]
    images += [run.model.generate(SHOWN) for run in runs]
    labels = ["originals", *(f"{run.name}: reconstructed" for run in runs)]
    labels += [f"{run.name}: samples" for run in runs]
    figure = plot_image_rows(
        np.stack(images),
        "Discrete codes, and a PixelCNN of them",
        ("Validation images, and samples of the prior: the first of one seed, none chosen.",),
        labels=labels,
        tile=56,
    )
    save_figure(PICTURE, figure)


def main():
    """Measure the runs that are trained, write the rows and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    parser.add_argument("--figure", action="store_true", help="draw; nothing is measured")
    options = parser.parse_args()
    folders = [
        next((place / name for place in (options.predictions, ROOT / "predictions")
              if (place / name / PARAMS).exists()), None)
        for name in RUNS
    ]  # fmt: skip
    runs = [Run(folder) for folder in folders if folder is not None]
    draw(runs)
    if options.figure:
        return
    data = runs[0].data
    training = data.images(np.arange(len(data)))
    features = Features(training)
    made = [measure(run, training, features) for run in runs]
    held_out = runs[0].validation_data
    made.append(reference(held_out.images(np.arange(len(held_out))), training, features))
    write_rows(ROWS, COLUMNS, made)
    print(table(read_rows(ROWS)))


if __name__ == "__main__":
    main()
