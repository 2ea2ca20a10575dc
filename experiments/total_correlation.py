"""Meaning of a total correlation above a null for dependence, on codes whose truth is known.

    python experiments/total_correlation.py

Fourteen sets of 10,000 codes with posteriors of known total correlation: eight independent, whose
mixture over endlessly many images is exactly N(0, I), and six dependent ones, by a closed form or
by 400,000 samples of the known densities. For each: the estimate of `elbo_decomposition`, how far
it is above four nulls, and the bound that unseen images give (`least_total_correlation`). The
nulls:

- KL: one width a latent, from its KL (`factorized_null`);
- widths: each image keeps its widths, its means are drawn from N(0, 1 - width^2);
- signs: each mean gets a random sign, which keeps its size and widths;
- permuted: pairs of mean and width are exchanged between images, latent by latent.

`--check` reads `experiments/total_correlation.csv` instead of computing. Minutes on a laptop.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from csv_rows import read_rows, write_rows
from page_tables import markdown

sys.path.insert(0, str(Path(__file__).parent.parent))
from vae_tf.scores import factorized_null, kl_per_code, least_total_correlation  # noqa: E402
from vae_tf.scores.posterior_mixture import log_densities  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
NUM_IMAGES, NUM_SAMPLES = 10_000, 1_000
COLUMNS = (
    *("codes", "latents", "KL", "truth", "estimate"),
    *("above KL null", "above widths null", "above signs null", "above permuted null"),
    *("at least", "error"),
)
# Codes of the table of docs/scores.md -> their description there.
TITLES = {
    "one width": "independent, one width",
    "two widths": "independent, two widths, one for all latents of an image",
    "many widths": "independent, a width per image",
    "own widths": "independent, widths by image and latent",
    "correlated": "five correlated pairs",
    "in blobs": "two pairs in two blobs",
    "of one size": "uncorrelated, sizes depend",
}


def gaussian(stddev, rng, covariance=None):
    """Codes whose mixture is N(0, covariance), given one of a few widths an image `[N, L]`."""
    covariance = np.eye(stddev.shape[1]) if covariance is None else covariance
    mean = np.empty(stddev.shape)
    for width in np.unique(stddev[:, 0]):
        rows = np.flatnonzero(stddev[:, 0] == width)
        root = np.linalg.cholesky(covariance - width**2 * np.eye(len(covariance)))
        mean[rows] = rng.standard_normal((len(rows), len(covariance))) @ root.T
    return mean, np.log(stddev)


def one_width(latents, rng):
    """One width for all."""
    return *gaussian(np.full((NUM_IMAGES, latents), np.exp(-1.5)), rng), 0.0


def two_widths(latents, rng):
    """Two widths, one for all latents of an image."""
    stddev = np.exp(-rng.choice([0.3, 2.5], (NUM_IMAGES, 1))) * np.ones(latents)
    return *gaussian(stddev, rng), 0.0


def many_widths(latents, rng):
    """A width of its own for each image."""
    width = np.exp(-np.minimum(1.2 * np.exp(rng.normal(0, 0.6, (NUM_IMAGES, 1))), 6))
    mean = np.sqrt(1 - width**2) * rng.standard_normal((NUM_IMAGES, latents))
    return mean, np.log(width) * np.ones(latents), 0.0


def own_widths(latents, rng):
    """Two widths, independent by image and latent."""
    stddev = np.exp(-rng.choice([0.3, 2.5], (NUM_IMAGES, latents)))
    mean = np.sqrt(1 - stddev**2) * rng.standard_normal(stddev.shape)
    return mean, np.log(stddev), 0.0


def correlated(latents, rng):
    """Pairs of correlation 0.6."""
    covariance = np.kron(np.eye(latents // 2), [[1, 0.6], [0.6, 1]])
    stddev = np.exp(-rng.choice([0.6, 2.0], (NUM_IMAGES, 1))) * np.ones(latents)
    truth = -0.5 * np.linalg.slogdet(covariance)[1]
    return *gaussian(stddev, rng, covariance), truth


def in_blobs(latents, rng):
    """Two pairs of codes, each in two blobs around (0.85, 0.85) and (-0.85, -0.85)."""
    variance = 0.45**2
    stddev = np.exp(-rng.choice([0.9, 2.0], (NUM_IMAGES, 1))) * np.ones(latents)
    mean = np.sqrt(1 - stddev**2) * rng.standard_normal(stddev.shape)
    for pair in (slice(0, 2), slice(2, 4)):
        signs = rng.choice([-1, 1], (NUM_IMAGES, 1))
        spread = np.sqrt(variance - stddev[:, pair] ** 2)
        mean[:, pair] = 0.85 * signs + spread * rng.standard_normal((NUM_IMAGES, 2))
    z = 0.85 * rng.choice([-1, 1], (400_000, 1)) + 0.45 * rng.standard_normal((400_000, 2))
    above, below = (-np.square(z - sign * 0.85) / (2 * variance) for sign in (1, -1))
    joint = np.logaddexp(above.sum(axis=1), below.sum(axis=1)) - np.log(2)
    marginals = (np.logaddexp(above, below) - np.log(2)).sum(axis=1)
    return mean, np.log(stddev), 2 * float(np.mean(joint - marginals))


def of_one_size(latents, rng):
    """Uncorrelated codes whose sizes depend: all of an image are small, or all large."""
    sizes = np.array([0.5, 1.3])
    size = rng.choice(sizes, (NUM_IMAGES, 1))
    stddev = 0.3 * size * np.ones(latents)
    mean = np.sqrt(size**2 - stddev**2) * rng.standard_normal(stddev.shape)
    z = rng.choice(sizes, (400_000, 1)) * rng.standard_normal((400_000, latents))
    small, large = (-0.5 * np.square(z / each) - np.log(each) for each in sizes)
    joint = np.logaddexp(small.sum(axis=1), large.sum(axis=1)) - np.log(2)
    marginals = (np.logaddexp(small, large) - np.log(2)).sum(axis=1)
    return mean, np.log(stddev), float(np.mean(joint - marginals))


INDEPENDENT = (one_width, two_widths, many_widths, own_widths)
DEPENDENT = (correlated, in_blobs, of_one_size)


def estimate_of(mean, log_stddev):
    """The total correlation of the mixture of these posteriors, as `elbo_decomposition` has it."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, len(mean), NUM_SAMPLES)
    offset = np.exp(log_stddev[images]) * rng.standard_normal((NUM_SAMPLES, mean.shape[1]))
    log_stddev = np.ascontiguousarray(log_stddev)
    joint, marginals = log_densities(mean, log_stddev, mean[images], offset, "", False)
    return float(np.mean(joint - marginals))


def row(make, latents: int) -> dict:
    """The estimate, the nulls and the bound of one set of codes."""
    rng = np.random.default_rng(0)
    mean, log_stddev, truth = make(latents, rng)
    kl = kl_per_code(mean, log_stddev)
    bound = least_total_correlation(mean, log_stddev, num_samples=NUM_SAMPLES)
    estimate = estimate_of(mean, log_stddev)
    permuted = [rng.permutation(NUM_IMAGES) for _ in range(latents)]

    def taken(values):
        return np.stack([column[rows] for column, rows in zip(values.T, permuted, strict=True)], 1)

    drawn = np.sqrt(np.maximum(1 - np.exp(2 * log_stddev), 0)) * rng.standard_normal(mean.shape)
    nulls = {
        "above KL null": factorized_null(kl, NUM_IMAGES, rng),
        "above widths null": (drawn, log_stddev),
        "above signs null": (mean * rng.choice([-1, 1], mean.shape), log_stddev),
        "above permuted null": (taken(mean), taken(log_stddev)),
    }
    above = {name: estimate - estimate_of(*codes) for name, codes in nulls.items()}
    values = {
        "KL": kl.sum(),
        "truth": truth,
        "estimate": estimate,
        **above,
        "at least": bound["least_total_correlation"],
        "error": bound["least_total_correlation_error"],
    }
    name = make.__name__.replace("_", " ")
    return {"codes": name, "latents": latents} | {k: f"{v:.3f}" for k, v in values.items()}


def table(latents: int = 10) -> str:
    """The rows of so many latents as Markdown."""
    nulls = ("KL", "widths", "signs", "permuted")
    rows = []
    for row in read_rows(TABLE):
        if row["latents"] != str(latents):
            continue
        names = ("estimate", *(f"above {null} null" for null in nulls))
        cells = [f"{float(row[name]):.2f}" for name in names]
        truth, bound = float(row["truth"]), float(row["at least"])
        shown = f"{bound:.2f} ± {float(row['error']):.2f}" if bound else "0"
        rows.append([TITLES[row["codes"]], f"{truth:.2f}" if truth else "0", *cells, shown])
    less = [f"less null: {name}" for name in ("same KL", "same widths", "random signs", "permuted")]
    return markdown(["codes", "true", "estimate", *less, "`least_total_correlation`"], rows)


def main():
    """Computes or reads the table and prints it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="read the table, compute nothing")
    if parser.parse_args().check:
        rows = read_rows(TABLE)
    else:
        rows = []
        for make, latents in [(m, n) for m in (*INDEPENDENT, *DEPENDENT) for n in (6, 10)]:
            rows.append(row(make, latents))
            print(rows[-1], file=sys.stderr)
        write_rows(TABLE, COLUMNS, rows)
    print("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS))
    for each in rows:
        print("| " + " | ".join(str(each[name]) for name in COLUMNS) + " |")


if __name__ == "__main__":
    main()
