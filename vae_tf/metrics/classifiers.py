"""Fits of scikit-learn's linear models under the protocols' own limits on iterations."""

import contextlib
import warnings

import numpy as np


@contextlib.contextmanager
def published_iterations():
    """Silences the warning that a fit stopped at the published number of iterations.

    The protocols use scikit-learn's default `max_iter`; more would give other numbers.
    """
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def fit_logistic(codes: np.ndarray, labels: np.ndarray, **options):
    """Fits a multinomial logistic regression with the defaults of today's scikit-learn.

    It stops after 100 iterations, whether it has converged or not (`has_converged` tells).

    Args:
        codes: `[N, L]` array.
        labels: `[N]` int array with two values or more.
        **options: Arguments of `sklearn.linear_model.LogisticRegression` that differ.

    Returns:
        The fitted classifier.

    Example:
        >>> model = fit_logistic(np.array([[-1.0], [1.0]]), np.array([0, 1]))
        >>> model.predict([[3.0]]).tolist()
        [1]
    """
    from sklearn.linear_model import LogisticRegression

    with published_iterations():
        return LogisticRegression(**options).fit(codes, labels)


def fit_one_vs_rest(codes: np.ndarray, labels: np.ndarray):
    """Fits a logistic regression of each class against all others.

    The defaults of the scikit-learn of 2018 (before 0.22), which the published protocols used: the
    liblinear solver, whose penalty includes the intercept.

    Args:
        codes: `[N, L]` array.
        labels: `[N]` int array with two values or more.

    Returns:
        The fitted classifier.

    Example:
        >>> codes = np.array([[-5.0, 0.0], [5.0, 0.0], [0.0, 5.0]])
        >>> fit_one_vs_rest(codes, np.array([0, 1, 2])).predict(codes).tolist()
        [0, 1, 2]
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    with published_iterations():
        return OneVsRestClassifier(LogisticRegression(solver="liblinear")).fit(codes, labels)


def has_converged(model) -> bool:
    """Whether a fit of `fit_logistic` ended before its last iteration.

    Example:
        >>> has_converged(fit_logistic(np.array([[-1.0], [1.0]]), np.array([0, 1])))
        True
    """
    return bool(np.max(model.n_iter_) < model.max_iter)
