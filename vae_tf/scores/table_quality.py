"""Quality of synthetic rows: how real they look, how useful they are, whether they are copies.

Rows are vectors, such as `Columns.encode` makes from a DataFrame: numbers are standardized, and
categories are zeros and ones.
"""

from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.scores.validation import as_array, check_codes, check_same_width, check_seed

CLASSIFIERS = ("forest", "logistic")
_TREES = 100
_EQUAL = 1e-5  # distance of rows that are equal except for rounding to float32
_SURE = 0.01  # p-value of `CopyCheck` below which it warns


def detection_auroc(
    real: np.ndarray,
    synthetic: np.ndarray,
    *,
    classifier: str = "forest",
    folds: int = 5,
    seed: int = 0,
) -> float:
    """Area under the ROC curve of a classifier that separates real rows from synthetic rows.

    Mean over the folds of a stratified cross-validation. 0.5 is best: the classifier cannot
    separate them. 1 is worst. A value below 0.5 is by chance, or because rows are in both sets.

    Args:
        real: `[N, D]` rows, N at least `folds`.
        synthetic: `[M, D]` rows, M at least `folds`.
        classifier: "forest", scikit-learn's random forest of 100 trees, or "logistic", logistic
            regression on standardized columns.
        folds: Folds of the cross-validation, at least 2.
        seed: Seed of the folds and the classifier.

    Returns:
        The area, from 0 to 1.

    Raises:
        UserError: If the rows are not as described, or the classifier is unknown.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> rows = rng.normal(size=(200, 2))
        >>> detection_auroc(rows, rng.normal(size=(200, 2)) + 9, classifier="logistic")
        1.0

    Reference:
        Lopez-Paz & Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017, with the area in
        place of the accuracy. https://arxiv.org/abs/1610.06545
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    check_count("folds", folds, 2)
    seed = check_seed(seed)
    real = check_codes(real, name="real", min_samples=folds)
    synthetic = check_codes(synthetic, name="synthetic", min_samples=folds)
    check_same_width("columns", real, synthetic)
    if classifier not in CLASSIFIERS:
        raise UserError(
            f"`classifier` must be one of {', '.join(CLASSIFIERS)}. Received: {classifier!r}"
        )
    model = RandomForestClassifier(_TREES, random_state=seed)
    if classifier == "logistic":
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    rows = np.concatenate([real, synthetic])
    label = np.repeat([0, 1], [len(real), len(synthetic)])
    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return float(cross_val_score(model, rows, label, cv=parts, scoring="roc_auc").mean())


def train_on_synthetic_score(
    rows: np.ndarray,
    target: np.ndarray,
    rows_test: np.ndarray,
    target_test: np.ndarray,
    *,
    seed: int = 0,
) -> float:
    """How well a random forest that learned from synthetic rows predicts a column of real rows.

    Compare it with the same score of real training rows. The forest has 100 trees and otherwise
    scikit-learn's defaults.

    Args:
        rows: `[N, D]` synthetic rows without the target's own columns.
        target: `[N]` classes as integers, or numbers as floats.
        rows_test: `[M, D]` real rows that the model was not trained on.
        target_test: `[M]`, the targets of the real rows.
        seed: Seed of the forest.

    Returns:
        For classes, the area under the ROC curve of each class against the others, mean over the
        classes of the test rows. 0.5 is chance, 1 is perfect; a class without synthetic rows counts
        as 0.5. For numbers, the coefficient of determination R^2. 1 is perfect, 0 is as good as
        predicting the mean of the test rows.

    Raises:
        UserError: If the arrays are not as described.

    Example:
        >>> rows = np.arange(100.0)[:, None]
        >>> train_on_synthetic_score(rows, rows[:, 0] // 50 * 1, rows, rows[:, 0] // 50) > 0.99
        True

    Reference:
        Esteban et al., "Real-valued (Medical) Time Series Generation with Recurrent Conditional
        GANs", 2017, Sec. 5.2. https://arxiv.org/abs/1706.02633
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.metrics import r2_score, roc_auc_score

    seed = check_seed(seed)
    rows, rows_test = check_codes(rows, name="rows"), check_codes(rows_test, name="rows_test")
    check_same_width("columns", rows, rows_test)
    target, target_test = as_array(target, "target"), as_array(target_test, "target_test")
    for given, name, count in ((target, "target", rows), (target_test, "target_test", rows_test)):
        if given.shape != (len(count),) or given.dtype.kind not in "iuf":
            raise UserError(
                f"`{name}` must be a number or an integer class per row, [{len(count)}]. "
                f"Received: {given.dtype} array of shape {given.shape}"
            )
    if target.dtype.kind == "f":
        forest = RandomForestRegressor(_TREES, random_state=seed)
        return float(r2_score(target_test, forest.fit(rows, target).predict(rows_test)))
    forest = RandomForestClassifier(_TREES, random_state=seed).fit(rows, target)
    chances = dict(zip(forest.classes_, forest.predict_proba(rows_test).T, strict=True))
    none = np.zeros(len(rows_test))
    classes = np.unique(target_test)
    if len(classes) < 2:
        raise UserError("`target_test` must have at least 2 classes. Received: one. Add rows.")
    areas = [roc_auc_score(target_test == each, chances.get(each, none)) for each in classes]
    return float(np.mean(areas))


class CopyCheck(NamedTuple):
    """Whether samples are nearer to training rows than to rows that the model never saw.

    Attributes:
        closer_to_training: Share of the samples whose closest row is a training row and not a
            held-out row; both sets have the same size. 0.5 without copies, 1 if all are copies.
        p_value: Probability of a share at least as large if there are no copies. It is from a
            binomial distribution, whose number of trials is the smaller number of samples and
            held-out rows.
        distance: Median distance from a sample to its closest training row, among all of them.
        distance_held_out: Median distance from a held-out row to its closest training row.
        exact: Share of the samples that are equal to a training row.
        exact_held_out: Share of the held-out rows that are equal to a training row.
    """

    closer_to_training: float
    p_value: float
    distance: float
    distance_held_out: float
    exact: float
    exact_held_out: float

    def warning(self) -> str | None:
        """Return a warning if samples copy training rows, else None."""
        if self.p_value >= _SURE:
            return None
        return (
            f"Warning: {self.closer_to_training:.0%} of the samples are closer to a training row "
            f"than to any held-out row, of equally many; 50 % are expected. The model copies rows: "
            f"do not publish its samples as anonymous. Train fewer steps, lower latent_size or "
            f"raise kl_weight."
        )


def copy_check(
    training: np.ndarray, held_out: np.ndarray, samples: np.ndarray, *, seed: int = 0
) -> CopyCheck:
    """Compare the distances of samples to training rows and to held-out rows.

    Distances are Euclidean. M training rows are drawn, as many as there are held-out rows, because
    a larger set would be closer. Equal distances count half.

    Args:
        training: `[N, D]` rows that the model was trained on, N at least M.
        held_out: `[M, D]` rows from the same source that the model was not trained on.
        samples: `[S, D]` rows that the model generated.
        seed: Seed of the drawn training rows.

    Raises:
        UserError: If the rows are not as described.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> rows = rng.normal(size=(300, 4))
        >>> copy_check(rows[:200], rows[200:], rows[:200]).closer_to_training > 0.7
        True

    Reference:
        Distance to the closest record: Park et al., "Data Synthesis based on Generative
        Adversarial Networks", VLDB 2018, Sec. 5. https://arxiv.org/abs/1806.03384
    """
    from scipy.stats import binom
    from sklearn.neighbors import NearestNeighbors

    training = check_codes(training, name="training")
    held_out = check_codes(held_out, name="held_out")
    samples = check_codes(samples, name="samples")
    for rows in (held_out, samples):
        check_same_width("columns", training, rows)
    if len(training) < len(held_out):
        raise UserError(
            f"There must be at least as many training rows as held-out rows. Received: "
            f"{len(training):,} and {len(held_out):,}. Leave out some held-out rows."
        )
    rng = np.random.default_rng(check_seed(seed))
    some = training[rng.permutation(len(training))[: len(held_out)]]

    def closest(rows, records):
        return NearestNeighbors(n_neighbors=1).fit(records).kneighbors(rows)[0][:, 0]

    to_training, to_held_out = closest(samples, some), closest(samples, held_out)
    share = np.mean((to_training < to_held_out) + 0.5 * (to_training == to_held_out))
    # Samples share neighbors, so more samples than held-out rows are no more evidence.
    count = min(len(samples), len(held_out))
    p_value = binom.sf(np.ceil(share * count) - 1, count, 0.5)
    of_samples, of_held_out = closest(samples, training), closest(held_out, training)
    return CopyCheck(
        float(share),
        float(p_value),
        float(np.median(of_samples)),
        float(np.median(of_held_out)),
        float(np.mean(of_samples <= _EQUAL)),
        float(np.mean(of_held_out <= _EQUAL)),
    )
