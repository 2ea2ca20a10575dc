"""SAP: how much better the best single code predicts a factor than the second-best.

Reference:
    Kumar et al., "Variational Inference of Disentangled Latent Concepts from Unlabeled
    Observations", ICLR 2018. https://arxiv.org/abs/1711.00848
"""

import numpy as np

from vae_tf.scores.classifiers import published_iterations
from vae_tf.scores.information import mean_gap
from vae_tf.scores.score import Column, Score
from vae_tf.scores.threads import map_in_threads
from vae_tf.scores.validation import check_factors, check_train_test


def sap_score(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    factors_test: np.ndarray,
    *,
    continuous: bool = False,
    progress: bool = False,
) -> float:
    """Separated attribute predictability: is each factor predicted by one code alone?

    Mean over factors of the difference between the two largest entries of a column of
    `predictability_matrix`.

    From 0 to 1. 0: two codes predict each factor equally well, or no code predicts it. 1: one code
    always predicts the factor and the other codes never do. Accuracies cannot reach 1, because
    other codes predict the factor by chance. Identity codes of factors with many values score far
    below 1, because a linear classifier on one number separates few values. Constant factors are
    left out. With a single code, the second-largest entry is 0.

    Invariant to permuting and sign-flipping codes; to rescaling only if `continuous`, because the
    classifier is penalized.

    Args:
        codes_train: `[N, L]` array; 10,000 points in Locatello et al.
        factors_train: `[N, K]` int array.
        codes_test: `[M, L]` array; 5,000 points in Locatello et al.
        factors_test: `[M, K]` int array.
        continuous: Whether factors are numbers, scored by squared correlation, rather than classes.
        progress: Whether to show a progress bar on stderr.

    Returns:
        The score.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> round(sap_score(factors, factors, factors, factors, continuous=True), 6)
        1.0
    """
    matrix = predictability_matrix(
        codes_train,
        factors_train,
        codes_test,
        factors_test,
        continuous=continuous,
        progress=progress,
    )
    varying = np.ptp(check_factors(factors_train), axis=0) > 0
    return mean_gap(matrix, varying.astype(float))


def predictability_matrix(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    factors_test: np.ndarray,
    *,
    continuous: bool = False,
    progress: bool = False,
) -> np.ndarray:
    """How well each code alone predicts each factor, `[L, K]`, from 0 to 1.

    Discrete: test accuracy of scikit-learn's LinearSVC(C=0.01, class_weight="balanced") on one
    code, with its deterministic solver (`dual=False`). Continuous: squared correlation on the
    training points, 0 if the variance of the code is at most 1e-12. A constant factor has zeros.

    Args:
        codes_train: `[N, L]` array.
        factors_train: `[N, K]` int array.
        codes_test: `[M, L]` array.
        factors_test: `[M, K]` int array.
        continuous: Whether factors are numbers, see `sap_score`.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `[L, K]` array.

    Example:
        >>> factors = np.array([[0], [1], [2]])
        >>> codes = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0]])
        >>> predictability_matrix(codes, factors, codes, factors, continuous=True).round(6).tolist()
        [[1.0], [0.0]]
    """
    from sklearn.svm import LinearSVC

    x_train, y_train, x_test, y_test = check_train_test(
        codes_train, factors_train, codes_test, factors_test
    )
    varying = np.ptp(y_train, axis=0) > 0
    if continuous:
        return _squared_correlation(x_train.astype(np.float64), y_train.astype(np.float64), varying)

    def accuracy(pair):
        code, k = pair
        machine = LinearSVC(C=0.01, class_weight="balanced", dual=False)
        machine.fit(x_train[:, [code]], y_train[:, k])
        return machine.score(x_test[:, [code]], y_test[:, k])

    matrix = np.zeros((x_train.shape[1], y_train.shape[1]))
    pairs = [(code, int(k)) for k in np.flatnonzero(varying) for code in range(len(matrix))]
    with published_iterations():
        accuracies = map_in_threads(
            accuracy, pairs, description="SAP: classifiers fitted", progress=progress
        )
    for pair, value in accuracies.items():
        matrix[pair] = value
    return matrix


def _squared_correlation(codes, factors, varying):
    codes = codes - codes.mean(axis=0)
    factors = factors - factors.mean(axis=0)
    products = np.sum(codes**2, axis=0)[:, None] * np.sum(factors**2, axis=0)
    covariances = (codes.T @ factors) ** 2
    # ddof 1, as the reference's numpy.cov.
    valid = (np.sum(codes**2, axis=0) / max(len(codes) - 1, 1) > 1e-12)[:, None] & varying
    return np.divide(covariances, products, where=valid, out=np.zeros_like(products))


def _sap(draws):
    points = *draws.train, *draws.test
    return {
        "sap": sap_score(*points, progress=draws.progress),
        "sap_continuous": sap_score(*points, continuous=True),
    }


ROWS = {
    "sap": Score(
        _sap,
        "Kumar et al. 2018; linear SVM, C = 0.01, balanced; squared correlation if continuous",
        needs=("factors",),
        sizes=("num_train", "num_test"),
        columns={"sap": Column("prediction", "SAP")},
        note={"num_test": "to test on"},
        turn=120,
    ),
}
