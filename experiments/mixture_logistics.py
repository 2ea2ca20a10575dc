"""One logistic or a mixture for each pixel: `python experiments/mixture_logistics.py`.

The same plain decoder on emoji of 16x16 pixels, under both likelihoods of 8-bit pixels. Runs are
trained, or resumed, in predictions/mixture_logistics; their rows are kept in
experiments/mixture_logistics.csv.
"""

import math
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
from csv_rows import add_rows, read_rows  # noqa: E402
from page_tables import markdown, spread  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf.config import replace  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
COLUMNS = ("likelihood", "seed", "steps", "bits_per_dimension", "kl", "seconds")
LIKELIHOODS = ("discretized_logistic", "mixture_logistics(components=5)")
STEPS, SIDE = 300, 16


def row_of(likelihood: str, seed: int) -> dict:
    """Trains a run; -ELBO of validation images in bits per pixel and channel, KL in nats."""
    params = replace(
        presets.RUNS["emoji-PixelCNN"],
        likelihood=likelihood,
        image_size=SIDE,
        encoder=((32, 4, 2), (64, 4, 2), (256,)),
        decoder=None,
        kl_weight=1.0,
        seed=seed,
        steps=STEPS,
        validate_every=STEPS,
        sample_every=STEPS + 1,
    )
    name = f"{likelihood.partition('(')[0]}-{seed}"
    folder = ROOT / "predictions" / "mixture_logistics" / name
    begin = time.process_time()
    log = vae_tf.train(params, folder, resume=folder.exists()).history
    values = {
        "bits_per_dimension": -log["val_elbo"][-1] / (3 * SIDE**2 * math.log(2.0)),
        "kl": log["val_kl"][-1],
        "seconds": time.process_time() - begin,
    }
    return {name: f"{value:.3f}" for name, value in values.items()}


def table() -> str:
    """Mean ± standard deviation over seeds, as Markdown."""
    rows = []
    for likelihood in LIKELIHOODS:
        own = [row for row in read_rows(ROWS) if row["likelihood"] == likelihood]
        bits = spread([float(row["bits_per_dimension"]) for row in own], 3)
        rows.append([f"`{likelihood}`", bits, spread([float(row["kl"]) for row in own], 1)])
    return markdown(["likelihood", "-ELBO, bits per dimension", "KL, nats"], rows)


def main():
    """Trains what is missing."""
    done = {(row["likelihood"], row["seed"]) for row in read_rows(ROWS)}
    for seed in range(3):
        for likelihood in LIKELIHOODS:
            if (likelihood, str(seed)) not in done:
                known = {"likelihood": likelihood, "seed": seed, "steps": STEPS}
                add_rows(ROWS, COLUMNS, [row := known | row_of(likelihood, seed)])
                print(row, flush=True)


if __name__ == "__main__":
    main()
