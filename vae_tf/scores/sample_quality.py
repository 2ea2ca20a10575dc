"""Distances between real and generated images, in the features of a network.

Values depend on the network that computes the features. Compare only values of the same network,
and report its name with every value.
"""

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.scores.validation import as_array

_MOST_IN_A_SUBSET = 1_000


def frechet_distance(real: np.ndarray, generated: np.ndarray) -> float:
    r"""Squared Frechet distance of the Gaussians fitted to two sets of features.

    $$|m - m'|^2 + \mathrm{tr}(S + S' - 2 (S S')^{1/2})$$

    $m$ and $S$ are the mean and the covariance (ddof 1) of the real features, $m'$ and $S'$ of the
    generated features. 0 if means and covariances are equal; no upper bound. The bias is upwards
    and about proportional to 1 / N, so compare only distances with equal N. Invariant to rotating
    and moving both sets alike.

    Args:
        real: `[N, F]` features of real images, N at least 2.
        generated: `[M, F]` features of generated images, M at least 2.

    Returns:
        The distance, at least 0.

    Raises:
        UserError: If the features are not as described.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> features = rng.normal(size=(100, 3))
        >>> round(frechet_distance(features, features + [2.0, 0, 0]), 6)
        4.0

    Reference:
        Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
        Equilibrium", NeurIPS 2017, Eq. 6, with another Inception network than `inception_features`.
        https://arxiv.org/abs/1706.08500
    """
    real, generated = _checked(real, generated)
    difference = real.mean(axis=0) - generated.mean(axis=0)
    one, other = (np.atleast_2d(np.cov(part, rowvar=False)) for part in (real, generated))
    # tr (S S')^(1/2) is the sum of the singular values of S^(1/2) S'^(1/2).
    common = np.linalg.svd(_root(one) @ _root(other), compute_uv=False).sum()
    return max(float(difference @ difference + np.trace(one) + np.trace(other) - 2 * common), 0.0)


def kernel_distance(
    real: np.ndarray, generated: np.ndarray, *, num_subsets: int = 100, seed: int = 0
) -> float:
    r"""Squared maximum mean discrepancy under a cubic kernel, unbiased, mean over subsets.

    The kernel is $k(x, y) = (x y / F + 1)^3$. Subsets have 1,000 images, or all images if there are
    fewer. For equal distributions the expected value is 0, so values may be below 0.

    Args:
        real: `[N, F]` features of real images, N at least 2.
        generated: `[M, F]` features of generated images, M at least 2.
        num_subsets: Number of subsets; 100 in the authors' code.
        seed: Seed of the subsets.

    Returns:
        The distance.

    Raises:
        UserError: If the features are not as described.

    Example:
        >>> ones = np.ones((4, 2))
        >>> kernel_distance(ones, ones), kernel_distance(ones, -ones)
        (0.0, 16.0)

    Reference:
        Binkowski et al., "Demystifying MMD GANs", ICLR 2018, Sec. 4.
        https://arxiv.org/abs/1801.01401
    """
    real, generated = _checked(real, generated)
    num_subsets = check_count("num_subsets", num_subsets, 1)
    size = min(len(real), len(generated), _MOST_IN_A_SUBSET)
    if size == len(real) == len(generated):
        num_subsets = 1  # all subsets are the same
    rng = np.random.default_rng(seed)
    total = 0.0
    for _ in range(num_subsets):
        x = real[rng.choice(len(real), size, replace=False)]
        y = generated[rng.choice(len(generated), size, replace=False)]
        total += _within(x) + _within(y) - 2.0 * _cubic(x, y).mean()
    return float(total / num_subsets)


def precision_recall(
    real: np.ndarray, generated: np.ndarray, *, num_neighbors: int = 3
) -> dict[str, float]:
    """Share of generated images near real images, and share of real images near generated images.

    Each feature vector has a ball around it, whose radius is the distance to the k-th nearest
    neighbor in its own set. Precision is the share of generated features that are in a ball of a
    real feature. Recall is the share of real features that are in a ball of a generated feature.
    Both are from 0 to 1.

    Args:
        real: `[N, F]` features of real images, N above `num_neighbors`.
        generated: `[M, F]` features of generated images, M above `num_neighbors`.
        num_neighbors: k; 3 in the paper.

    Returns:
        Dict with `precision` and `recall`.

    Raises:
        UserError: If the features are not as described.

    Example:
        >>> real = np.arange(8.0)[:, None]
        >>> precision_recall(real, real[:4], num_neighbors=1)
        {'precision': 1.0, 'recall': 0.625}

    Reference:
        Kynkaanniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models",
        NeurIPS 2019, Eq. 1 and 2. https://arxiv.org/abs/1904.06991
    """
    num_neighbors = check_count("num_neighbors", num_neighbors, 1)
    real, generated = _checked(real, generated, least=num_neighbors + 1)
    return {
        "precision": _part_inside(generated, real, num_neighbors),
        "recall": _part_inside(real, generated, num_neighbors),
    }


def _part_inside(points, centers, num_neighbors):
    """Share of the points that are in a ball around a center."""
    from scipy.spatial.distance import cdist

    own = cdist(centers, centers)
    radii = np.partition(own, num_neighbors, axis=1)[:, num_neighbors]  # itself is the 0th
    return float((cdist(points, centers) <= radii).any(axis=1).mean())


def _within(x):
    """Mean kernel of two different rows."""
    kernel = _cubic(x, x)
    return (kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1))


def _cubic(x, y):
    return (x @ y.T / x.shape[1] + 1.0) ** 3


def _root(covariance):
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _checked(real, generated, least=2):
    both = [as_array(part, name) for part, name in ((real, "real"), (generated, "generated"))]
    for part, name in zip(both, ("real", "generated"), strict=True):
        fits = part.ndim == 2 and len(part) >= least and part.shape[1] == both[0].shape[-1]
        if not fits or part.dtype.kind not in "fiu" or not np.isfinite(part).all():
            raise UserError(
                f"`{name}` must be finite features [N, F], at least {least} of them, of the same F "
                f"as the others. Received: {part.dtype} array of shape {part.shape}"
            )
    return [part.astype("float64") for part in both]
