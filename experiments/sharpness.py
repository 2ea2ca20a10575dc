"""Sharpness of a VAE by its KL weight: `python experiments/sharpness.py PART`.

digits           trains digits under five KL weights with three seeds, into --predictions
weights          sharpness against the KL weight, into sharpness_weights.csv: the digits that are
                 trained, and the committed runs of predictions
normalization    residual networks without and with group normalization, on digits, into
        sharpness_normalization.csv
draw             images/gallery/sharpness_weights.png
"""

import argparse
import csv
import sys
import time
from pathlib import Path

import numpy as np
from csv_rows import read_rows
from page_tables import markdown, spread

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.presets import runs  # noqa: E402
from vae_tf.scores.sharpness import sharpness  # noqa: E402

WEIGHTS = ROOT / "experiments" / "sharpness_weights.csv"
NORMALIZATION = ROOT / "experiments" / "sharpness_normalization.csv"
PRESETS = runs()

DIGITS_WEIGHTS = (0.1, 0.3, 1.0, 3.0, 10.0)
_SEEDS = (0, 1, 2)
_NORMALIZATION = {"loss": 2, "cpu_seconds": 0}  # column -> digits
_CONFUSED = 300  # codes whose confused images are averaged


def confused(run, rng) -> dict[str, float]:
    """Sharpness of decoded codes, and of the images that q confuses with theirs, averaged.

    For z ~ q(z|x_i), x_i of the training images, the image that maximizes the Gaussian or Bernoulli
    likelihood is sum_j w_j x_j with w_j = q(z|x_j) / sum_k q(z|x_k) (Zhao et al. 2017, Sec. 3):
    the best decoder for this encoder, without any network.
    """
    x = run.data.images(np.arange(len(run.data)))
    mean, log_stddev = run.model.encode(x)
    rows = rng.choice(len(x), min(_CONFUSED, len(x)), replace=False)
    z = mean[rows] + np.exp(log_stddev[rows]) * rng.standard_normal(mean[rows].shape)
    inverse = np.exp(-2.0 * log_stddev.astype(np.float64))
    log_q = np.stack([-0.5 * ((each - mean) ** 2 * inverse).sum(axis=1) for each in z])
    log_q -= log_stddev.sum(axis=1)
    weights = np.exp(log_q - log_q.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    averages = (weights.astype("float32") @ x.reshape(len(x), -1)).reshape(-1, *x.shape[1:])
    decoded = run.model.decode(z.astype("float32"))
    return {
        "sharpness_decoded": sharpness(decoded, x[rows]),
        "sharpness_averages": sharpness(averages, x[rows]),
        "confused_images": float(np.mean(1.0 / (weights**2).sum(axis=1))),
    }


def _digits(predictions: Path) -> dict[Path, Params]:
    """Runs of digits by their folders."""
    base = replace(PRESETS["digits-VAE"], steps=1_000, sample_every=1_000, validate_every=1_000)
    return {
        predictions / f"digits-{weight:g}-{seed}": replace(base, kl_weight=weight, seed=seed)
        for weight in DIGITS_WEIGHTS
        for seed in _SEEDS
    }


def digits(predictions: Path):
    """Trains digits under each KL weight with three seeds; trained runs are skipped."""
    from vae_tf import train

    for path, params in _digits(predictions).items():
        if not (path / "params.json").exists():
            train(params, path)


def weights(predictions: Path):
    """Writes sharpness against the KL weight, of the digits that are trained, and of emoji."""
    from vae_tf.runs import Run

    found = [("digits", path) for path in _digits(predictions) if (path / "params.json").exists()]
    names = ["emoji-VAE", *(f"emoji-{beta}-Beta-VAE" for beta in (10, 100, 1_000, 10_000))]
    found += [("emoji", ROOT / "predictions" / name) for name in names]
    rows = []
    for data, path in found:
        run = Run(path)
        x = run.validation_data.images(np.arange(len(run.validation_data)))
        values = {
            "data": data,
            "kl_weight": float(run.params.kl_weight(0)),
            "seed": run.params.seed,
            "kl": float(run.model.kl_per_latent(x).sum(axis=1).mean()),
            "sharpness_reconstructions": sharpness(run.model.reconstruct(x), x),
            "sharpness_samples": sharpness(run.generate(len(x), seed=0), x),
            **confused(run, np.random.default_rng(0)),
        }
        rows.append(list(values.values()))
        print(values, flush=True)
    _write(WEIGHTS, list(values), rows)


def normalization(predictions: Path):
    """Writes validation losses of residual networks without and with group normalization."""
    from keras import layers

    from vae_tf import train
    from vae_tf.networks import residual

    plain = residual._activated

    def grouped(x, activation, name):
        groups = layers.GroupNormalization(min(8, x.shape[-1]), name=f"{name}_groups")
        return plain(groups(x), activation, name)

    base = replace(PRESETS["digits-VAE"], encoder="residual(16, 32)", steps=400, validate_every=400)
    base = replace(base, learning_rate="falling(0.001)", sample_every=400, checkpoint_every=400)
    rows = []
    for name, function in (("without", plain), ("with", grouped)):
        residual._activated = function
        for seed in _SEEDS:
            start = time.process_time()
            run = train(replace(base, seed=seed), predictions / f"normalization-{name}-{seed}")
            seconds = time.process_time() - start
            rows.append([name, seed, float(run.history["val_loss"][-1]), seconds])
    residual._activated = plain
    _write(NORMALIZATION, ["group normalization", "seed", "loss", "cpu_seconds"], rows)


def normalization_table() -> str:
    """Return validation losses and CPU seconds with and without group normalization."""
    groups: dict[str, list[dict]] = {}
    for row in read_rows(NORMALIZATION):
        groups.setdefault(row["group normalization"], []).append(row)
    lines = [
        [name, str(len(rows))]
        + [spread([float(row[column]) for row in rows], n) for column, n in _NORMALIZATION.items()]
        for name, rows in groups.items()
    ]
    heads = ["group normalization", "seeds", "validation loss, nats", "CPU seconds"]
    return markdown(heads, lines)


def _write(path, heads, rows):
    def cell(value):
        return f"{value:.5g}" if isinstance(value, float) else value

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows([[cell(value) for value in row] for row in rows])


def weights_table() -> str:
    """Return the table of KL weights as Markdown: mean, and least to greatest of the seeds."""
    rows = read_rows(WEIGHTS)
    heads = ("kl", "sharpness_reconstructions", "sharpness_samples", "sharpness_decoded")
    heads += ("sharpness_averages", "confused_images")
    lines = [
        "| data | KL weight | seeds | KL, nats | sharpness of reconstructions "
        "| sharpness of samples | sharpness of decoded codes "
        "| sharpness of averages of confused images | number of confused images |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for key in dict.fromkeys((row["data"], row["kl_weight"]) for row in rows):
        group = [row for row in rows if (row["data"], row["kl_weight"]) == key]
        cells = []
        for head in heads:
            values = np.array([float(row[head]) for row in group])
            digits = 1 if head in ("kl", "confused_images") else 2
            cell = f"{values.mean():.{digits}f}"
            if len(values) > 1:
                cell += f" ({values.min():.{digits}f}-{values.max():.{digits}f})"
            cells.append(cell)
        lines.append(f"| {key[0]} | {float(key[1]):g} | {len(group)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(predictions: Path):
    """Draws the picture, of the committed table."""
    import sharpness_pictures

    sharpness_pictures.draw(read_rows(WEIGHTS))


PARTS = {
    "digits": digits,
    "weights": weights,
    "normalization": normalization,
    "draw": draw,
}


def main():
    """Runs one part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=tuple(PARTS))
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions" / "sharpness")
    options = parser.parse_args()
    PARTS[options.part](options.predictions)


if __name__ == "__main__":
    main()
