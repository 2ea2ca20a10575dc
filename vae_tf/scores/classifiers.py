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
