"""Scores from the mutual information between binned codes and factors.

All information is in nats. A factor with only one value in the sample has no entropy. It is left
out of means over factors; if no factor is left, the score is 0.

Reference:
    Chen et al., "Isolating Sources of Disentanglement in Variational Autoencoders", NeurIPS 2018.
    https://arxiv.org/abs/1802.04942
    Locatello et al., "Challenging Common Assumptions in the Unsupervised Learning of Disentangled
    Representations", ICML 2019 (the protocol on bins). https://arxiv.org/abs/1811.12359
"""

import numpy as np

from vae_tf.process.numbers import check_count
from vae_tf.scores.chance import BY_CHANCE, binned, chance_level
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import check_codes, check_codes_factors, check_factors, check_number


def bin_codes(codes: np.ndarray, *, num_bins: int = 20) -> np.ndarray:
    """Cuts each code into equal-width bins from its minimum to its maximum.

    The edges, `edge[0]` to `edge[num_bins]`, are from `numpy.histogram`. Bin `i` holds
    `edge[i - 1] <= code < edge[i]`. The last bin also holds the maximum. A constant code has one
    bin.

    Args:
        codes: `[N, L]` array.
        num_bins: Bins per code, at least 1; 20 in Locatello et al.

    Returns:
        `[N, L]` int64, from 1 to `num_bins`.

    Example:
        >>> bin_codes(np.array([[0.0], [0.9], [1.0], [2.0]]), num_bins=2).tolist()
        [[1], [1], [2], [2]]
    """
    codes = check_codes(codes)
    num_bins = check_count("num_bins", num_bins, 1)
    bins = np.ones(codes.shape, np.int64)
    for column, result in zip(codes.T, bins.T, strict=True):
        low, high = column.min(), column.max()
        if low < high:
            # numpy.histogram computes its edges in the type of the data (float32 stays float32).
            edges = np.linspace(low, high, num_bins + 1, dtype=codes.dtype)
            result[:] = np.digitize(column, edges[:-1])
    return bins


def factor_entropies(factors: np.ndarray) -> np.ndarray:
    """Entropy of each factor from its counts, H(v_k), in nats.

    Args:
        factors: `[N, K]` int array.

    Returns:
        `[K]` array, 0 for a constant factor, `log V` for `V` equally frequent values.

    Example:
        >>> factor_entropies(np.array([[0, 5], [1, 5]])).round(4).tolist()
        [0.6931, 0.0]
    """
    factors = check_factors(factors)
    return np.array([_entropy(_labels(column)) for column in factors.T])


def mutual_information_matrix(
    codes: np.ndarray, factors: np.ndarray, *, num_bins: int = 20
) -> np.ndarray:
    """Mutual information of every binned code with every factor, I(z_l; v_k), in nats.

    I = sum over cells of p(z, v) log [p(z, v) / (p(z) p(v))], with p from counts. It is biased
    upwards by about (bins - 1) (values - 1) / (2 N) nats where code and factor are independent.

    Invariant to permuting samples and to renaming the values of a factor. Also invariant to sign
    flips and rescaling of codes, except for points on the edge of a bin.

    Args:
        codes: `[N, L]` array.
        factors: `[N, K]` int array.
        num_bins: Bins per code; 20 in Locatello et al., on 10,000 points.

    Returns:
        `[L, K]` array, each entry from 0 to min(H(z_l), H(v_k)); 0 for a constant code.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> mutual_information_matrix(1.5 * factors, factors).round(4).tolist()
        [[0.6931, 0.0], [0.0, 0.6931]]
    """
    codes, factors = check_codes_factors(codes, factors)
    return discrete_information(bin_codes(codes, num_bins=num_bins), factors)


def discrete_information(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mutual information between the columns of two integer arrays, in nats.

    Args:
        first: `[N, A]` int array.
        second: `[N, B]` int array.

    Returns:
        `[A, B]` array, at least 0.

    Example:
        >>> column = np.array([[0], [1], [2], [3]])
        >>> float(discrete_information(column, column // 2)[0, 0].round(4))
        0.6931
    """
    rows = [_labels(column) for column in check_factors(first, name="first").T]
    columns = [_labels(column) for column in check_factors(second, name="second").T]
    return np.array([[_information(row, column) for column in columns] for row in rows])


def mig_score(codes: np.ndarray, factors: np.ndarray, *, num_bins: int = 20) -> float:
    r"""Mutual information gap: is each factor in exactly one code?

    Mean over factors of $(I_{(1)} - I_{(2)}) / H(v_k)$, where $I_{(1)}$ and $I_{(2)}$ are the two
    largest values of $I(z_l; v_k)$ over codes.

    From 0 to 1. 1: each factor is determined by one code, and no other code has information about
    it. 0: no code has information about the factors (constant codes), or two codes have the same
    information (duplicated codes). The score does not show whether a code holds several factors:
    see `mig_sup_score`. With a single code, $I_{(2)}$ is 0. Invariant to permuting codes. The
    invariances of `mutual_information_matrix` also hold.

    Args:
        codes: `[N, L]` array; 10,000 points in Locatello et al.
        factors: `[N, K]` int array.
        num_bins: Bins per code; 20 in Locatello et al.

    Returns:
        The score.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> factors = rng.integers(0, [3, 4], size=(2000, 2))
        >>> round(mig_score(factors, factors), 2)
        1.0
        >>> round(mig_score(factors[:, [0, 1, 0, 1]], factors), 2)
        0.0

    Reference:
        Chen et al. 2018, Section 4.1, with counts instead of densities (see `mig_density_score`).
    """
    information = mutual_information_matrix(codes, factors, num_bins=num_bins)
    return mean_gap(information, factor_entropies(factors))


def mean_gap(information: np.ndarray, entropies: np.ndarray) -> float:
    """Mean over factors of the gap between the two best codes, in units of the entropy.

    Args:
        information: `[L, K]` array of nats.
        entropies: `[K]` array of nats; factors with entropy 0 are left out.

    Returns:
        The mean, 0 where no factor is left.

    Example:
        >>> mean_gap(np.array([[0.75, 0.0], [0.25, 0.5]]), np.array([1.0, 1.0]))
        0.5
    """
    known = entropies > 0
    if not known.any():
        return 0.0
    return float(np.mean(_gap(information[:, known]) / entropies[known]))


def dcimig_score(codes: np.ndarray, factors: np.ndarray, *, num_bins: int = 20) -> float:
    """DCIMIG (3CharM): is each factor in a code that holds no other factor?

    Each code counts for its best factor only, with the gap to its second-best factor, in nats. Each
    factor has the largest gap of its codes. The score is the sum of these gaps over the sum of the
    factors' entropies.

    From 0 to 1. 1: each factor is determined by a code that has no information about other factors.
    0: no code has more information about one factor than about another. Unlike for MIG, a copy of a
    good code does not lower the score. Invariant to permuting codes. The invariances of
    `mutual_information_matrix` also hold. A public implementation divides nats by bits, so its best
    value is 0.69; here both are in nats.

    Args:
        codes: `[N, L]` array.
        factors: `[N, K]` int array.
        num_bins: Bins per code; 20 as for MIG.

    Returns:
        The score.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> round(dcimig_score(factors[:, [0, 1, 1]], factors), 6)
        1.0

    Reference:
        Sepliarskaia et al., "How to Not Measure Disentanglement", 2019.
        https://arxiv.org/abs/1910.05587
    """
    information = mutual_information_matrix(codes, factors, num_bins=num_bins)
    entropy = factor_entropies(factors).sum()
    if entropy == 0:
        return 0.0
    gaps = np.zeros_like(information)
    gaps[np.arange(len(gaps)), information.argmax(axis=1)] = _gap(information.T)
    return float(gaps.max(axis=0).sum() / entropy)


def mig_sup_score(
    codes: np.ndarray, factors: np.ndarray, *, num_bins: int = 20, min_variance: float = 0.0
) -> float:
    r"""MIG-sup: does each active code hold exactly one factor?

    The gap of a code is the largest minus the second-largest value of $I(z_l; v_k) / H(v_k)$ over
    factors. The score is the mean gap over active codes.

    From 0 to 1. 1: each active code determines one factor and has no information about other
    factors. 0: each active code has the same information about two factors, or no code is active.
    The score does not show whether two codes hold the same factor: see `mig_score`. Invariant to
    permuting codes. The invariances of `mutual_information_matrix` also hold, except that the score
    is invariant to rescaling only if `min_variance` is 0.

    Args:
        codes: `[N, L]` array.
        factors: `[N, K]` int array.
        num_bins: Bins per code; 20 as for MIG.
        min_variance: Codes with a variance (ddof 1) of at most this value are not active. The
            authors' code has 0.01, for codes on the scale of the prior.

    Returns:
        The score.

    Raises:
        UserError: If an array is invalid or `min_variance` negative.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> round(mig_sup_score(np.hstack([factors, np.ones((4, 1))]), factors), 6)
        1.0

    Reference:
        Li et al., "Progressive Learning and Disentanglement of Hierarchical Representations",
        ICLR 2020. https://arxiv.org/abs/2002.10549
    """
    codes, factors = check_codes_factors(codes, factors)
    remedy = "Pass 0 to count every code that varies."
    min_variance = check_number("min_variance", min_variance, 0, remedy=remedy)
    entropies = factor_entropies(factors)
    active = np.ptp(codes, axis=0) > 0
    if active.any():
        active &= np.var(codes, axis=0, ddof=1, dtype=np.float64) > min_variance
    if not active.any() or not entropies.any():
        return 0.0
    information = mutual_information_matrix(codes[:, active], factors, num_bins=num_bins)
    known = entropies > 0
    return float(np.mean(_gap((information[:, known] / entropies[known]).T)))


def _gap(values):
    """Largest minus second largest along axis 0; the second of a single row is 0."""
    if len(values) == 1:
        return values[0].copy()
    second, first = np.partition(values, -2, axis=0)[-2:]
    return first - second


def _labels(column):
    """Renames the values of a column to 0, 1, ...; returns them with their counts."""
    _, labels, counts = np.unique(column, return_inverse=True, return_counts=True)
    return labels, counts


def _entropy(column):
    labels, counts = column
    if len(counts) == 1:
        return 0.0
    return float(np.log(len(labels)) - counts @ np.log(counts) / len(labels))


def _information(first, second):
    (a, a_counts), (b, b_counts) = first, second
    joint = np.bincount(a * len(b_counts) + b, minlength=len(a_counts) * len(b_counts))
    cells = np.flatnonzero(joint)
    joint = joint[cells]
    row, column = np.divmod(cells, len(b_counts))
    # A ratio of whole numbers is exactly 1 for a constant column, and the information exactly 0.
    ratio = joint * len(a) / (a_counts[row] * b_counts[column])
    information = joint @ np.log(ratio) / len(a)
    # Sums of rounding errors must not count as information: modularity divides by it.
    return float(information) if information > 1e-15 else 0.0


def _mig(draws):
    codes, factors = draws.train
    entropies, bins = factor_entropies(factors), draws.sizes.num_bins

    def matrix_of(codes, factors):
        return mutual_information_matrix(codes, factors, num_bins=bins)

    def score(codes, factors):
        return mean_gap(matrix_of(codes, factors), entropies)

    matrix = matrix_of(codes, factors)
    return {
        "mig": mean_gap(matrix, entropies),
        "mig_chance": chance_level(score, codes, factors, seed=draws.seed),
        "matrix": matrix,
        "chance_matrix": chance_level(matrix_of, codes, factors, seed=draws.seed),
    }


ROWS = {
    "mig": Score(
        _mig,
        "Chen et al. 2018 with bins as in Locatello et al. 2019" + BY_CHANCE,
        needs=("factors",),
        sizes=("num_train", "num_bins"),
        columns={
            "mig": Column("information", "MIG", level="mig_chance"),
            "mig_chance": Column("information", "MIG by chance", None),
        },
        note={"num_train": "points to learn from"},
        turn=10,
    ),
    "mig_sup": Score(
        binned("mig_sup", mig_sup_score, min_variance=0.01),
        "Li et al. 2020 with bins; codes of variance above 0.01" + BY_CHANCE,
        needs=("factors",),
        sizes=("num_train", "num_bins"),
        turn=20,
    ),
    "dcimig": Score(
        binned("dcimig", dcimig_score),
        "Sepliarskaia et al. 2019 with bins" + BY_CHANCE,
        needs=("factors",),
        sizes=("num_train", "num_bins"),
        turn=30,
    ),
}
