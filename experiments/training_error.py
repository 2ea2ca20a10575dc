"""Terms of the loss on all images of a run: `python experiments/training_error.py [RUN ...]`.

log.csv has the terms of one batch in the columns of training. Here they are averages over all
training images and over all validation images, with the weights at the end and one sample of the
posterior an image (the same noise as every validation has); ± a standard error over images. It says
nothing of other trainings.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from vae_tf.data import ImageSet  # noqa: E402
from vae_tf.data.batches import parts  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.training.evaluation import NOISE_SEED, as_tensors, state_kept  # noqa: E402


def terms(run: Run, images: ImageSet) -> np.ndarray:
    """Reconstruction and KL of each image, `[N, 2]` nats."""
    model, found = run.model, []
    with state_kept(model, NOISE_SEED):
        for batch in parts(images, run.params.batch_size, model.batch_keys):
            outputs = model.forward(as_tensors(batch), training=False)
            reconstruction, _ = model.reconstruction(outputs)
            kl = model.regularizer(outputs)[1]["kl"]
            found.append(np.stack([reconstruction, kl], axis=1))
    return np.concatenate(found)


def mean_and_error(values: np.ndarray) -> str:
    """Mean of values `[N]` ± its standard error."""
    return f"{values.mean():.1f} ± {values.std(ddof=1) / len(values) ** 0.5:.1f}"


def main():
    """Prints a row for each run and split."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", default=["emoji-VAE"])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    print("| run | images | reconstruction | KL | -ELBO |\n| --- | --- | --- | --- | --- |")
    for name in options.runs:
        run = Run(options.predictions / name)
        for images in (run.data, run.validation_data):
            found = terms(run, images)
            cells = [mean_and_error(each) for each in (*found.T, found.sum(axis=1))]
            print(f"| `{name}` | {len(images):,}, {images.split} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
