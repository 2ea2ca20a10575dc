"""Discrete codes on emoji, beside the VAE: `python experiments/discrete_codes.py`.

    python train.py emoji-VQ-VAE --set seed=0 --name emoji-VQ-VAE-0    and so for the seeds 1 and 2
    python train.py emoji-FSQ                one seed; emoji-VAE is in predictions/
    python experiments/discrete_codes.py     measures the runs that there are, and draws

Codes are drawn at the temperatures 1, the prior itself, and 0.8, the preset's. MSE and nats are
averages over the 189 validation images. `used codes` and `perplexity` are of all training images.
1,000 samples are compared with the 3,597 training images in their 64 first principal components:
there is no network of emoji features that none of the models would have helped to choose. `nearest`
is the median over images of the MSE to the nearest training image: of samples, and of validation
images, the value of images that nobody copied.

Rows are in experiments/discrete_codes.csv; rows of runs that are not there stay. `python
experiments/tables.py` makes the table.
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
from page_tables import spread  # noqa: E402

from vae_tf.plots.image_figures import plot_image_rows  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.runs import PARAMS, Run  # noqa: E402
from vae_tf.scores.sample_quality import frechet_distance, precision_recall  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
PICTURE = ROOT / "images" / "gallery" / "discrete_codes.png"
RUNS = ("emoji-VAE", "emoji-VQ-VAE-0", "emoji-VQ-VAE-1", "emoji-VQ-VAE-2", "emoji-FSQ")
TEMPERATURES = (1.0, 0.8)
SAMPLES = 1_000
COMPONENTS = 64
SHOWN = 16  # images in a row of the picture
COLUMNS = (
    *("run", "temperature", "steps", "mse", "reconstruction", "kl", "train_kl"),
    *("used_codes", "perplexity", "frechet_distance", "precision", "recall", "nearest"),
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


def measure(run: Run, training: np.ndarray, features: Features) -> list[dict]:
    """Return the rows of a run, one for each temperature at which codes are drawn."""
    held_out = run.validation_data
    images = held_out.images(np.arange(len(held_out)))
    model, last = run.model, {name: column[-1] for name, column in run.history.items()}
    row = {
        "run": run.name,
        "steps": run.params.steps,
        "mse": float(np.mean((model.reconstruct(images) - images) ** 2)),
        "reconstruction": last["val_reconstruction"],
        "kl": last["val_kl"],
        "train_kl": float(model.kl_per_latent(training).sum(axis=1).mean()),
        **use_of_codes(model, training),
    }
    return [
        row
        | {"temperature": temperature}
        | scores(drawn_at(temperature, model, SAMPLES), training, features)
        for temperature in temperatures_of(model)
    ]


def temperatures_of(model) -> tuple:
    """Temperatures at which codes of a model are drawn; "" where it has none."""
    return TEMPERATURES if hasattr(model, "prior_temperature") else ("",)


def drawn_at(temperature: float | str, model, number: int) -> np.ndarray:
    """Images of codes that are drawn at a temperature, seed 0."""
    if temperature != "":
        model.prior_temperature = temperature
    return model.generate(number)


def reference(held_out: np.ndarray, training: np.ndarray, features: Features) -> dict:
    """Return the row of the validation images in place of samples."""
    return {"run": "validation images", **scores(held_out, training, features)}


def table(rows: list[dict]) -> str:
    """Return means over seeds, ± standard deviations, as a table in Markdown."""
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        run = row["run"].rstrip("-012") if row["steps"] else row["run"]
        groups.setdefault((run, row["temperature"], row["steps"]), []).append(row)
    titles = (
        *("run", "seeds", "temperature", "steps", "MSE, validation", "reconstruction"),
        *("KL", "KL, training", "used codes", "perplexity"),
        *("Frechet", "precision", "recall", "nearest"),
    )
    forms = {"mse": 4, "reconstruction": 1, "kl": 1, "train_kl": 1, "used_codes": 3}
    forms |= {"perplexity": 0, "frechet_distance": 1, "precision": 2, "recall": 2, "nearest": 4}
    lines = [f"| {' | '.join(titles)} |", "| --- " * len(titles) + "|"]
    for (run, temperature, steps), each in groups.items():
        head = [f"`{run}`" if steps else run, str(len(each)) if steps else "", temperature]
        head.append(f"{int(steps):,}" if steps else "")
        cells = [_cell([row[name] for row in each], digits) for name, digits in forms.items()]
        lines.append(f"| {' | '.join(head + cells)} |")
    return "\n".join(lines)


def _cell(texts: list[str], digits: int) -> str:
    return spread([float(text) for text in texts], digits) if all(texts) else ""


def draw(runs: list[Run]):
    """Draw the same validation images by each run, and samples of each run."""
    held_out = runs[0].validation_data
    originals = held_out.images(np.linspace(0, len(held_out) - 1, SHOWN).astype(int))
    images = [originals, *(run.model.reconstruct(originals) for run in runs)]
    labels = ["originals", *(f"{run.name}: reconstructed" for run in runs)]
    for run in runs:
        for temperature in temperatures_of(run.model):
            images.append(drawn_at(temperature, run.model, SHOWN))
            at = f" at {temperature:g}" if temperature != "" else ""
            labels.append(f"{run.name}: samples{at}")
    figure = plot_image_rows(
        np.stack(images),
        "Discrete codes, and a PixelCNN of them",
        (
            "Validation images, and samples: the first of one seed, none chosen.",
            "Codes are drawn from the prior (at 1) and at a temperature of 0.8.",
        ),
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
    runs = [run for run in runs if run.details["step"] == run.params.steps]
    draw([run for run in runs if not run.name.endswith(("-1", "-2"))])
    if options.figure:
        return
    data = runs[0].data
    training = data.images(np.arange(len(data)))
    features = Features(training)
    made = [row for run in runs for row in measure(run, training, features)]
    names = {run.name for run in runs}
    made += [row for row in read_rows(ROWS) if row["steps"] and row["run"] not in names]
    held_out = runs[0].validation_data
    made.append(reference(held_out.images(np.arange(len(held_out))), training, features))
    write_rows(ROWS, COLUMNS, made)
    print(table(read_rows(ROWS)))


if __name__ == "__main__":
    main()
