"""Scores of codes of the sprites that need no training.

    python experiments/sprites_baselines.py    scores what is missing

The sources are the true factors, raw pixels, PCA, ICA and a VAE with its initial weights. Their
scores are the scores of experiments/sprites_scores.py, from as many points. Rows are kept in
experiments/sprites_baselines.csv. `python experiments/tables.py` makes the table.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from csv_rows import add_rows, read_rows  # noqa: E402
from page_tables import sprites_table  # noqa: E402
from sprites_scores import SCORES, scores_of  # noqa: E402

from vae_tf import data, metrics, presets  # noqa: E402
from vae_tf.config import replace  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
COLUMNS = ("model", "seed", *SCORES)
UNTRAINED = "VAE untrained"
SEEDS = {"ground truth": 1, "raw pixels": 1, "PCA": 1, "ICA": 1, UNTRAINED: 3}
FITTED_ON = 10_000  # images that PCA and ICA are fitted on
NUM_CODES = 10  # of PCA and ICA, as many as the models have latents


def pixels(sprites) -> dict[str, float]:
    """Raw pixels are too many for a grid: they are rendered anew and get the first score only."""

    def represent(factors):
        return sprites.images_of(factors).reshape(len(factors), -1)

    sizes = {"num_train": 2_000, "num_eval": 5_000, "batch_size": 64}
    scores = metrics.beta_vae_score(represent, sprites.factor_sizes, **sizes, progress=True)
    return {"beta-VAE score": scores["eval"]}


def linear_codes(sprites, kind: str):
    """Codes of PCA or ICA, fitted on random sprites."""
    from sklearn.decomposition import PCA, FastICA

    rng = np.random.default_rng(0)
    sample = sprites.images_of(sprites.sample_factors(FITTED_ON, rng)).reshape(FITTED_ON, -1)
    fit = {
        "PCA": PCA(NUM_CODES, random_state=0),
        "ICA": FastICA(NUM_CODES, random_state=0, max_iter=1_000),
    }[kind].fit(sample)
    return lambda x: fit.transform(x.reshape(len(x), -1)).astype("float32")


def untrained(seed: int, sprites):
    """A VAE with its initial weights."""
    from vae_tf.models.template.build import build_model

    params = replace(presets.runs()["sprites-VAE"], seed=seed)
    return build_model(params, sprites.image_shape, len(sprites)).encode


def scored(model: str, seed: int) -> dict[str, float]:
    """Scores of a source."""
    sprites = data.load("sprites")
    if model == "raw pixels":
        return pixels(sprites)
    if model == "ground truth":
        grid = np.stack(np.unravel_index(np.arange(len(sprites)), sprites.factor_sizes), axis=1)
        return scores_of(metrics.Representation.from_arrays(grid.astype("float32"), grid))
    encode = untrained(seed, sprites) if model == UNTRAINED else linear_codes(sprites, model)
    return scores_of(metrics.Representation(encode, sprites))


def main():
    """Scores what is missing and prints the table."""
    done = {(row["model"], row["seed"]) for row in read_rows(ROWS)}
    for model, seeds in SEEDS.items():
        for seed in range(seeds):
            if (model, str(seed)) not in done:
                scores = {title: f"{value:.4f}" for title, value in scored(model, seed).items()}
                add_rows(ROWS, COLUMNS, [{"model": model, "seed": seed, **scores}])
    print(sprites_table())


if __name__ == "__main__":
    main()
