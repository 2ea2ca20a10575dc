"""-log p(x) of a trained PixelCNN decoder: `python experiments/pixel_cnn_likelihood.py`.

    python train.py binary-MNIST-PixelCNN --set validate_every=1000    47 minutes of a core
    python experiments/pixel_cnn_likelihood.py --images 5000           8 minutes more

Measures KL, -ELBO and, by importance sampling, -log p(x) of MNIST's test images. The -ELBO of
validation images during training is from the run's log. The numbers are kept in
experiments/pixel_cnn_likelihood.csv and experiments/pixel_cnn_steps.csv, in the place of what these
had; `python experiments/tables.py` makes the tables of docs/results/pixel_cnn.md.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402
from csv_rows import write_rows  # noqa: E402
from pixel_cnn_tables import LIKELIHOODS, STEPS  # noqa: E402

from vae_tf import data  # noqa: E402
from vae_tf.runs import Run, load_run  # noqa: E402
from vae_tf.scores.likelihood import importance_estimates, log_likelihood  # noqa: E402

COLUMNS = (
    *("run", "seed", "steps", "images", "samples", "kl", "negative_elbo"),
    *("negative_log_likelihood", "standard_error", "effective_samples"),
)
STEP_COLUMNS = ("run", "step", "negative_elbo")


def row_of(run: Run, num_images: int, num_samples: int) -> dict:
    """KL, -ELBO and -log p(x) of a run, in nats per image.

    Args:
        run: A run on binary MNIST.
        num_images: Number of test images, from the first.
        num_samples: Importance samples per image.
    """
    images = data.load("mnist_binary", "test").images(np.arange(num_images))
    kl = run.model.kl_per_latent(images).sum(axis=1)
    elbo = log_likelihood(run.model, images, 1, progress=True)
    nats, effective = importance_estimates(run.model, images, num_samples, progress=True)
    values = {
        "kl": kl.mean(),
        "negative_elbo": -elbo.mean(),
        "negative_log_likelihood": -nats.mean(),
        "standard_error": nats.std(ddof=1) / np.sqrt(len(nats)),
        "effective_samples": effective.mean(),
    }
    return {
        "run": run.path.name,
        "seed": run.params.seed,
        "steps": run.params.steps,
        "images": len(images),
        "samples": num_samples,
        **{name: f"{value:.3f}" for name, value in values.items()},
    }


def steps_of(run: Run) -> list[dict]:
    """-ELBO of the validation images, at each step that was validated."""
    return [
        {"run": run.path.name, "step": int(step), "negative_elbo": f"{-elbo:.2f}"}
        for step, elbo in zip(run.history["step"], run.history["val_elbo"], strict=True)
        if np.isfinite(elbo)
    ]


def main():
    """Measures a run and keeps its rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", default=ROOT / "predictions/binary-MNIST-PixelCNN")
    parser.add_argument("--images", type=int, default=10_000, help="number of test images")
    parser.add_argument("--samples", type=int, default=50, help="of the posterior, an image")
    options = parser.parse_args()
    run = load_run(options.run)
    row = row_of(run, options.images, options.samples)
    write_rows(LIKELIHOODS, COLUMNS, [row])
    write_rows(STEPS, STEP_COLUMNS, steps_of(run))
    print(row)


if __name__ == "__main__":
    main()
