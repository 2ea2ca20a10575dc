"""Models that sharpen a VAE, on emoji and MNIST of 32x32: `python experiments/sharpening.py`.

    python experiments/sharpening.py                   trains and measures what is missing
    python experiments/sharpening.py --figure emoji    draws images/gallery/sharpness.png
    python experiments/sharpening.py --figure mnist    draws images/gallery/sharpness_mnist.png

Seven models have three seeds each. Sharpness, errors and nats are of validation images. 1,500
samples are compared with 1,500 training images by means and standard deviations over the places
of three convolutions with random weights: no model helped to choose these features. Runs are kept
in predictions/sharpening/, rows in experiments/sharpening.csv; `python experiments/tables.py` makes
the table.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402
from csv_rows import add_rows, read_rows  # noqa: E402

import vae_tf  # noqa: E402
from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.presets import runs  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.scores.sample_quality import frechet_distance  # noqa: E402
from vae_tf.scores.sharpness import sharpness  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
PICTURES = {"emoji": "sharpness.png", "mnist": "sharpness_mnist.png"}
TITLES = {"emoji": "emoji", "mnist": "MNIST"}
RUNS = ROOT / "predictions" / "sharpening"
COLUMNS = (
    *("data", "model", "seed", "steps", "sharpness_reconstructions", "sharpness_samples", "mse"),
    *("negative_elbo", "frechet", "cpu_minutes"),
)
NUMBERS = {  # column -> decimals in the table
    "sharpness_reconstructions": 2,
    "sharpness_samples": 2,
    "mse": 4,
    "negative_elbo": 0,
    "frechet": 2,
    "cpu_minutes": 1,
}
SEEDS = (0, 1, 2)
STEPS = {"emoji": 1_000, "mnist": 600}
FEATURES_OF = {"emoji": "predictions/emoji-VAE", "mnist": "predictions/MNIST-VAE"}
SAMPLES = 1_500
SHOWN = 8  # reconstructions, and as many samples, in a row of a picture
_CONVOLUTIONS = ((32, 4, 2), (64, 4, 2), (64, 4, 2))
_SEED_OF_FEATURES = 12_345


def models(data: str) -> dict[str, Params]:
    """Name of a row -> its `Params`, without the seed."""
    steps = STEPS[data]
    base = replace(
        runs()["emoji-residual-VAE"],
        dataset=data,
        encoder=(*_CONVOLUTIONS, (256,)),
        steps=steps,
        validate_every=steps,
        sample_every=steps,
    )
    perceptual = replace(base, model="perceptual_vae")
    return {
        "VAE": base,
        "VAE, residual(16, 32, 64)": replace(base, encoder="residual(16, 32, 64)"),
        "VAE, gaussian(stddev=optimal)": replace(base, likelihood="gaussian(stddev=optimal)"),
        "perceptual_vae, random layers": perceptual,
        "perceptual_vae, layers of a run": replace(
            perceptual, hyper={"features": FEATURES_OF[data]}
        ),
        "vae_gan": replace(base, model="vae_gan"),
        "sequential_vae": replace(base, model="sequential_vae"),
    }


def folder_of(data: str, name: str, seed: int) -> Path:
    """Run folder of a row."""
    letters = "".join(each if each.isalnum() else "-" for each in f"{data}-{name}-{seed}")
    return RUNS / letters


def moments(images: np.ndarray) -> np.ndarray:
    """Features `[N, 128]` that no data were learned from, of images `[N, 32, 32, C]`."""
    from vae_tf.networks.feature_maps import spec_maps

    network = spec_maps(
        _CONVOLUTIONS, images.shape[1:], seed=_SEED_OF_FEATURES, activation="leaky_relu"
    )
    maps = np.concatenate(
        [np.array(network(images[i : i + 250])[-1]) for i in range(0, len(images), 250)]
    )
    return np.concatenate([maps.mean(axis=(1, 2)), maps.std(axis=(1, 2))], axis=1)


def row_of(data: str, name: str, seed: int) -> dict:
    """Trains a run and measures it."""
    params, path = replace(models(data)[name], seed=seed), folder_of(data, name, seed)
    start = time.process_time()
    run = vae_tf.train(params, path, resume=path.exists())
    minutes = (time.process_time() - start) / 60
    held_out = run.validation_data
    x = held_out.images(held_out.evenly_spaced(SAMPLES))
    again, drawn = run.model.reconstruct(x), run.generate(SAMPLES, seed=0)
    real = run.data.images(run.data.evenly_spaced(SAMPLES))
    values = {
        "sharpness_reconstructions": sharpness(again, x),
        "sharpness_samples": sharpness(drawn, x),
        "mse": np.mean((again - x) ** 2),
        "frechet": frechet_distance(moments(real), moments(drawn)),
        "cpu_minutes": minutes,
    }
    if name != "vae_gan":  # its reconstruction is a distance between features
        constant = run.model.likelihood.constant * x[0].size
        values["negative_elbo"] = constant - run.history["val_elbo"][-1]
    rounded = {column: f"{float(value):.5g}" for column, value in values.items()}
    return {"data": data, "model": name, "seed": seed, "steps": params.steps, **rounded}


def reference(data: str) -> dict:
    """The row of other training images in place of a model's."""
    path = folder_of(data, "VAE", SEEDS[0])
    run = Run(path)
    order = np.random.default_rng(0).permutation(len(run.data))[: 2 * SAMPLES]
    real, other = (run.data.images(np.sort(part)) for part in np.split(order, 2))
    held_out = run.validation_data
    x = held_out.images(held_out.evenly_spaced(SAMPLES))
    values = {
        "sharpness_reconstructions": 1.0,
        "sharpness_samples": sharpness(other, x),
        "mse": 0.0,
        "frechet": frechet_distance(moments(real), moments(other)),
    }
    rounded = {column: f"{float(value):.5g}" for column, value in values.items()}
    return {"data": data, "model": "originals", "seed": "", **rounded}


def missing() -> list[tuple[str, str, int]]:
    """The rows that are not measured, a seed after the other."""
    known = {(row["data"], row["model"], row["seed"]) for row in read_rows(ROWS)}
    return [
        (data, name, seed)
        for seed in SEEDS
        for data in STEPS
        for name in models(data)
        if (data, name, str(seed)) not in known
    ]


def table() -> str:
    """Return the rows as Markdown: means over seeds, and their standard deviations."""
    rows = read_rows(ROWS)
    lines = [
        "| data | model | seeds | sharpness of reconstructions | sharpness of samples | MSE "
        "| -ELBO, nats | Frechet distance | CPU minutes |",
        "| --- " * 9 + "|",
    ]
    for data, name in dict.fromkeys((row["data"], row["model"]) for row in rows):
        own = [row for row in rows if (row["data"], row["model"]) == (data, name)]
        cells = [_cell(own, column, digits) for column, digits in NUMBERS.items()]
        seeds = "" if name == "originals" else str(len(own))
        lines.append(f"| {data} | {name} | {seeds} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(rows: list[dict], column: str, digits: int) -> str:
    values = [float(row[column]) for row in rows if row[column]]
    if not values:
        return ""
    mean = f"{statistics.mean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


def draw(data: str, seed: int):
    """Draws the same validation images by each model, and samples of each model.

    Args:
        data: A key of `PICTURES`.
        seed: Seed of the runs, all of which are trained.
    """
    from vae_tf.plots.image_figures import plot_image_rows
    from vae_tf.plots.saving import save_figure

    numbers = {
        row["model"]: [float(row[f"sharpness_{name}"]) for name in ("reconstructions", "samples")]
        for row in read_rows(ROWS)
        if row["data"] == data and row["seed"] == str(seed)
    }
    rows, labels = [], []
    for name, (reconstructed, drawn) in numbers.items():
        run = Run(folder_of(data, name, seed))
        images = run.validation_data
        x, other = np.split(images.images(images.evenly_spaced(2 * SHOWN)), 2)
        between = np.ones_like(x[:1])
        if not rows:
            rows, labels = [np.concatenate([x, between, other])], ["originals: 1.00"]
        rows.append(
            np.concatenate([run.model.reconstruct(x), between, run.generate(SHOWN, seed=0)])
        )
        labels.append(f"{name}: {reconstructed:.2f}, {drawn:.2f}")
    figure = plot_image_rows(
        np.stack(rows),
        f"Sharper VAEs: {TITLES[data]}",
        (
            f"32x32, 32 latents per code, {STEPS[data]:,} steps, seed {seed}. Left: validation "
            "images, from posterior means.",
            "Right: samples of the prior, the first of one seed; in the first row other "
            "validation images.",
            "Numbers: sharpness of reconstructions and of samples, the power from 1/4 to 1/2 "
            "cycle per pixel over the originals' power.",
        ),
        labels=labels,
    )
    save_figure(ROOT / "images" / "gallery" / PICTURES[data], figure)


def main():
    """Trains and measures, or draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", choices=PICTURES, help="draw; nothing is trained")
    parser.add_argument("--seed", type=int, default=SEEDS[0], help="of the figure's runs")
    options = parser.parse_args()
    if options.figure:
        draw(options.figure, options.seed)
        return
    for data, name, seed in missing():
        row = row_of(data, name, seed)
        add_rows(ROWS, COLUMNS, [row])
        print(row, flush=True)
    known = {(row["data"], row["model"]) for row in read_rows(ROWS)}
    for data in STEPS:
        if (data, "originals") not in known:
            add_rows(ROWS, COLUMNS, [reference(data)])


if __name__ == "__main__":
    main()
