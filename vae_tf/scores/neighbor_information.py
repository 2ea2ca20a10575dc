"""Information of all latents together about a factor, by nearest neighbors."""

import numpy as np

from vae_tf.scores.validation import check_codes


def neighbor_information(
    codes: np.ndarray, values: np.ndarray, *, num_neighbors: int = 15
) -> float:
    r"""Share of a factor's entropy that a nearest-neighbor predictor explains from the codes.

    $$(H(v) + \mathrm{mean} \log p(v | \mathrm{neighbors})) / H(v)$$

    The mean is over the codes of the second half. The `num_neighbors` nearest codes of the first
    half vote for their values, and one additional vote is split by the frequencies of the values.
    $p$ is the share of the votes for the code's own value. The cross-entropy is an upper bound of
    the conditional entropy, so the score is a lower bound of $I(z; v) / H(v)$ for all latents
    together, in any rotation. 1: the codes determine the value. About 0: the codes have no
    information; with few neighbors the score is then below 0 (about -0.1 for four values).

    Args:
        codes: `[N, L]` codes in random order, N at least 4.
        values: `[N]` ints.
        num_neighbors: Number of neighbors; at most N / 2 are used.

    Returns:
        The share, at most 1; 0 if all values are the same.

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
