"""Statistics over the runs of a study (compute)."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

_CONFIDENCE = 0.95


class Spread(NamedTuple):
    """Where the values of equal runs are.

    Attributes:
        num_runs: Number of values.
        mean: Their mean.
        stddev: Their standard deviation (ddof 1), NaN for one value.
        error: Half of the 95 % confidence interval of the mean, NaN for one value.
    """

    num_runs: int
    mean: float
    stddev: float
    error: float


def spread_of(values: Sequence[float]) -> Spread:
    """Mean, standard deviation and confidence interval of values that differ by seed.

    The interval is Student's, mean +- t(0.975, n - 1) * stddev / sqrt(n): it covers the mean of all
    seeds with 95 % where values are normal. Three seeds make it wide (t = 4.3), rightly so.

    Args:
        values: At least one number.

    Example:
        >>> spread_of([1.0, 2.0, 3.0])._replace(error=0)
        Spread(num_runs=3, mean=2.0, stddev=1.0, error=0)
    """
    from scipy.stats import t

    count, mean = len(values), float(np.mean(values))
    if count < 2:
        return Spread(count, mean, math.nan, math.nan)
    stddev = float(np.std(values, ddof=1))
    quantile = float(t.ppf(0.5 + _CONFIDENCE / 2, count - 1))
    return Spread(count, mean, stddev, quantile * stddev / math.sqrt(count))


def rank_correlations(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Spearman's rank correlation of every two columns.

    The correlation of the ranks, ties sharing their mean rank, over the runs that have both values;
    1: the same order, -1: the reverse.

    Args:
        columns: Name -> `[N]` values of the runs, NaN where there is none.

    Returns:
        `[C, C]` array; NaN where fewer than three runs have both values, or one is constant.
    """
    values = list(columns.values())
    matrix = np.full((len(values), len(values)), np.nan)
    for i, one in enumerate(values):
        for j, other in enumerate(values):
            both = np.isfinite(one) & np.isfinite(other)
            if both.sum() >= 3:
                matrix[i, j] = _spearman(one[both], other[both])
    return matrix


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    from scipy.stats import rankdata

    ranks = [rankdata(values) - (len(values) + 1) / 2 for values in (one, other)]
    scale = math.sqrt(float(np.sum(ranks[0] ** 2) * np.sum(ranks[1] ** 2)))
    return float(np.sum(ranks[0] * ranks[1])) / scale if scale > 0 else math.nan


class Choice(NamedTuple):
    """How good a run is by one score, of all that have it.

    Attributes:
        value: Score of the run that was chosen.
        best: The best score of all.
        mean: The mean score, which a run chosen by chance has on average.
        rank: 1 for the best, ties sharing the better rank.
        num_runs: Number of runs.
        correlation: Spearman's, of the score and what was chosen by.
    """

    value: float
    best: float
    mean: float
    rank: int
    num_runs: int
    correlation: float


def choice_by(
    chosen_by: np.ndarray, scores: Mapping[str, np.ndarray]
) -> tuple[int, dict[str, Choice]]:
    """Which run the greatest value of one column chooses, and how good it is by others.

    With UDR in that column this is the selection without labels of Duan et al. (2020).

    Args:
        chosen_by: `[N]` values, NaN where there is none; of at least one run.
        scores: Name -> `[N]` values, higher is better, NaN where there is none.

    Returns:
        Index of the run, and name of a score that it has -> how good it is.

    Example:
        >>> run, choices = choice_by(np.array([0.1, 0.3]), {"mig": np.array([0.2, 0.1])})
        >>> run, choices["mig"].rank, choices["mig"].best
        (1, 2, 0.2)
    """
    run = int(np.nanargmax(chosen_by))
    choices = {}
    for name, values in scores.items():
        value = float(values[run])
        known = values[np.isfinite(values)]
        if math.isfinite(value):
            correlation = rank_correlations({"by": chosen_by, name: values})[0, 1]
            rank = 1 + int(np.sum(known > value))
            best, mean = float(known.max()), float(known.mean())
            choices[name] = Choice(value, best, mean, rank, len(known), float(correlation))
    return run, choices
