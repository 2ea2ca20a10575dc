"""How well a VAE finds the odd images, beside simpler detectors: AUROC on MNIST and emoji.

    python experiments/anomalies.py left_out     # train on nine digits of MNIST, find the tenth
    python experiments/anomalies.py left_out_long    # the same in ten times the steps, 2 latents
    python experiments/anomalies.py one_class    # train on one digit, find the other nine
    python experiments/anomalies.py pyod         # detectors of PyOD on the pixels of both
    python experiments/anomalies.py paradox      # train on grey emoji, find sprites and MNIST
    python experiments/anomalies.py paradox --dataset fashion_mnist     # train on it, find the same
    python experiments/anomalies.py left_out --dataset fashion_mnist    # and the others

Each setting has the seeds 0, 1 and 2. Rows go to experiments/anomalies.csv as they are measured; a
row that is there is not measured again. PyOD: pip install pyod.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
from csv_rows import add_rows, read_rows
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import OneClassSVM

import vae_tf
from vae_tf.data import load
from vae_tf.priors.code_mixture import fit_mixture
from vae_tf.runs.anomalies.methods import METHODS, anomaly_scores

TABLE = Path(__file__).with_suffix(".csv")
COLUMNS = ["experiment", "dataset", "digit", "latents", "seed", "features", "method", "auroc"]
SEEDS = (0, 1, 2)
STEPS = {"left_out": 1_000, "left_out_long": 10_000, "one_class": 1_000}
BATCH = 128
PARADOX_STEPS, NUM_PARADOX = 1_000, 200
LAST = "pyod_hbos"  # detector of the last row of a setting
MOST_TRAIN, MOST_SVM, NUM_TEST = 20_000, 2_000, 1_500


def trained(x, latents, seed, *, likelihood, steps):
    """A VAE with default networks after so many steps."""
    import keras

    size = {"image_shape": x.shape[1:], "latent_size": latents}
    model = vae_tf.models.VAE(**size, likelihood=likelihood, seed=seed)
    model.compile(keras.optimizers.Adam(1e-3))
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        model.train_on_batch(x[rng.integers(len(x), size=BATCH)])
    return model


def simple_detectors(train, test, seed):
    """Name -> scores of the test rows, higher is odder, of detectors without a VAE."""
    few = train[np.random.default_rng(seed).permutation(len(train))[:MOST_SVM]]
    forest = IsolationForest(random_state=seed, n_jobs=1).fit(train)
    yield "isolation_forest", -forest.score_samples(test)
    yield "one_class_svm", -OneClassSVM(gamma="scale", nu=0.1).fit(few).score_samples(test)
    distance, _ = NearestNeighbors(n_neighbors=5).fit(few).kneighbors(test)
    yield "nearest_neighbors", distance[:, -1]
    kept = min(32, train.shape[1] // 2)
    pca = PCA(kept, svd_solver="randomized", random_state=seed).fit(train)
    rest = test - pca.inverse_transform(pca.transform(test))
    yield "pca", np.square(rest).sum(axis=1)


def detectors_of_pyod(train, test, seed):
    """The same of detectors of PyOD that scikit-learn does not have."""
    from pyod.models.copod import COPOD
    from pyod.models.ecod import ECOD
    from pyod.models.hbos import HBOS

    few = train[np.random.default_rng(seed).permutation(len(train))[:MOST_SVM]]
    for name, detector in (("ecod", ECOD()), ("copod", COPOD()), ("hbos", HBOS())):
        yield f"pyod_{name}", detector.fit(few).decision_function(test)


def digits(experiment, dataset, digit, latents, seed):
    """Rows of one digit: it is the odd one (left_out), or the normal one (one_class)."""
    x, x_test, odd = split(experiment, dataset, digit, seed)
    model = trained(x, latents, seed, likelihood="bernoulli", steps=STEPS[experiment])
    codes, codes_test = model.encode(x)[0], model.encode(x_test)[0]
    mixture = fit_mixture(codes[:10_000])
    for method in ("reconstruction", "elbo", "latent"):
        scores = anomaly_scores(model, x_test, method, mixture=mixture)
        yield "vae", method, roc_auc_score(odd, scores)
    if latents == 32:  # pixels are the same whatever the model
        for method, scores in simple_detectors(x, x_test, seed):
            yield "pixels", method, roc_auc_score(odd, scores)
    for detectors in (simple_detectors, detectors_of_pyod):
        for method, scores in detectors(codes, codes_test, seed):
            yield "codes", method, roc_auc_score(odd, scores)


def split(experiment, dataset, digit, seed):
    """Training pixels `[N, D]`, test pixels `[M, D]`, and which of these are odd `[M]`."""
    train, test = load(dataset, "train"), load(dataset, "test")
    is_normal = (lambda y: y != digit) if experiment != "one_class" else (lambda y: y == digit)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(np.flatnonzero(is_normal(train.labels)))[:MOST_TRAIN]
    x = train.images(np.sort(rows)).reshape(len(rows), -1)
    chosen = test_rows(test.labels == digit, rng)
    return x, test.images(chosen).reshape(len(chosen), -1), ~is_normal(test.labels[chosen])


def by_pyod(experiment, dataset, digit, seed):
    """Rows of one digit by detectors of PyOD on pixels."""
    x, x_test, odd = split(experiment, dataset, digit, seed)
    for method, scores in detectors_of_pyod(x, x_test, seed):
        yield "pixels", method, roc_auc_score(odd, scores)


def test_rows(is_digit, rng):
    """Test images, one digit and all others in equal numbers, at most 1,500 in all."""
    one, others = np.flatnonzero(is_digit), np.flatnonzero(~is_digit)
    half = min(NUM_TEST // 2, len(one))
    return np.concatenate([rng.permutation(one)[:half], rng.permutation(others)[:half]])


def paradox(dataset, seed):
    """Rows of a set against simpler sets: likelihood, and what is meant to fix it."""
    size = 28
    if dataset == "fashion_mnist":
        train, normal = load(dataset, "train"), load(dataset, "test")
    else:
        train = load(dataset, "train", size, channels=1, validation=0.1)
        normal = load(dataset, "validation", size, channels=1, validation=0.1)
    x = train.images(np.arange(min(len(train), MOST_TRAIN)))
    x_normal = normal.images(np.arange(NUM_PARADOX))
    model = trained(x, 16, seed, likelihood="discretized_logistic", steps=PARADOX_STEPS)
    mixture = fit_mixture(model.encode(x)[0])
    rng = np.random.default_rng(seed)
    odd_sets = {}
    for name, images in (("mnist", load("mnist", "test")), ("sprites", load("sprites"))):
        some = images.images(np.sort(rng.permutation(len(images))[:NUM_PARADOX]))
        # White on black, as they are and as clothes are, and black on white, as emoji are drawn.
        odd_sets[name] = resized(some, size)
        odd_sets[f"{name}_inverted"] = 1 - odd_sets[name]
    for method in METHODS:
        given = anomaly_scores(model, x_normal, method, mixture=mixture)
        for name, some in odd_sets.items():
            scores = anomaly_scores(model, some, method, mixture=mixture)
            truth = np.repeat([False, True], [len(given), len(scores)])
            yield name, "vae", method, roc_auc_score(truth, np.concatenate([given, scores]))


def resized(images, size):
    """Grey images of another size, rounded to 256 levels."""
    from PIL import Image

    levels = np.round(255 * images[..., 0]).astype(np.uint8)
    made = [
        Image.fromarray(each).resize((size, size), Image.Resampling.BILINEAR) for each in levels
    ]
    return np.stack([np.asarray(each) for each in made])[..., None] / np.float32(255)


def main():
    """Measures what is not in the table yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", choices=(*STEPS, "pyod", "paradox"))
    parser.add_argument("--dataset", help="default: mnist, for the paradox emoji")
    parser.add_argument("--latents", type=int, nargs="+", default=[2, 32])
    options = parser.parse_args()
    rows = {tuple(row[name] for name in COLUMNS[:7]) for row in read_rows(TABLE)}
    known = {row[:5] for row in rows}
    if options.experiment == "paradox":
        dataset = options.dataset or "emoji"
        experiment = f"paradox {dataset}"
        for seed in SEEDS:
            if (experiment, "mnist", "-", "16", str(seed)) not in known:
                for name, *row in paradox(dataset, seed):
                    add([experiment, name, "-", 16, seed], row)
        return
    dataset = options.dataset or "mnist"
    if options.experiment == "pyod":
        for seed, name, digit in itertools.product(SEEDS, ("left_out", "one_class"), range(10)):
            setting = [name, dataset, digit, "-", seed]
            if tuple(map(str, setting)) not in known:
                for row in by_pyod(name, dataset, digit, seed):
                    add(setting, row)
        return
    latent_sizes = [2] if options.experiment == "left_out_long" else options.latents
    for seed, latents, digit in itertools.product(SEEDS, latent_sizes, range(10)):
        setting = [options.experiment, dataset, digit, latents, seed]
        key = tuple(map(str, setting))
        if (*key, "codes", LAST) not in rows:
            for row in digits(*setting):
                if (*key, *row[:2]) not in rows:
                    add(setting, row)


def add(setting, row):
    """Adds a row to the table."""
    features, method, auroc = row
    values = [*setting, features, method, f"{auroc:.4f}"]
    add_rows(TABLE, COLUMNS, [dict(zip(COLUMNS, values, strict=True))])
    print(*setting, *row, flush=True)


if __name__ == "__main__":
    main()
