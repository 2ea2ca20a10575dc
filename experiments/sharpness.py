"""Sharpness of what sharpens a VAE: `python experiments/sharpness.py train|measure|weights|draw`.

train NAME ...      trains rows of `RUNS` on emoji of 32x32 pixels, into --predictions
measure             measures the trained runs, into sharpness.csv
weights             sharpness against the KL weight: digits with three seeds, which it trains, and
the committed runs of predictions/gallery, into sharpness_weights.csv
draw                images/gallery/sharpness.png and sharpness_weights.png
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.schedules import falling  # noqa: E402

TABLE = ROOT / "experiments" / "sharpness.csv"

BASE = Params(
    dataset="emoji",
    image_size=32,
    encoder=((32, 4, 2), (64, 4, 2), (64, 4, 2), (256,)),
    latent_size=32,
    activation="leaky_relu",
    likelihood="gaussian",
    learning_rate=falling(1e-3),
    optimizer="adam(beta_1=0.5, clipnorm=1000)",
    steps=1_000,
    validate_every=250,
    sample_every=1_000,
)
RUNS: dict[str, Params] = {
    "VAE": BASE,
    "VAE, residual(16, 32, 64)": replace(BASE, encoder="residual(16, 32, 64)"),
    "VAE, gaussian(stddev=optimal)": replace(BASE, likelihood="gaussian(stddev=optimal)"),
    "perceptual_vae, random layers": replace(BASE, model="perceptual_vae"),
    "perceptual_vae, emoji-VAE": replace(
        BASE, model="perceptual_vae", hyper={"features": "predictions/emoji-VAE"}
    ),
    "vae_gan": replace(BASE, model="vae_gan"),
    "sequential_vae": replace(BASE, model="sequential_vae"),
}


def folder_of(name: str) -> str:
    """Name of the run folder of a row."""
    return "".join(each if each.isalnum() else "-" for each in name).strip("-")


def train_rows(names, predictions: Path):
    """Trains rows; what is trained already is left."""
    from vae_tf import train

    for name in names or RUNS:
        path = predictions / folder_of(name)
        if not (path / "params.json").exists():
            train(RUNS[name], path)


def main():
    """Runs one part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("train", "measure", "weights", "draw"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions" / "sharpness")
    options = parser.parse_args()
    if options.part == "train":
        train_rows(options.names, options.predictions)


if __name__ == "__main__":
    main()
