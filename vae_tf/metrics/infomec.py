"""InfoMEC: modularity, explicitness and compactness from continuous information estimates.

Reference:
    Hsu et al., "Disentanglement via Latent Quantization", NeurIPS 2023, Section 4.
    https://arxiv.org/abs/2305.18378
"""

import numpy as np

from vae_tf.metrics.classifiers import fit_logistic
from vae_tf.metrics.explicitness import standardize
from vae_tf.metrics.information import factor_entropies
from vae_tf.metrics.threads import map_in_threads
from vae_tf.metrics.validation import check_codes_factors, check_seed


def infomec_scores(
    codes: np.ndarray, factors: np.ndarray, *, seed: int = 0, progress: bool = False
) -> dict[str, float]:
    """InfoM, InfoC and InfoE of continuous codes.

    With NMI[l, k] = I(z_l; v_k) / H(v_k) of `normalized_information_matrix` and only the active
    codes (range > largest range / 20):
    InfoM = (mean_l [max_k NMI / sum_k NMI] - 1/K) / (1 - 1/K);
    InfoC = (mean_k [max_l NMI / sum_l NMI] - 1/L) / (1 - 1/L), L the number of active codes;
    InfoE = mean_k (H0 - H) / H0, H the cross-entropy (training points) of unpenalized balanced
    multinomial logistic regression from all standardized codes to factor k, H0 that of a classifier
    without input, log V for V values.

    InfoM and InfoC from 0 to 1. InfoM 1: each code knows of one factor. InfoC 1: one code knows of
    each factor. 0: all factors (codes) alike, or no information. InfoE at most 1: a linear
    classifier reads every factor with certainty; 0: none (slightly below 0 where balancing hurts).
    A code or factor without any information counts 0, where the authors' code gives NaN; with one
    factor (one active code) the others count 1. Constant factors are left out; no active code
    scores 0, 0, 0.

    Invariant to permuting and sign-flipping codes within the noise of the estimate, and to one
    common scale; to a scale per code as long as the same codes are active.

    Args:
        codes: `[N, L]` array; 10,000 points in the paper.
        factors: `[N, K]` int array.
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
    """
    codes, factors = check_codes_factors(codes, factors)
    seed = check_seed(seed)
    factors = factors[:, np.ptp(factors, axis=0) > 0]
    ranges = np.ptp(codes, axis=0)
    active = ranges > ranges.max() / 20
    if not active.any() or factors.shape[1] == 0:
        return {"modularity": 0.0, "compactness": 0.0, "explicitness": 0.0}
    information = normalized_information_matrix(
        codes[:, active], factors, seed=seed, progress=progress
    )
    return {
        "modularity": _concentration(information),
        "compactness": _concentration(information.T),
        "explicitness": _explicitness(standardize(codes, codes), factors),
    }


def normalized_information_matrix(
    codes: np.ndarray, factors: np.ndarray, *, seed: int = 0, progress: bool = False
) -> np.ndarray:
    """I(z_l; v_k) / H(v_k) by the 10-neighbor estimate for continuous codes, `[L, K]`.

    scikit-learn's `mutual_info_classif` (Ross 2014) on standardized codes, clipped at 0. Values of
    a factor that occur once are ignored by the estimate; a factor without repeated values, a
    constant one and a constant code have 0.

    Args:
        codes: `[N, L]` array.
        factors: `[N, K]` int array.
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
    from sklearn.feature_selection import mutual_info_classif

    codes, factors = check_codes_factors(codes, factors)
    seed = check_seed(seed)
    entropies = factor_entropies(factors)
    varying = np.ptp(codes, axis=0) > 0
    codes = standardize(codes, codes)

    def estimate(k):
        _, counts = np.unique(factors[:, k], return_counts=True)
        if entropies[k] == 0 or not varying.any() or counts.max() < 2:
            return np.zeros(codes.shape[1])
        values = mutual_info_classif(
            codes, factors[:, k], discrete_features=False, n_neighbors=10, random_state=seed
        )
        return np.where(varying, values / entropies[k], 0.0)

    columns = map_in_threads(
        estimate, range(factors.shape[1]), description="InfoMEC: factors", progress=progress
    )
    return np.stack(list(columns.values()), axis=1)


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


def _explicitness(codes, factors):
    gains = []
    for labels in factors.T:
        # C = inf is scikit-learn's unpenalized fit; the authors stop it after 100 iterations.
        model = fit_logistic(codes, labels, C=np.inf, class_weight="balanced")
        index = np.searchsorted(model.classes_, labels)
        likelihood = model.predict_proba(codes)[np.arange(len(labels)), index]
        smallest = np.finfo(likelihood.dtype).eps  # where sklearn.metrics.log_loss clips
        cross_entropy = -np.mean(np.log(np.maximum(likelihood, smallest)))
        # Balanced classes without input: the uniform distribution.
        null = np.log(len(model.classes_))
        gains.append((null - cross_entropy) / null)
    return float(np.mean(gains))
