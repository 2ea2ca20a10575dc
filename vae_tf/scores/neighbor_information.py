"""Nats of all latents together about a factor, by the neighbors of each code."""

import numpy as np

from vae_tf.scores.validation import check_codes


def neighbor_information(
    codes: np.ndarray, values: np.ndarray, *, num_neighbors: int = 15
) -> float:
    r"""Part of a factor's entropy that a nearest-neighbor predictor of it gains from the codes.

    $$(H(v) + \mathrm{mean} \log p(v | \mathrm{neighbors})) / H(v)$$

    $p$ of a code of the second half is the share of each value among the `num_neighbors` nearest
    codes of the first half, mixed with one vote for how frequent values are at all. The
    cross-entropy bounds the conditional entropy from above, so this is a lower bound of
    $I(z; v) / H(v)$, whatever the latents' axes: 1 for codes that give
    the value entirely, about 0 for codes without information, less by what few neighbors cost (for
    four values a tenth).

    Args:
        codes: `[N, L]` codes in random order, N at least 4.
        values: `[N]` ints.
        num_neighbors: Neighbors; fewer where there are not as many codes.

    Returns:
        At most 1; 0 where all values are the same.

    Raises:
        UserError: If the codes are not as described.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(2_000, 2))
        >>> round(neighbor_information(codes, codes[:, 0] > 0), 1)
        0.9
    """
    from sklearn.neighbors import NearestNeighbors

    codes = check_codes(codes, min_samples=4).astype("float64")
    _, values = np.unique(np.asarray(values), return_inverse=True)
    half = len(codes) // 2
    known, asked = values[:half], values[half:]
    frequencies = np.bincount(values, minlength=values.max() + 1) / len(values)
    present = frequencies[frequencies > 0]
    entropy = -np.sum(present * np.log(present))
    if len(present) < 2:
        return 0.0
    count = min(num_neighbors, half)
    neighbors = NearestNeighbors(n_neighbors=count).fit(codes[:half])
    found = known[neighbors.kneighbors(codes[half:], return_distance=False)]  # [N / 2, k]
    votes = (found == asked[:, None]).sum(axis=1) + frequencies[asked]
    return float((entropy + np.mean(np.log(votes / (count + 1)))) / entropy)
