"""UDR: do models that differ by seed find the same codes? Ranks models without known factors.

Reference:
    Duan et al., "Unsupervised Model Selection for Variational Disentangled Representation
    Learning", ICLR 2020. https://arxiv.org/abs/1905.12614
"""

from collections.abc import Sequence

import numpy as np

from vae_tf.process.errors import UserError, unknown
from vae_tf.scores.classifiers import published_iterations
from vae_tf.scores.explicitness import standardize
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import as_array, check_codes, check_number

CORRELATIONS = ("lasso", "spearman")


def udr_score(
    codes_of_models: Sequence[np.ndarray],
    kl_of_models: Sequence[np.ndarray],
    *,
    correlation: str = "lasso",
    kl_threshold: float = 0.01,
) -> np.ndarray:
    r"""Unsupervised disentanglement ranking of models that encoded the same images.

    Codes are standardized. Codes with a mean KL of at most `kl_threshold` are uninformative.
    $R_{ij}$ `[L_i, L_j]` has the absolute coefficients of Lasso(alpha=0.1), which predicts the
    codes of model $j$ from the codes of model $i$, or absolute Spearman correlations. Over
    informative codes, with the columns $r$ and the rows $r'$ of $R_{ij}$:

    $$s_{ij} = \tfrac{1}{2} \left(\mathrm{mean}_r \frac{\max(r)^2}{\sum r} +
    \mathrm{mean}_{r'} \frac{\max(r')^2}{\sum r'}\right)$$

    The score of model $j$ is the median of $s_{ij}$ over all other models $i$.

    From 0 to about 1. High: each code has one counterpart in other models. 0: no counterpart, or no
    informative code. A perfect match scores 1 with Spearman, but 0.9 with Lasso, whose penalty
    lowers a coefficient of 1 by alpha = 0.1. Invariant to permuting, sign-flipping and rescaling
    the codes of any model.

    Args:
        codes_of_models: One `[N, L]` array per model, the same N images in the same order; 1,000
            images in the paper. L may differ.
        kl_of_models: One `[L]` array per model: KL of each code to the prior, mean over images, in
            nats.
        correlation: "lasso" or "spearman".
        kl_threshold: Greatest KL of an uninformative code, in nats, at least 0; 0.01 in the paper.

    Returns:
        `[M]` array, one score per model.

    Raises:
        UserError: If there are fewer than two models, shapes do not fit, or the threshold is not a
            number of at least 0.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(1000, 3))
        >>> udr_score([codes, -codes[:, [2, 0, 1]]], [np.ones(3)] * 2).round(2).tolist()
        [0.9, 0.9]
    """
    if correlation not in CORRELATIONS:
        raise unknown("correlation", correlation, CORRELATIONS)
    remedy = "Pass 0.01 for the published ranking."
    kl_threshold = check_number("kl_threshold", kl_threshold, 0, remedy=remedy)
    codes, informative = _check_models(codes_of_models, kl_of_models, kl_threshold)
    num_models = len(codes)
    similarity = np.zeros((num_models, num_models))
    for i in range(num_models):
        for j in range(num_models):
            if i != j:
                matrix = _correlation(codes[i], codes[j], correlation)
                similarity[i, j] = _relative_strength(matrix[informative[i]][:, informative[j]])
    # The reference takes the median of a column: how well the others predict this model.
    return np.array([np.median(np.delete(similarity[:, j], j)) for j in range(num_models)])


def _check_models(codes_of_models, kl_of_models, kl_threshold):
    if len(codes_of_models) < 2 or len(codes_of_models) != len(kl_of_models):
        raise UserError(
            "UDR needs codes and KL of at least two models. Received: "
            f"{len(codes_of_models)} arrays of codes, {len(kl_of_models)} of KL. "
            "Train the model with several seeds."
        )
    codes, informative = [], []
    for number, (code, kl) in enumerate(zip(codes_of_models, kl_of_models, strict=True)):
        code = check_codes(code, name=f"codes_of_models[{number}]", min_samples=2)
        kl = as_array(kl, f"kl_of_models[{number}]")
        if kl.dtype.kind not in "fiub" or kl.shape != code.shape[1:] or not np.isfinite(kl).all():
            raise UserError(
                f"`kl_of_models[{number}]` must hold one finite number for each of "
                f"{code.shape[1]} codes. Received: shape={kl.shape}. Pass the mean KL per code."
            )
        if len(code) != len(codes_of_models[0]):
            raise UserError(
                "Codes of all models must come from the same images. Received: "
                f"{len(codes_of_models[0])} and {len(code)} rows. Encode one set with each model."
            )
        informative.append(kl > kl_threshold)
        codes.append(standardize(code, code) * informative[-1])
    return codes, informative


def _correlation(source, target, kind):
    if kind == "lasso":
        from sklearn.linear_model import Lasso

        with published_iterations():
            model = Lasso(alpha=0.1).fit(source, target)
        return np.abs(np.atleast_2d(model.coef_)).T  # [L_i, L_j]
    ranks = [standardize(rank, rank) for rank in (_ranks(source), _ranks(target))]
    return np.abs(ranks[0].T @ ranks[1]) / len(source)


def _ranks(codes):
    from scipy.stats import rankdata

    return rankdata(codes, axis=0)


def _relative_strength(matrix):
    if matrix.size == 0:
        return 0.0
    means = []
    for values in (matrix, matrix.T):
        sums = values.sum(axis=0)
        strength = np.divide(values.max(axis=0) ** 2, sums, where=sums > 0, out=np.zeros(len(sums)))
        means.append(strength.mean())
    return float(np.mean(means))


def _udr(codes_of_models, kl_of_models):
    return [{"udr": float(value)} for value in udr_score(codes_of_models, kl_of_models)]


ROWS = {
    "udr": Score(
        _udr,
        "Duan et al. 2020 with Lasso, alpha 0.1, over runs that differ by seed; a perfect match "
        "scores 0.9 with Lasso",
        needs=("seeds",),
        sizes=("num_images", "num_models"),
        columns={"udr": Column("seeds", "UDR")},
        turn=260,
    ),
}
