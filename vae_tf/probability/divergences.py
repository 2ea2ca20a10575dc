"""Minibatch estimators: how far the codes of a batch are from a target distribution.

Unlike the functions in `distributions`, these are estimates whose bias and variance depend on the
batch; each docstring says how. They are pure functions of tensors, in nats if they are logarithms.
"""

import math

from keras import ops, random

from vae_tf.process.errors import UserError, unknown

ESTIMATORS = ("weighted", "stratified")  # of the density of all codes from the codes of a batch


def importance_log_weights(batch_size, dataset_size, estimator: str):
    """Log-weights of the images of a batch in an estimate of q(z) = 1/N sum_n q(z|x_n).

    - "weighted": all weights are 1 / (B N) (Chen et al. 2018, Eq. 3 and App. C). Every density is
      too small on average: by a factor of B if only the posterior of the own image reaches z, by a
      factor of N if all posteriors are equal. The total correlation has L marginal densities and
      one joint density. Therefore it is too large: by (L - 1) log N nats if the batch is the whole
      data set, otherwise by up to about L log N - log B.
    - "stratified": M = B - 1. Row i has the weight 1/N for image i, from which z was drawn, the
      weight (N - M) / (N M) for one other image, and 1/M for all others (Chen et al. 2018, App. C).
      The weights of a row sum to 1. On average over the batches with image i, the estimate of q(z)
      is unbiased, so its logarithm is too small on average.

    Args:
        batch_size: B, int or scalar tensor.
        dataset_size: N, number of training images; a scalar tensor only if stratified.
        estimator: "weighted" or "stratified".

    Returns:
        `[B, B]`, row i for the sample of image i, column j for the posterior of image j.

    Raises:
        UserError: If the estimator is unknown; or if it is stratified and the batch has fewer than
            2 or more than `dataset_size` images (checked if `batch_size` is an int).
    """
    if estimator not in ESTIMATORS:
        raise unknown("estimator", estimator, ESTIMATORS)
    size = ops.cast(batch_size, "float32")
    if estimator == "weighted":
        weight = -ops.log(size) - math.log(dataset_size)
        return ops.broadcast_to(weight, (batch_size, batch_size))
    if isinstance(batch_size, int) and not 2 <= batch_size <= dataset_size:
        raise UserError(
            f"The stratified estimator needs a batch of 2 to `dataset_size` images. "
            f"Received: a batch of {batch_size}, dataset_size={dataset_size}. Choose "
            f"estimator='weighted' or another batch size."
        )
    rest = size - 1.0  # M
    rows = ops.arange(batch_size)
    ahead = ops.mod(rows[None] - rows[:, None], batch_size)  # columns right of the diagonal
    # The one other image of row i is the next image; for the last row, the first image.
    once = (dataset_size - rest) / dataset_size / rest
    weights = ops.where(ahead == 1, once, 1.0 / rest)
    return ops.log(ops.where(ahead == 0, 1.0 / dataset_size, weights))


def total_correlation(z, mean, log_stddev, dataset_size, estimator: str = "weighted"):
    """Estimate of the total correlation KL(q(z) || prod_l q(z_l)) from one batch.

    At every sample, it is log q(z_i) - sum_l log q(z_il). Both densities are mixtures of the
    posteriors of the batch, with `importance_log_weights` (Chen et al. 2018, App. C).

    Args:
        z: `[B, L]`, samples of the posteriors.
        mean: `[B, L]`.
        log_stddev: `[B, L]`.
        dataset_size: N, number of training images, see `importance_log_weights`.
        estimator: "weighted" or "stratified".

    Returns:
        `[B]` nats. Their mean is the estimate, which may be negative.
    """
    weights = importance_log_weights(ops.shape(z)[0], dataset_size, estimator)
    # log q(z_il | x_j) + log w_ij
    log_stddev = log_stddev[None]
    standardized = (z[:, None] - mean[None]) * ops.exp(-log_stddev)  # [B, B, L]
    log_prob = -0.5 * (ops.square(standardized) + math.log(2.0 * math.pi)) - log_stddev
    joint = ops.logsumexp(ops.sum(log_prob, axis=-1) + weights, axis=1)
    marginals = ops.logsumexp(log_prob + weights[..., None], axis=1)  # [B, L]
    return joint - ops.sum(marginals, axis=-1)


def rbf_kernel(squared_distances, latent_size: int, bandwidth: float | None = None):
    """Gaussian kernel exp(-|x - y|^2 / (2 h^2)) of bandwidth h.

    Args:
        squared_distances: `[B, C]`, |x - y|^2.
        latent_size: L.
        bandwidth: h; None for the square root of L, with which the mean exponent for two samples of
            the prior is -1.

    Returns:
        `[B, C]` in (0, 1].
    """
    width = latent_size if bandwidth is None else bandwidth**2
    return ops.exp(-squared_distances / (2.0 * width))


def inverse_multiquadric_kernel(squared_distances, latent_size: int):
    """sum_s C_s / (C_s + |x - y|^2), where C_s = s * 2 L for s in .1, .2, .5, 1, 2, 5, 10.

    2 L is the mean squared distance between two samples of the prior (Tolstikhin et al. 2018, Sec.
    4). The factors s are from the authors' code.

    Args:
        squared_distances: `[B, C]`, |x - y|^2.
        latent_size: L.

    Returns:
        `[B, C]` in (0, 7].
    """
    scales = ops.convert_to_tensor([0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0])
    constants = 2.0 * latent_size * scales[:, None, None]
    return ops.sum(constants / (constants + squared_distances), axis=0)


def mmd(x, y, kernel):
    """Maximum mean discrepancy of two samples, squared: the unbiased U-statistic.

    mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{ij} k(x_i, y_j) (Gretton et al.
    2012, Eq. 3; Tolstikhin et al. 2018, Alg. 2). Its expected value is 0 if both samples are from
    the same distribution, so it is often negative.

    Args:
        x: `[B, L]`, B at least 2.
        y: `[B, L]`.
        kernel: Kernel function of squared distances and L, such as `rbf_kernel`.

    Returns:
        Scalar.
    """
    count = ops.shape(x)[0]
    points = ops.concatenate([x, y])
    distances = ops.sum(ops.square(points[:, None] - points[None]), axis=-1)  # [2B, 2B]
    values = kernel(distances, x.shape[-1])
    # Pairs within a sample without the diagonal, and all pairs between the two samples.
    rows = ops.arange(2 * count)
    size = ops.cast(count, "float32")
    alike = (rows[:, None] < count) == (rows[None] < count)
    weights = ops.where(alike, 1.0 / (size * (size - 1.0)), -1.0 / ops.square(size))
    weights = ops.where(rows[:, None] == rows[None], 0.0, weights)
    return ops.sum(values * weights)


def covariance(x):
    """Covariance `[L, L]` of the rows of `[B, L]`, with divisor B.

    On average it is too small, by the factor (B - 1) / B.
    """
    centered = x - ops.mean(x, axis=0, keepdims=True)
    return ops.matmul(ops.transpose(centered), centered) / ops.cast(ops.shape(x)[0], "float32")


def covariance_penalty(matrix, off_diagonal_weight: float, diagonal_weight: float):
    """Weighted squared distance of a covariance from the identity.

    off_diagonal_weight * sum_{i != j} C_ij^2 + diagonal_weight * sum_i (C_ii - 1)^2 (Kumar et al.
    2018, Eq. 6 and 7).

    Args:
        matrix: `[L, L]`.
        off_diagonal_weight: Weight of the off-diagonal entries, at least 0.
        diagonal_weight: Weight of the diagonal entries, at least 0.

    Returns:
        Scalar, at least 0.
    """
    diagonal = ops.diagonal(matrix)
    off_diagonal = matrix - ops.diag(diagonal)
    return off_diagonal_weight * ops.sum(ops.square(off_diagonal)) + diagonal_weight * ops.sum(
        ops.square(diagonal - 1.0)
    )


def permuted(z, seed):
    """Samples of the product of marginals: every latent is permuted over the batch separately.

    Kim & Mnih 2018, Alg. 1.

    Args:
        z: `[B, L]`.
        seed: `keras.random.SeedGenerator`.

    Returns:
        `[B, L]`.
    """
    order = ops.argsort(random.uniform(ops.shape(z), seed=seed), axis=0)
    return ops.take_along_axis(z, order, axis=0)
