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
    """Fits a multinomial logistic regression with scikit-learn's defaults.

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
