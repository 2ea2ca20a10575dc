"""KL and information against what the decoder sees: `python experiments/pixel_cnn.py`.

    python experiments/pixel_cnn.py                 trains what is missing: binary digits
    python experiments/pixel_cnn.py --data mnist    the same for binary MNIST, in an hour

The decoder is a PixelCNN whose pixels see a square of side 2 reach + 1 around them, as far as it
comes before them in raster order. Runs are trained, or resumed, in predictions/pixel_cnn; their
rows are kept in experiments/pixel_cnn.csv.
"""

import argparse
import math
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402
from csv_rows import add_rows, read_rows  # noqa: E402
from pixel_cnn_tables import ROWS  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.scores.likelihood import log_likelihood  # noqa: E402
from vae_tf.scores.probes import probe_scores  # noqa: E402

# Gated layers and kernel for each reach, the pixels that a pixel sees to each side. 8 is the whole
# of a digit, 27 of an image of MNIST.
DIALS = {
    "digits": {0: (0, 1), 1: (1, 3), 2: (2, 3), 4: (2, 5), 8: (2, 9)},
    "mnist": {0: (0, 1), 2: (2, 3), 4: (2, 5), 8: (2, 9), 27: (3, 19)},
}
BASES = {"digits": "digits-PixelCNN", "mnist": "binary-MNIST-PixelCNN"}
BATCHES = {"digits": 64, "mnist": 32}
TREATMENTS = ("plain", "annealed", "free bits", "KL held")
# Treatments, reaches, filters and seeds, the most important first.
RUNS = {
    "digits": [
        (TREATMENTS[:1], (0, 2, 8), 16, (0, 1, 2)),
        (TREATMENTS[1:2], (8, 0), 16, (0, 1, 2)),
        (TREATMENTS[2:], (8, 0), 16, (0, 1, 2)),
        (TREATMENTS[:1], (1, 4), 16, (0, 1, 2)),
        (TREATMENTS[1:], (2,), 16, (0, 1, 2)),
        (TREATMENTS[:1], (2, 8), 64, (0, 1, 2)),
    ],
    "mnist": [
        (treatments, reaches, filters, (seed,))
        for seed in (0, 1, 2)
        for treatments, reaches, filters in (
            (TREATMENTS[:2], (0, 8), 16),
            (TREATMENTS[:1], (2, 4), 16),
            (TREATMENTS[2:], (8,), 16),
            (TREATMENTS[:2], (27,), 8),
        )
    ]
    + [(TREATMENTS[1:], (2, 0), 16, (0, 1, 2))]
    + [(TREATMENTS[2:], (27,), 8, (seed,)) for seed in (0, 1, 2)],
}
COLUMNS = (
    *("data", "treatment", "reach", "filters", "seed", "steps", "kl", "information", "probe"),
    *("negative_elbo", "negative_log_likelihood", "seconds"),
)
_SAMPLES = 50
_MOST_CODES = 5_000  # of validation images, for the information and the probe
_MOST_IMAGES = {"digits": 360, "mnist": 200}  # of validation, for the log-likelihood
_HELD = {"digits": 8, "mnist": 15}  # nats that free bits leave free, or the controller holds


def parameters(data: str, treatment: str, reach: int, filters: int, seed: int, steps: int):
    """`Params` of a run."""
    layers, kernel = DIALS[data][reach]
    base = presets.RUNS[BASES[data]]
    changes: dict = {
        "plain": {},
        "annealed": {"kl_weight": f"linear(0, 1, {steps // 2})"},
        "free bits": {
            "model": "free_bits_vae",
            "hyper": {"free_nats": _HELD[data] / base.latent_size},
        },
        "KL held": {"kl_weight": f"controlled({_HELD[data]}, integral=0.001)"},
    }[treatment]
    return replace(
        base,
        **{"kl_weight": 1.0, **changes},
        decoder=f"pixel_cnn(layers={layers}, filters={filters}, kernel={kernel})",
        batch_size=BATCHES[data],
        seed=seed,
        steps=steps,
        sample_steps=(steps + 1,),  # no pictures
        validate_every=steps,
        patience=None,
    )


def information_bound(mean: np.ndarray, log_stddev: np.ndarray, seed: int = 0) -> float:
    """Lower bound of the information between images and codes, at most log N nats.

    E[log q(z|x_i) - log mean over j of q(z|x_j)], z ~ q(z|x_i), over the N images themselves: the
    contrastive bound with the best critic (Poole et al. 2019, Sec. 2.3).

    Args:
        mean: `[N, L]`.
        log_stddev: `[N, L]`.
        seed: Seed of z.
    """
    rng = np.random.default_rng(seed)
    mean, log_stddev = (np.asarray(part, np.float64) for part in (mean, log_stddev))
    z = mean + np.exp(log_stddev) * rng.standard_normal(mean.shape)
    # The squares of (z - mean) / stddev, multiplied out: no array [N, N, L].
    precision = np.exp(-2.0 * log_stddev)
    squares = np.square(z) @ precision.T - 2.0 * z @ (precision * mean).T
    squares += (precision * np.square(mean)).sum(-1)
    log_q = -0.5 * squares - log_stddev.sum(-1)
    mixture = np.logaddexp.reduce(log_q, axis=1) - math.log(len(z))
    return float(np.mean(np.diag(log_q) - mixture))


def measured(run, most_images: int) -> dict:
    """KL, information, accuracy of a linear probe, and bounds, of validation images."""
    model, held_out, train = run.model, run.validation_data, run.data.evenly_spaced(_MOST_CODES)
    rows = held_out.evenly_spaced(_MOST_CODES)
    mean, log_stddev = model.encode(held_out.images(rows))
    known, _ = model.encode(run.data.images(train))
    probe = probe_scores(known, run.data.labels[train], mean, held_out.labels[rows])
    images = held_out.images(held_out.evenly_spaced(most_images))
    log = run.history
    return {
        "kl": log["val_kl"][-1],
        "information": information_bound(mean, log_stddev),
        "probe": probe["linear_accuracy"],
        "negative_elbo": -log["val_elbo"][-1],
        "negative_log_likelihood": -log_likelihood(model, images, _SAMPLES).mean(),
    }


def row_of(data: str, treatment: str, reach: int, filters: int, seed: int, steps: int) -> dict:
    """Trains a run and measures it."""
    params = parameters(data, treatment, reach, filters, seed, steps)
    name = f"{data}-{treatment.replace(' ', '-')}-{reach}-{filters}-{seed}-{steps}"
    folder = ROOT / "predictions" / "pixel_cnn" / name
    begin = time.process_time()
    run = vae_tf.train(params, folder, resume=folder.exists())
    values = measured(run, _MOST_IMAGES[data]) | {"seconds": time.process_time() - begin}
    return {name: f"{value:.3f}" for name, value in values.items()}


def jobs(data: str, steps: int, first: int) -> list[dict]:
    """Identify each run that is not measured yet, in the order of `RUNS`."""
    known = ("data", "treatment", "reach", "filters", "seed", "steps")
    done = {tuple(row[name] for name in known) for row in read_rows(ROWS)}
    asked = (
        dict(zip(known, map(str, (data, treatment, reach, filters, seed, steps)), strict=True))
        for treatments, reaches, filters, seeds in RUNS[data][first:]
        for seed in seeds
        for treatment in treatments
        for reach in reaches
    )
    return [job for job in asked if tuple(job.values()) not in done]


def main():
    """Trains and measures what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=DIALS, default="digits")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="group of RUNS to begin with")
    options = parser.parse_args()
    while found := jobs(options.data, options.steps, options.first):
        job = found[0]
        numbers = {name: int(job[name]) for name in ("reach", "filters", "seed", "steps")}
        row = job | row_of(job["data"], job["treatment"], **numbers)
        add_rows(ROWS, COLUMNS, [row])
        print(row, flush=True)


if __name__ == "__main__":
    main()
