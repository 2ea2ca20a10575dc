"""DCI with the regression of the paper: a lasso for each factor.

Reference:
    Eastwood & Williams, "A Framework for the Quantitative Evaluation of Disentangled
    Representations", ICLR 2018, Section 3 (the authors' `quantify.ipynb` and
    `lib/eval/regression.py` of cianeastwood/qedr). https://openreview.net/forum?id=By-7dz-AZ
"""

import numpy as np

from vae_tf.scores.classifiers import published_iterations
from vae_tf.scores.dci import dci_from_importance
from vae_tf.scores.explicitness import standardize
from vae_tf.scores.score import Column, Score, named
from vae_tf.scores.validation import check_codes, check_number, check_same_rows, check_same_width


def dci_lasso_scores(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    factors_test: np.ndarray,
    *,
    alpha: float = 0.02,
) -> dict[str, float]:
    r"""Disentanglement, completeness and errors from the weights of a lasso, as in the paper.

    Codes and factors are standardized with the training mean and standard deviation (ddof 0). Each
    factor is predicted from all codes by the $w$ that minimizes

    $$|v - z w|^2 / (2 N) + \alpha\, |w|_1$$

    $R_{lk}$ is $|w_l|$ for factor $k$. Disentanglement is from `dci_from_importance` (rows weighted
    by their sums). Completeness is the unweighted mean over factors of 1 - entropy in base L of the
    factor's column of R; the protocol of Locatello et al. weights columns by their sums.
    Informativeness is an error: the root mean squared error over the factor's standard deviation on
    the same points, mean over factors.

    Disentanglement and completeness are from 0 to 1, as in `dci_scores`. A factor that no code
    predicts counts as 0 in completeness, where the authors' code gives NaN. Errors are at least 0.
    Near 0: all factors are linear functions of the codes. 1: as good as predicting each factor's
    mean. Factors are read as numbers, so the scores mean little for nominal factors. Constant
    factors are left out; if all are constant, all scores are 0. Invariant to permuting,
    sign-flipping and rescaling codes, and to rescaling factors.

    Args:
        codes_train: `[N, L]` array; 160,000 points in the paper.
        factors_train: `[N, K]` array of numbers.
        codes_test: `[M, L]` array; 20,000 points in the paper.
        factors_test: `[M, K]` array of numbers.
        alpha: Weight of the penalty, above 0; 0.02 in the authors' code.

    Returns:
        `disentanglement`, `completeness`, `error_train`, `error_test`.

    Raises:
        UserError: If an array is invalid, or `alpha` is not above 0.

    Example:
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> scores = dci_lasso_scores(factors, factors, factors, factors)
        >>> {name: round(score, 3) for name, score in scores.items()}
        {'disentanglement': 1.0, 'completeness': 1.0, 'error_train': 0.02, 'error_test': 0.02}
    """
    from sklearn.linear_model import Lasso

    draws = [
        (check_codes(codes, name=f"codes_{part}"), check_codes(factors, name=f"factors_{part}"))
        for part, codes, factors in (
            ("train", codes_train, factors_train),
            ("test", codes_test, factors_test),
        )
    ]
    for part, draw in zip(("train", "test"), draws, strict=True):
        check_same_rows(*draw, suffix=f"_{part}")
    for kind, first, second in zip(("codes", "factors"), *draws, strict=True):
        check_same_width(kind, first, second)
    alpha = check_number("alpha", alpha, np.finfo(float).tiny, remedy="Pass 0.02 as published.")
    varying = np.ptp(draws[0][1], axis=0) > 0
    if not varying.any():
        return dict.fromkeys(("disentanglement", "completeness", "error_train", "error_test"), 0.0)
    codes = [standardize(draw[0], draws[0][0]) for draw in draws]
    factors = [standardize(draw[1][:, varying], draws[0][1][:, varying]) for draw in draws]
    with published_iterations():
        models = [Lasso(alpha=alpha).fit(codes[0], column) for column in factors[0].T]
    importance = np.abs(np.stack([model.coef_ for model in models], axis=1))  # [L, K]
    completeness = [dci_from_importance(column[:, None])["completeness"] for column in importance.T]
    errors = [
        np.mean([_error(model.predict(x), v) for model, v in zip(models, y.T, strict=True)])
        for x, y in zip(codes, factors, strict=True)
    ]
    return {
        "disentanglement": dci_from_importance(importance)["disentanglement"],
        "completeness": float(np.mean(completeness)),
        "error_train": float(errors[0]),
        "error_test": float(errors[1]),
    }


def _error(predicted, factor):
    """Root mean squared error in standard deviations of the factor; unscaled if it is constant."""
    stddev = factor.std()
    return np.sqrt(np.mean((predicted - factor) ** 2)) / (stddev if stddev > 0 else 1.0)


def _dci_lasso(draws):
    return named("dci_lasso", dci_lasso_scores(*draws.train, *draws.test))


ROWS = {
    "dci_lasso": Score(
        _dci_lasso,
        "Eastwood & Williams 2018: lasso, alpha 0.02, all factors read as numbers; errors in "
        "standard deviations of the factor",
        needs=("factors",),
        sizes=("num_train", "num_test"),
        columns={
            "dci_lasso_disentanglement": Column("DCI, lasso", "disent."),
            "dci_lasso_completeness": Column("DCI, lasso", "complete."),
            "dci_lasso_error_test": Column("DCI, lasso", "error", min),
        },
        turn=140,
    ),
}
