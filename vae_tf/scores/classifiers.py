"""scikit-learn's linear classifiers with the settings and limits of the published protocols."""

import contextlib
import warnings

import numpy as np

_NUM_FOLDS = 5
_PENALTIES = np.logspace(-4, 4, 10)


@contextlib.contextmanager
def published_iterations():
    """Silences the warning that a fit stopped at the published number of iterations.

    The protocols use scikit-learn's default `max_iter`; more iterations would change the scores.
    Threads share this setting, so enter the context before threads start, not inside of them.
    """
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def fit_logistic(codes: np.ndarray, labels: np.ndarray, *, C: float = 1.0, balanced: bool = False):
    """Fits a multinomial logistic regression with the defaults of scikit-learn since 2019.

    Args:
        codes: `[N, L]` array.
        labels: `[N]` int array. If there is only one class, it is always predicted.
        C: Inverse of the penalty's strength; infinite for no penalty.
        balanced: Whether classes have equal weights, whatever their frequency.

    Returns:
        The classifier after at most 100 iterations, converged or not.

    Example:
        >>> fit_logistic(np.array([[-1.0], [1.0]]), np.array([4, 7])).predict([[3.0]]).tolist()
        [7]
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.linear_model import LogisticRegression

    if np.ptp(labels) == 0:
        return DummyClassifier(strategy="most_frequent").fit(codes, labels)
    weight = "balanced" if balanced else None
    return LogisticRegression(C=C, class_weight=weight).fit(codes.astype(np.float64), labels)


def fit_logistic_by_folds(codes: np.ndarray, labels: np.ndarray):
    """Fits a logistic regression whose penalty is chosen by cross-validation.

    C is one of ten values from 10^-4 to 10^4, evenly spaced in the logarithm: the value with the
    best mean accuracy on five folds, which are not shuffled. If values are equally good, the
    smallest is taken. Each fit of a fold starts from the fit with the previous C. Folds may lack a
    class; scikit-learn's LogisticRegressionCV does not allow that.

    Args:
        codes: `[N, L]` array.
        labels: `[N]` int array with two values or more.

    Returns:
        The fitted classifier.

    Example:
        >>> codes = np.array([[-1.0], [1.0], [-2.0], [2.0], [-3.0], [3.0]])
        >>> fit_logistic_by_folds(codes, np.array([0, 1, 0, 1, 0, 1])).predict([[4.0]]).tolist()
        [1]
    """
    from sklearn.model_selection import KFold

    folds = KFold(min(_NUM_FOLDS, len(labels))).split(codes)
    accuracies = np.mean([_accuracies(codes, labels, *fold) for fold in folds], axis=0)
    return fit_logistic(codes, labels, C=_PENALTIES[accuracies.argmax()])


def _accuracies(codes, labels, kept, left_out):
    """Accuracy on the left-out points for each penalty."""
    model = fit_logistic(codes[kept], labels[kept], C=_PENALTIES[0])
    if not hasattr(model, "coef_"):
        return np.full(len(_PENALTIES), model.score(codes[left_out], labels[left_out]))
    model.set_params(warm_start=True)
    return [
        model.set_params(C=C)
        .fit(codes[kept].astype(np.float64), labels[kept])
        .score(codes[left_out], labels[left_out])
        for C in _PENALTIES
    ]


def fit_one_vs_rest(codes: np.ndarray, labels: np.ndarray):
    """Fits a logistic regression of each class against all others.

    The published protocols used these defaults of scikit-learn before 0.22: the liblinear solver,
    whose penalty includes the intercept.

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

    return OneVsRestClassifier(LogisticRegression(solver="liblinear")).fit(codes, labels)
