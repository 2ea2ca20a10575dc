"""Smaller questions, each with tiny models on digits: `python experiments/small_questions.py`.

    python experiments/small_questions.py            measures what is missing, and draws
    python experiments/small_questions.py --figures  draws from the rows that are committed

Rows are kept in experiments/small_questions.csv, the KL of the first steps in
experiments/small_questions_kl.csv; small_figures.py draws images/gallery/small_questions/.
"""

import argparse
import functools
import time
from pathlib import Path

import numpy as np
import small_figures
import tiny_models
from number_table import Table
from tiny_models import DIGITS, averages, of_beta, replace, trained
from tiny_posteriors import FullCovarianceVAE, GumbelVAE

from vae_tf import data, metrics
from vae_tf.models.vae import VAE

ROWS = Path(__file__).with_suffix(".csv")
FIRST_STEPS = Path(__file__).with_name("small_questions_kl.csv")
SEEDS = 3
SIZES = (2, 4, 8, 16, 32, 64)
BETAS = (0.5, 1, 2, 4)
DIP_STEPS = 300
ACTIVE = 0.01  # variance of the means of an active latent (Burda et al. 2016)
CORRUPTIONS = {
    "clean": lambda images, rng: images,
    "noise 0.1": lambda images, rng: images + 0.1 * rng.normal(size=images.shape),
    "noise 0.3": lambda images, rng: images + 0.3 * rng.normal(size=images.shape),
    "shift 1 pixel": lambda images, rng: np.roll(images, 1, axis=2),
    "half contrast": lambda images, rng: 0.5 * images,
}


@functools.cache
def model_of(beta: float, latent_size: int, seed: int):
    """A model on digits, trained once, and the terms of its steps."""
    images, *_ = tiny_models.digits()
    return trained(of_beta(beta, latent_size=latent_size, seed=seed), images)


def map_of(table: Table, seed: int):
    """Latent sizes 2 to 64 at beta 1, and for seed 0 at each beta."""
    images, _, test, _ = tiny_models.digits()
    for beta in BETAS if seed == 0 else (1,):
        for size in SIZES:
            setting = f"beta {beta}, {size} latents"
            if table.has("map", setting, seed):
                continue
            model, _ = model_of(beta, size, seed)
            mean = model.encode(images)[0]
            values = averages(model, test, 10) | {"active": np.sum(mean.var(axis=0) > ACTIVE)}
            table.add("map", setting, seed, values)


def dip(seed: int):
    """The KL of each of the first steps, a column of the file for each seed."""
    _, terms = model_of(1, 8, seed)
    known = np.loadtxt(FIRST_STEPS, delimiter=",", ndmin=2) if FIRST_STEPS.exists() else None
    new = terms["kl"][:DIP_STEPS, None]
    columns = new if known is None else np.hstack([known[:, :seed], new])
    np.savetxt(FIRST_STEPS, columns, fmt="%.4f", delimiter=",")


def samples(table: Table, seed: int):
    """Several Monte Carlo samples an image in the loss."""
    images, _, test, _ = tiny_models.digits()

    for count in (1, 5, 20):
        if table.has("samples", count, seed):
            continue

        class Several(VAE):
            num_samples = count

        began = time.process_time()
        model, terms = trained(replace(DIGITS, seed=seed), images, Several)
        values = averages(model, test, 10) | {"cpu_seconds": time.process_time() - began}
        values["spread_of_loss"] = np.std(np.diff(terms["loss"][-500:])) / np.sqrt(2)
        table.add("samples", count, seed, values)


def diagonal(table: Table, seed: int):
    """Whether latents are aligned with factors: diagonal or full posterior, and rotated codes."""
    sprites = data.load("sprites", image_size=16)
    rng = np.random.default_rng(0)
    factors = sprites.sample_factors(6_000, rng)
    factors[:, [0, 2]] = [[1, 0]]  # level ellipses: scale, x and y differ
    images = sprites.images_of(factors)
    params = replace(DIGITS, latent_size=5, encoder=((256,), (64,)), seed=seed, steps=3_000)
    kinds = {"diagonal": None, "full covariance": FullCovarianceVAE}
    for name, kind in kinds.items():
        if table.has("diagonal", name, seed):
            continue
        model, _ = trained(params, images, kind)
        codes = model.encode(images)[0]
        values = averages(model, images[:1_000], 10)
        values["mig"] = metrics.mig_score(codes, factors[:, [1, 3, 4]])
        turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 5)))[0]
        values["mig_rotated"] = metrics.mig_score(codes @ turn, factors[:, [1, 3, 4]])
        table.add("diagonal", name, seed, values)


def networks(table: Table, seed: int):
    """Dense against convolutional networks, by the number of training images."""
    images, _, test, _ = tiny_models.digits()
    kinds = {"dense": ((128,),), "convolutional": ((16, 3, 2), (32, 3, 2), (32,))}
    for count in (50, 250, 1_500):
        for name, encoder in kinds.items():
            setting = f"{name}, {count} images"
            if table.has("networks", setting, seed):
                continue
            params = replace(DIGITS, encoder=encoder, seed=seed)
            model, _ = trained(params, images[:count])
            table.add("networks", setting, seed, averages(model, test, 10))


def sparsity(table: Table, seed: int):
    """Whether an autoencoder's codes are sparse."""
    images, _, test, _ = tiny_models.digits()
    for name in ("plain_ae", "vae"):
        if table.has("sparsity", name, seed):
            continue
        weight = {"model": name, "kl_weight": None}
        model, _ = trained(replace(DIGITS, **weight, latent_size=32, seed=seed), images)
        codes = model.encode(test)[0]
        scaled = (codes - codes.mean(axis=0)) / np.maximum(codes.std(axis=0), 1e-6)
        active = codes.var(axis=0) > ACTIVE
        one, two = np.abs(codes).sum(axis=1), np.sqrt(np.square(codes).sum(axis=1))
        root = np.sqrt(codes.shape[1])
        values = {
            "active": active.sum(),
            # 0 for latents of one size, 1 for codes of one latent (Hoyer 2004); of a Gaussian 0.24.
            "hoyer": np.mean((root - one / two) / (root - 1)),
            "kurtosis": np.mean(scaled[:, active] ** 4),
        }
        table.add("sparsity", name, seed, values)


def robustness(table: Table, seed: int):
    """Accuracy from codes of corrupted images, by a classifier of codes of clean ones."""
    from sklearn.linear_model import LogisticRegression

    images, labels, test, test_labels = tiny_models.digits()
    for beta in (0, *BETAS):
        if table.has("robustness", beta, seed):
            continue
        model, _ = model_of(beta, 8, seed)
        codes = model.encode(images)[0]
        center, scale = codes.mean(axis=0), np.maximum(codes.std(axis=0), 1e-6)
        classifier = LogisticRegression(max_iter=1_000).fit((codes - center) / scale, labels)
        values = {}
        for name, corrupt in CORRUPTIONS.items():
            seen = corrupt(test, np.random.default_rng(seed)).astype("float32")
            codes = (model.encode(np.clip(seen, 0, 1))[0] - center) / scale
            values[name] = 100 * classifier.score(codes, test_labels)
        table.add("robustness", beta, seed, values)


def distances(table: Table, seed: int):
    """How near to the data generated images are, by the distance of their codes from 0."""
    from sklearn.neighbors import NearestNeighbors

    images, _, test, _ = tiny_models.digits()
    tree = NearestNeighbors(n_neighbors=1).fit(images.reshape(len(images), -1))
    model, _ = model_of(1, 8, seed)
    codes = np.random.default_rng(seed).normal(size=(500, 8))
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    unit = tree.kneighbors(test.reshape(len(test), -1))[0].mean()
    for radius in (0, 1, 2, 2.83, 4, 6, 9):
        if not table.has("distance", radius, seed):
            drawn = model.decode((radius * codes).astype("float32")).reshape(500, -1)
            away = tree.kneighbors(drawn)[0].mean()
            table.add("distance", radius, seed, {"to_data": away / unit, "pixels": away})


def gumbel(table: Table, seed: int):
    """Gumbel-softmax latents: 8 variables of 8 classes."""
    images, _, test, _ = tiny_models.digits()
    if not table.has("gumbel", "8 x 8 classes", seed):
        model, _ = trained(replace(DIGITS, latent_size=64, seed=seed), images, GumbelVAE)
        table.add("gumbel", "8 x 8 classes", seed, averages(model, test, 10))
    if not table.has("gumbel", "8 Gaussians", seed):
        table.add("gumbel", "8 Gaussians", seed, averages(model_of(1, 8, seed)[0], test, 10))


def projections(table: Table, seed: int):
    """Accuracy of 5 neighbors on maps of codes, PCA, t-SNE and UMAP, and their picture."""
    from sklearn.model_selection import cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    from vae_tf.plots.projections import PROJECTIONS, project

    images, labels, *_ = tiny_models.digits()
    codes = model_of(1, 8, seed)[0].encode(images)[0]
    maps = {"all 8 latents": codes}
    maps |= {name: np.array(project(codes, name, seed=seed)) for name in PROJECTIONS}
    for name, places in maps.items():
        if not table.has("projection", name, seed):
            scores = cross_val_score(KNeighborsClassifier(5), places, labels, cv=5)
            table.add("projection", name, seed, {"accuracy": 100 * scores.mean()})
    small_figures.draw_maps(maps, labels, seed)


def main():
    """Measures what is missing, and draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figures", action="store_true", help="draw, train nothing")
    table = Table(ROWS)
    if not parser.parse_args().figures:
        for seed in range(SEEDS):
            dip(seed)
            for question in (samples, diagonal, map_of, robustness, distances, sparsity, gumbel):
                question(table, seed)
            networks(table, seed)
        projections(table, 0)
    small_figures.draw(table, FIRST_STEPS)


if __name__ == "__main__":
    main()
