"""Fairness: does the prediction of one factor change when another, sensitive factor changes?

Reference:
    Locatello et al., "On the Fairness of Disentangled Representations", NeurIPS 2019, Section 4
    (`fairness.py` of disentanglement_lib). https://arxiv.org/abs/1905.13662
"""

from collections.abc import Callable, Sequence

import numpy as np

from vae_tf.process.numbers import check_count
from vae_tf.scores.factor_draws import FactorDraws, as_draws
from vae_tf.scores.factor_trees import fit_trees
from vae_tf.scores.score import Column, Score, named
from vae_tf.scores.validation import check_codes_factors, check_factor_sizes, check_seed


def unfairness_scores(
    codes: np.ndarray,
    factors: np.ndarray,
    represent: Callable[[np.ndarray], np.ndarray] | FactorDraws,
    factor_sizes: Sequence[int],
    *,
    num_points: int = 100,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, float]:
    """Unfairness of boosted trees that predict one factor while another factor is changed.

    For each target factor, gradient boosted trees as in `dci_scores` learn to predict it from
    codes. For each other factor, the sensitive factor, `num_points` random images are changed to
    each of its values in turn, and their targets are predicted. Two distributions of predictions
    are compared: for one value of the sensitive factor, and for all its values. The unfairness of
    the pair is their total variation distance (half the sum of absolute differences), mean over the
    values.

    From 0 to below 1; lower is better. `mean`, over all pairs, is the published score. `worst` is
    the largest unfairness of a pair. 0: the distribution of the predictions never changes, for
    example if predictions are perfect, or if codes have no information. Predictions that change at
    random have unfairness above 0, because there are few points. Factors with one value are left
    out; if fewer than two factors are left, both scores are 0. For invariances, see `dci_scores`.

    Args:
        codes: `[N, L]` array of points to learn from; 10,000 in the paper.
        factors: `[N, K]` int array of the same images, values from 0.
        represent: Function from factors `[n, K]` int to codes `[n, L]`, with n up to 16,384; or a
            `FactorSample` that was made with an encoder.
        factor_sizes: Number of values of each factor, `K` integers.
        num_points: Number of images that are changed; 100 in the paper.
        seed: Seed of the images and of the trees.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `mean` and `worst`.

    Raises:
        UserError: If an array or an option is invalid.

    Example:
        >>> factors = np.random.default_rng(0).integers(0, [3, 4], size=(300, 2))
        >>> scores = unfairness_scores(factors, factors, lambda v: v, [3, 4])
        >>> {name: abs(round(score, 6)) for name, score in scores.items()}
        {'mean': 0.0, 'worst': 0.0}
    """
    codes, factors = check_codes_factors(codes, factors)
    sizes = check_factor_sizes(factor_sizes)
    changed = changed_codes(represent, sizes, num_points=num_points, seed=seed)
    trees = fit_trees(
        codes,
        factors,
        np.concatenate(changed),
        seed=seed,
        description="Fairness: factors fitted",
        progress=progress,
    )
    return unfairness_from_predictions(trees.predicted_test, sizes, num_points)


def changed_codes(
    represent: Callable[[np.ndarray], np.ndarray] | FactorDraws,
    sizes: np.ndarray,
    *,
    num_points: int = 100,
    seed: int = 0,
) -> list[np.ndarray]:
    """Codes of images under every value of each factor in turn.

    Args:
        represent: Function or source of codes, see `unfairness_scores`.
        sizes: `[K]` numbers of values.
        num_points: Number of images that are changed.
        seed: Seed of the images.

    Returns:
        For each factor `[V * num_points, L]` codes: the same images for each of its V values, value
        by value.
    """
    rng = np.random.default_rng(check_seed(seed))
    num_points = check_count("num_points", num_points, 1)
    draws = as_draws(represent, sizes)
    parts = [draws.intervened(k, num_points, rng) for k in range(len(sizes))]
    return [part.reshape(-1, part.shape[-1]) for part in parts]


def unfairness_from_predictions(
    predicted: np.ndarray, sizes: np.ndarray, num_points: int
) -> dict[str, float]:
    """The scores of `unfairness_scores` from predictions of all factors.

    Args:
        predicted: `[sum of sizes * num_points, K]` predictions at the points of `changed_codes`.
        sizes: `[K]` numbers of values.
        num_points: Number of images that are changed.

    Returns:
        The same dict as `unfairness_scores`.
    """
    varying = np.flatnonzero(np.asarray(sizes) > 1)
    parts = np.split(predicted, np.cumsum(np.asarray(sizes) * num_points)[:-1])
    pairs = [
        _distance(parts[sensitive][:, target].reshape(sizes[sensitive], num_points))
        for target in varying
        for sensitive in varying
        if target != sensitive
    ]
    if not pairs:
        return {"mean": 0.0, "worst": 0.0}
    return {"mean": float(np.mean(pairs)), "worst": float(np.max(pairs))}


def _distance(predictions):
    """Mean total variation distance between one row of predictions `[V, n]` and all rows."""
    values, labels = np.unique(predictions, return_inverse=True)
    labels = labels.reshape(predictions.shape)
    counts = np.stack([np.bincount(row, minlength=len(values)) for row in labels])
    shares = counts / predictions.shape[1]
    return float(np.mean(np.abs(shares - shares.mean(axis=0)).sum(axis=1) / 2))


def _unfairness(draws):
    scores = unfairness_from_predictions(
        draws.trees.predicted_test[len(draws.test[0]) :],
        np.array(draws.codes.factor_sizes),
        draws.sizes.num_changed,
    )
    return named("unfairness", scores)


ROWS = {
    "unfairness": Score(
        _unfairness,
        "Locatello et al. 2019 (fairness): gradient boosting, total variation distance, mean over "
        "pairs of factors and worst pair",
        needs=("factors", "interventions"),
        sizes=("num_train", "num_changed"),
        columns={"unfairness_mean": Column("downstream", "unfairness", min)},
        turn=230,
    ),
}
