"""Scores of codes of images that share one factor's value: beta-VAE's and FactorVAE's.

A factor is held if images have the same random value of it: the two images of a pair (beta-VAE
score), or all images of a batch (FactorVAE score). All other factors are drawn uniformly and
independently. A factor with only one value is never held.

Reference:
    Higgins et al., "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational
    Framework", ICLR 2017. https://openreview.net/forum?id=Sy2fzU9gl
    Kim & Mnih, "Disentangling by Factorising", ICML 2018. https://arxiv.org/abs/1802.05983
"""

from collections.abc import Callable, Sequence

import numpy as np
from tqdm import tqdm

from vae_tf.process.numbers import check_count
from vae_tf.scores.classifiers import fit_logistic, fit_one_vs_rest, published_iterations
from vae_tf.scores.factor_draws import ROWS_PER_CALL, FactorDraws, as_draws
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import check_factor_sizes, check_number, check_seed


def beta_vae_score(
    represent: Callable[[np.ndarray], np.ndarray] | FactorDraws,
    factor_sizes: Sequence[int],
    *,
    num_train: int = 10_000,
    num_eval: int = 5_000,
    batch_size: int = 64,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, float]:
    """beta-VAE score: can a linear classifier predict the factor that two images share?

    For each point, draw a factor k, draw two batches of factor vectors, and copy column k of the
    first batch into the second. The point's feature is the mean over the batch of |z1 - z2|, and
    its label is k. Logistic regression learns from `num_train` points and is scored on `num_eval`
    others. There are two regressions: one multinomial regression of all factors, today's default of
    scikit-learn; and one regression of each factor against the rest, the default of 2018, which
    Locatello et al. used. On the same points their accuracies differed by up to 0.03 for mixtures
    of five factors, so report a number with its regression.

    Accuracies are from 0 to 1. 1: the classifier always predicts the factor. Chance, and the score
    of constant codes, is 1/K for K factors with at least two values. High scores are easy to reach:
    a random rotation of five factors scores 0.78 to 0.97, depending on the rotation and the
    factors' scale. The regressions stop after at most 100 iterations, as published; `converged`
    shows whether the multinomial regression needed fewer. Invariant to permuting and sign-flipping
    codes, and nearly invariant to rescaling, because the classifier is slightly penalized.

    Args:
        represent: Function from factors `[n, K]` int to codes `[n, L]`, with n up to 16,384; or a
            `FactorSample`.
        factor_sizes: Number of values of each factor, `K` integers.
        num_train: Training points; 10,000 in Locatello et al.
        num_eval: Test points; 5,000 in Locatello et al.
        batch_size: Pairs of images per point; 64 in Locatello et al.
        seed: Seed of the draws.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `train` and `eval`, the accuracies of the multinomial regression; `eval` is the score.
        `train_one_vs_rest` and `eval_one_vs_rest`, the accuracies of the published version.
        `converged`, 1 if the multinomial regression converged, else 0.

    Example:
        >>> scores = beta_vae_score(lambda v: v, [3, 6, 8], num_train=300, num_eval=100)
        >>> scores["eval"]
        1.0
    """
    sizes = check_factor_sizes(factor_sizes)
    num_train = check_count("num_train", num_train, 1)
    num_eval = check_count("num_eval", num_eval, 1)
    check_count("batch_size", batch_size, 1)
    rng, draws = np.random.default_rng(check_seed(seed)), as_draws(represent, sizes)

    def points(held, rng):
        first, second = draws.pairs(held, batch_size, rng)
        return np.abs(first - second).sum(axis=1) / batch_size

    labels, features = _in_chunks(
        points, sizes, num_train + num_eval, 2 * batch_size, rng, "beta-VAE score: points", progress
    )
    train, evaluation = slice(num_train), slice(num_train, None)
    scores, converged = {}, True
    for suffix, fit in (("", fit_logistic), ("_one_vs_rest", fit_one_vs_rest)):
        predicted = np.full(len(labels), labels[0])
        if len(np.unique(labels[train])) > 1:
            with published_iterations():
                model = fit(features[train], labels[train])
            predicted = model.predict(features)
            if fit is fit_logistic:
                converged = model.n_iter_[0] < model.max_iter
        right = predicted == labels
        scores[f"train{suffix}"] = float(right[train].mean())
        scores[f"eval{suffix}"] = float(right[evaluation].mean())
    return {**scores, "converged": float(converged)}


def factor_vae_score(
    represent: Callable[[np.ndarray], np.ndarray] | FactorDraws,
    factor_sizes: Sequence[int],
    *,
    num_train: int = 10_000,
    num_eval: int = 5_000,
    num_variance: int = 10_000,
    batch_size: int = 64,
    prune_threshold: float = 0.05,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, float]:
    """FactorVAE score: does the code with the least variance identify the factor that is held?

    For each vote, draw a factor k and a batch of factor vectors in which column k is constant. The
    vote is for the active code with the least variance in the batch, relative to its variance over
    all images. A table from codes to factors is learned by majority from `num_train` votes. The
    score is the accuracy of this table on `num_eval` other votes. Variances have ddof 1. A code is
    active if it is not constant and its standard deviation is at least `prune_threshold`. (With a
    threshold of 0, the reference code divides 0 by 0 for constant codes.)

    From 0 to 1. 1: the code always identifies the factor. About 1/K: chance. 0: no active code.
    Several codes may identify the same factor, so duplicated codes do not lower the score.
    Invariant to permuting and sign-flipping codes, and to rescaling as long as the same codes are
    active.

    Args:
        represent: Function from factors `[n, K]` int to codes `[n, L]`, with n up to 16,384; or a
            `FactorSample`.
        factor_sizes: Number of values of each factor, `K` integers.
        num_train: Training votes; 10,000 in Locatello et al.
        num_eval: Test votes; 5,000 in Locatello et al.
        num_variance: Images for the variance over all images, at least 2; 10,000 in Locatello et
            al.
        batch_size: Factor vectors per vote, at least 2; 64 in Locatello et al.
        prune_threshold: Least standard deviation of an active code; 0.05 in Locatello et al.
        seed: Seed of the draws.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `train` and `eval`, the accuracies (`eval` is the score), and `num_active`, the number of
        active codes.

    Example:
        >>> factor_vae_score(lambda v: v, [3, 6, 8], num_train=300, num_eval=100)
        {'train': 1.0, 'eval': 1.0, 'num_active': 3}
    """
    sizes = check_factor_sizes(factor_sizes)
    num_train = check_count("num_train", num_train, 1)
    num_eval = check_count("num_eval", num_eval, 1)
    check_count("batch_size", batch_size, 2)
    check_count("num_variance", num_variance, 2)
    remedy = "Pass 0.05 for the published protocol."
    prune_threshold = check_number("prune_threshold", prune_threshold, 0, remedy=remedy)
    rng, draws = np.random.default_rng(check_seed(seed)), as_draws(represent, sizes)
    codes = draws.random(num_variance, rng)
    variance = np.var(codes, axis=0, ddof=1)
    active = (np.sqrt(variance) >= prune_threshold) & (np.ptp(codes, axis=0) > 0) & (variance > 0)
    if not active.any():
        return {"train": 0.0, "eval": 0.0, "num_active": 0}

    def votes(held, rng):
        local = np.var(draws.batches(held, batch_size, rng)[..., active], axis=1, ddof=1)
        return np.argmin(local / variance[active], axis=1)

    labels, winners = _in_chunks(
        votes, sizes, num_train + num_eval, batch_size, rng, "FactorVAE score: votes", progress
    )
    train, evaluation = slice(num_train), slice(num_train, None)
    table = np.zeros((active.sum(), len(sizes)), np.int64)  # [active codes, K]
    np.add.at(table, (winners[train], labels[train]), 1)
    right = table.argmax(axis=1)[winners] == labels
    return {
        "train": float(right[train].mean()),
        "eval": float(right[evaluation].mean()),
        "num_active": int(active.sum()),
    }


def _in_chunks(function, sizes, num_points, rows_per_point, rng, description, progress):
    """Draws a held factor for each point; returns these factors and the results of `function`."""
    held = rng.choice(np.flatnonzero(sizes > 1), size=num_points)
    chunk = max(ROWS_PER_CALL // rows_per_point, 1)
    results = []
    with tqdm(desc=description, total=num_points, delay=2, disable=not progress) as bar:
        for start in range(0, num_points, chunk):
            part = held[start : start + chunk]
            results.append(function(part, rng))
            bar.update(len(part))
    return held, np.concatenate(results)


def _by_intervention(score, prefix, *sizes):
    def compute(draws):
        scores = score(
            draws.represent(),
            draws.codes.factor_sizes,
            **{name: getattr(draws.sizes, name) for name in sizes},
            seed=draws.seed,
            progress=draws.progress,
        )
        return {f"{prefix}_{name}": value for name, value in scores.items()}

    return compute


ROWS = {
    "beta_vae": Score(
        _by_intervention(beta_vae_score, "beta_vae", "num_train", "num_eval", "batch_size"),
        "Higgins et al. 2017 as in Locatello et al. 2019; multinomial logistic regression, and one "
        "regression of each factor against the rest, as published",
        needs=("factors",),
        sizes={"num_train": "num_votes", "num_eval": "num_eval", "batch_size": "batch_size"},
        columns={
            "beta_vae_eval": Column("intervention", "beta-VAE"),
            "beta_vae_eval_one_vs_rest": Column("intervention", "beta-VAE, one vs. rest"),
        },
        note={"num_eval": "by intervention"},
        turn=150,
    ),
    "factor_vae": Score(
        _by_intervention(
            factor_vae_score, "factor_vae", "num_train", "num_eval", "num_variance", "batch_size"
        ),
        "Kim & Mnih 2018 as in Locatello et al. 2019; codes of standard deviation 0.05 or more",
        needs=("factors",),
        sizes={
            "num_train": "num_votes",
            "num_eval": "num_eval",
            "num_variance": "num_variance",
            "batch_size": "batch_size",
        },
        columns={"factor_vae_eval": Column("intervention", "FactorVAE")},
        turn=160,
    ),
}
