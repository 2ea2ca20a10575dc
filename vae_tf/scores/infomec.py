"""InfoMEC: modularity, explicitness and compactness from estimates of mutual information.

Reference:
    Hsu et al., "Disentanglement via Latent Quantization", NeurIPS 2023, Section 4
    (`disentangle/metrics/infomec.py` of kylehkhsu/latent_quantization; continuous factors: the
    version of that file which takes `sources_type` and `latents_type`).
    https://arxiv.org/abs/2305.18378
"""

import numpy as np

from vae_tf.scores.chance import chance_level
from vae_tf.scores.classifiers import fit_logistic, published_iterations
from vae_tf.scores.explicitness import standardize
from vae_tf.scores.information import discrete_information, factor_entropies
from vae_tf.scores.score import Column, Score
from vae_tf.scores.threads import map_in_threads
from vae_tf.scores.validation import check_codes, check_factors, check_same_rows, check_seed

_NEIGHBORS = 10


def infomec_scores(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    discrete_codes: bool = False,
    continuous_factors: bool = False,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, float]:
    r"""InfoM, InfoC and InfoE of continuous or discrete codes.

    $N_{lk}$ is `normalized_information_matrix`, and L the number of active codes. A code is active
    if its range is above 1/20 of the largest range; a discrete code is active if it has more than
    one value.

    $$\mathrm{InfoM} = \frac{\mathrm{mean}_l (\max_k N_{lk} / \sum_k N_{lk}) - 1/K}{1 - 1/K}$$

    $$\mathrm{InfoC} = \frac{\mathrm{mean}_k (\max_l N_{lk} / \sum_l N_{lk}) - 1/L}{1 - 1/L}$$

    $$\mathrm{InfoE} = \mathrm{mean}_k (H_0 - H) / H_0$$

    H is the cross-entropy (training points) of unpenalized balanced multinomial logistic regression
    from all codes to factor $k$. $H_0$ is the cross-entropy of a classifier without input, log V
    for V values. A continuous factor has the $R^2$ of linear regression instead. Inputs of the
    regressions are standardized codes, or one indicator per value of discrete codes.

    InfoM and InfoC are from 0 to 1. InfoM 1: each code has information about one factor only. InfoC
    1: only one code has information about each factor. InfoM 0: each code has the same information
    about all factors, or none. InfoC 0: all codes have the same information about each factor, or
    none. InfoE is at most 1. InfoE 1: a linear classifier predicts every factor with certainty.
    InfoE 0: it predicts no factor. Below 0: balancing the classes increases the cross-entropy. A
    code or factor without any information counts as 0, where the authors' code gives NaN. With one
    factor, every code with information counts as 1 in InfoM. With one active code, every factor
    with information counts as 1 in InfoC. Constant factors are left out. Without active codes all
    scores are 0. Information of discrete codes comes from counts, which are biased: see
    `chance_level`.

    Invariant to permuting and sign-flipping codes, up to the noise of the estimate, and to
    rescaling as long as the same codes are active. For discrete codes only equality counts.

    Args:
        codes: `[N, L]` array; 10,000 points in the paper.
        factors: `[N, K]` int array; any numbers if `continuous_factors`.
        discrete_codes: Whether codes take few values, as QLAE's do.
        continuous_factors: Whether factors are numbers.
        seed: Seed of the tie-breaking noise of the neighbor estimate.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `modularity`, `compactness`, `explicitness`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> factors = rng.integers(0, 3, size=(400, 2))
        >>> scores = infomec_scores(factors + rng.uniform(0, 0.1, size=(400, 2)), factors)
        >>> {name: round(score, 1) for name, score in scores.items()}
        {'modularity': 1.0, 'compactness': 1.0, 'explicitness': 1.0}
        >>> scores = infomec_scores(factors, factors, discrete_codes=True)
        >>> {name: round(score, 1) for name, score in scores.items()}
        {'modularity': 1.0, 'compactness': 1.0, 'explicitness': 1.0}
    """
    codes, factors = _check(codes, factors, continuous_factors)
    seed = check_seed(seed)
    factors = factors[:, np.ptp(factors, axis=0) > 0]
    ranges = np.ptp(codes, axis=0)
    active = ranges > (0 if discrete_codes else ranges.max() / 20)
    if not active.any() or factors.shape[1] == 0:
        return {"modularity": 0.0, "compactness": 0.0, "explicitness": 0.0}
    information = normalized_information_matrix(
        codes[:, active],
        factors,
        discrete_codes=discrete_codes,
        continuous_factors=continuous_factors,
        seed=seed,
        progress=progress,
    )
    inputs = _indicators(codes) if discrete_codes else standardize(codes, codes)
    readable = _linear_fit if continuous_factors else _predictable
    with published_iterations():
        parts = map_in_threads(
            lambda k: readable(inputs, factors[:, k]),
            _by_size(factors),
            description="InfoMEC: regressions",
            progress=progress,
        )
    return {
        "modularity": _concentration(information),
        "compactness": _concentration(information.T),
        "explicitness": float(np.mean([parts[k] for k in range(factors.shape[1])])),
    }


def normalized_information_matrix(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    discrete_codes: bool = False,
    continuous_factors: bool = False,
    seed: int = 0,
    progress: bool = False,
) -> np.ndarray:
    """I(z_l; v_k) / H(v_k), `[L, K]`: share of a factor's entropy that a code explains.

    - Continuous codes, discrete factors: the 10-neighbor estimate of Ross (2014), scikit-learn's
      `mutual_info_classif`, on standardized codes. Values of a factor that occur once are ignored.
    - Continuous codes, continuous factors: the estimate of Kraskov et al. (2004), scikit-learn's
      `mutual_info_regression`. H(v_k) is the estimate of I(v_k; v_k), which is finite because of
      its tie-breaking noise.
    - Discrete codes, discrete factors: from counts.
    - Discrete codes, continuous factors: the first estimate with exchanged roles. The authors' code
      does not have this case.

    All estimates are clipped at 0. Constant codes and constant factors have 0. With continuous
    codes, a discrete factor without repeated values also has 0.

    Args:
        codes: `[N, L]` array.
        factors: `[N, K]` int array; any numbers if `continuous_factors`.
        discrete_codes: Whether codes take few values.
        continuous_factors: Whether factors are numbers.
        seed: Seed of the estimate's tie-breaking noise.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `[L, K]` array, about 0 to 1.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> factors = rng.integers(0, 2, size=(200, 1))
        >>> codes = np.hstack([rng.normal(size=(200, 1)), factors + rng.uniform(0, 0.1, (200, 1))])
        >>> normalized_information_matrix(codes, factors).round(1).tolist()
        [[0.0], [1.0]]
    """
    codes, factors = _check(codes, factors, continuous_factors)
    seed = check_seed(seed)
    varying = np.ptp(codes, axis=0) > 0
    labels = _labels(codes)
    codes = standardize(codes, codes)

    def share_of_number(k):
        factor = factors[:, k]
        own = _information_of_numbers(factor[:, None], factor, seed)[0]
        if own == 0:
            return np.zeros(codes.shape[1])
        if discrete_codes:
            column = factor[:, None]
            found = [_information_with_labels(column, code, seed)[0] for code in labels.T]
        else:
            found = _information_of_numbers(codes, factor, seed)
        return np.array(found) / own

    def share_of_labels(k):
        (entropy,) = factor_entropies(factors[:, [k]])
        if entropy == 0:
            return np.zeros(codes.shape[1])
        if discrete_codes:
            return discrete_information(labels, factors[:, [k]])[:, 0] / entropy
        return _information_with_labels(codes, factors[:, k], seed) / entropy

    share = share_of_number if continuous_factors else share_of_labels
    columns = map_in_threads(
        lambda k: np.where(varying, share(k), 0.0),
        range(factors.shape[1]),
        description="InfoMEC: factors",
        progress=progress,
    )
    return np.stack([columns[k] for k in range(factors.shape[1])], axis=1)


def _check(codes, factors, continuous_factors):
    codes = check_codes(codes)
    factors = check_codes(factors, name="factors") if continuous_factors else check_factors(factors)
    check_same_rows(codes, factors)
    return codes, factors


def _labels(codes):
    return np.stack([np.unique(code, return_inverse=True)[1] for code in codes.T], axis=1)


def _indicators(codes):
    """One column of 0 and 1 for each value of each code, `[N, values]`."""
    return np.hstack([code[:, None] == np.unique(code) for code in codes.T]).astype(np.float64)


def _by_size(factors):
    """Factors, sorted by their number of values: the largest takes longest, so it is first."""
    return sorted(range(factors.shape[1]), key=lambda k: -len(np.unique(factors[:, k])))


def _information_with_labels(codes, labels, seed):
    from sklearn.feature_selection import mutual_info_classif

    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    repeated = counts[index] > 1
    if not repeated.any():
        return np.zeros(codes.shape[1])
    return mutual_info_classif(
        codes[repeated],
        labels[repeated],
        discrete_features=False,
        n_neighbors=_NEIGHBORS,
        random_state=seed,
    )


def _information_of_numbers(codes, factor, seed):
    from sklearn.feature_selection import mutual_info_regression

    neighbors = min(_NEIGHBORS, len(factor) - 1)
    if neighbors < 1 or np.ptp(factor) == 0:
        return np.zeros(codes.shape[1])
    return mutual_info_regression(
        codes, factor, discrete_features=False, n_neighbors=neighbors, random_state=seed
    )


def _concentration(information):
    """Mean over rows of the largest share of a row, from 0 (uniform) to 1 (one entry)."""
    sums = information.sum(axis=1)
    size = information.shape[1]
    if size == 1:
        return float(np.mean(sums > 0))
    informative = sums > 0
    shares = np.full(len(sums), 1 / size)
    shares[informative] = information[informative].max(axis=1) / sums[informative]
    return float((shares.mean() - 1 / size) / (1 - 1 / size))


def _predictable(inputs, labels):
    """Share of the entropy of balanced labels that a linear classifier explains."""
    # C = inf is scikit-learn's unpenalized fit; the authors stop it after 100 iterations.
    model = fit_logistic(inputs, labels, C=np.inf, balanced=True)
    index = np.searchsorted(model.classes_, labels)
    likelihood = model.predict_proba(inputs)[np.arange(len(labels)), index]
    smallest = np.finfo(likelihood.dtype).eps  # where sklearn.metrics.log_loss clips
    cross_entropy = -np.mean(np.log(np.maximum(likelihood, smallest)))
    # Balanced classes without input: the uniform distribution.
    null = np.log(len(model.classes_))
    return (null - cross_entropy) / null


def _linear_fit(inputs, factor):
    """R^2 of linear regression on its training points."""
    centered = factor - factor.mean(dtype=np.float64)
    inputs = inputs - inputs.mean(axis=0)
    weights = np.linalg.lstsq(inputs, centered, rcond=None)[0]
    return 1 - np.mean((centered - inputs @ weights) ** 2) / np.mean(centered**2)


# Codes are discrete, as QLAE's, if each takes at most this many values in the draw.
_MOST_VALUES = 64


def _infomec(draws):
    codes, factors = draws.train
    values = max(len(np.unique(code)) for code in codes.T)
    discrete = values <= min(_MOST_VALUES, len(codes) // 10)
    options = {"discrete_codes": discrete, "seed": draws.seed}
    scores = infomec_scores(codes, factors, progress=draws.progress, **options)
    if discrete:
        for name in ("modularity", "compactness"):
            scores[f"{name}_chance"] = chance_level(
                lambda codes, factors, name=name: infomec_scores(codes, factors, **options)[name],
                codes,
                factors,
                num_permutations=3,
                seed=draws.seed,
            )
    scores["discrete_codes"] = float(discrete)
    return {f"infomec_{name}": value for name, value in scores.items()}


ROWS = {
    "infomec": Score(
        _infomec,
        "Hsu et al. 2023; 10 neighbors; if every code takes at most "
        f"{_MOST_VALUES} values (discrete_codes 1): counts; chance level: mean over 3 permutations",
        needs=("factors",),
        sizes=("num_train",),
        columns={
            "infomec_modularity": Column("InfoMEC", "M"),
            "infomec_compactness": Column("InfoMEC", "C"),
            "infomec_explicitness": Column("InfoMEC", "E"),
        },
        turn=170,
    ),
}
