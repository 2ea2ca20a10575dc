"""Chance level of a score, by permutation.

Mutual information from counts is biased upwards. For an independent code of B bins and factor of V
values it is about (B - 1) (V - 1) / (2 N) nats (Miller 1955), if each cell holds several points.
Scores that are computed from it are biased up or down. With 20 bins, 40 values and 1,000 points the
formula gives 0.37 nats, but permutations give 0.43 nats. Therefore chance levels are computed by
permutations. Scores are not corrected, as published, but reported together with their chance level.

Reference:
    Miller, "Note on the Bias of Information Estimates", Information Theory in Psychology, 1955.
"""

from collections.abc import Callable

import numpy as np

from vae_tf.process.numbers import check_count
from vae_tf.scores.validation import check_codes, check_same_rows, check_seed


def chance_level(
    score: Callable[[np.ndarray, np.ndarray], float | np.ndarray],
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    num_permutations: int = 10,
    seed: int = 0,
) -> float | np.ndarray:
    """Compute the mean of a score after permuting the rows of the factors.

    Permutations make codes and factors independent. They do not change the joint distribution of
    all codes, nor of all factors. For mutual information, the mean has a standard error of about
    sqrt((B - 1) (V - 1) / 2 / num_permutations) / N nats: 0.006 for 20 bins, 40 values, 1,000
    points and 10 permutations.

    Args:
        score: Function of codes `[N, L]` and factors `[N, K]`, such as `mig_score` or
            `mutual_information_matrix`.
        codes: `[N, L]` array.
        factors: `[N, K]` array.
        num_permutations: Permutations drawn, at least 1.
        seed: Seed of the permutations.

    Returns:
        The mean: a float, or an array of the shape that `score` returns.

    Raises:
        UserError: If codes and factors have different lengths, or an option is invalid.

    Example:
        >>> from vae_tf.scores import mutual_information_matrix
        >>> rng = np.random.default_rng(0)
        >>> codes, factors = rng.uniform(size=(1000, 1)), rng.integers(0, 40, size=(1000, 1))
        >>> chance_level(mutual_information_matrix, codes, factors).round(2).tolist()
        [[0.43]]
    """
    codes, factors = check_codes(codes), np.asarray(factors)
    check_same_rows(codes, factors)
    rng = _permuting(num_permutations, seed)
    return _mean(
        [score(codes, factors[rng.permutation(len(codes))]) for _ in range(num_permutations)]
    )


def chance_level_of_codes(
    score: Callable[[np.ndarray], float | np.ndarray],
    codes: np.ndarray,
    *,
    num_permutations: int = 10,
    seed: int = 0,
) -> float | np.ndarray:
    """Compute the mean of a score for independent codes: each code is permuted separately.

    Args:
        score: Function of codes `[N, L]`.
        codes: `[N, L]` array.
        num_permutations: Permutations drawn, at least 1.
        seed: Seed of the permutations.

    Returns:
        The mean: a float, or an array of the shape that `score` returns.

    Raises:
        UserError: If the codes or an option are invalid.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(1000, 1))[:, [0, 0]]
        >>> from vae_tf.scores import unsupervised_scores
        >>> def information(codes):
        ...     return unsupervised_scores(codes)["mutual_information"]
        >>> round(information(codes), 1), round(chance_level_of_codes(information, codes), 1)
        (2.4, 0.1)
    """
    codes = check_codes(codes)
    rng = _permuting(num_permutations, seed)
    return _mean([score(rng.permuted(codes, axis=0)) for _ in range(num_permutations)])


def _permuting(num_permutations, seed):
    check_count("num_permutations", num_permutations, 1)
    return np.random.default_rng(check_seed(seed))


def _mean(values):
    mean = np.mean(values, axis=0)
    return mean if np.ndim(mean) else float(mean)


# End of the protocol of a score that has a chance level.
BY_CHANCE = "; chance level: mean over 10 permutations"


def binned(name, score, **options):
    """Makes the suite's function of a score with bins, which also returns the chance level."""

    def compute(draws):
        def of(codes, factors):
            return score(codes, factors, num_bins=draws.sizes.num_bins, **options)

        level = chance_level(of, *draws.train, seed=draws.seed)
        return {name: of(*draws.train), f"{name}_chance": level}

    return compute
