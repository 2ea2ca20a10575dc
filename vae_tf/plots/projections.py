"""Projections of codes to two dimensions (compute)."""

import importlib.util

import numpy as np

from vae_tf.process.errors import UserError, unknown

PROJECTIONS = ("pca", "tsne", "umap")


def project(codes: np.ndarray, method: str = "pca", *, seed: int = 0) -> np.ndarray:
    """Projects codes to two coordinates.

    Args:
        codes: `[N, L]` codes, N at least 3.
        method: "pca" for the two directions of greatest variance; "tsne" or "umap" for a map that
            keeps neighbors together, but on which distances have no meaning.
        seed: Seed of t-SNE and UMAP.

    Returns:
        `[N, 2]` coordinates. With one latent, PCA's second coordinate is 0. If all codes are the
        same, all coordinates are 0.

    Raises:
        UserError: If the method is unknown or its package is not installed.
    """
    if method not in PROJECTIONS:
        raise unknown("projection", method, PROJECTIONS)
    if method == "umap" and importlib.util.find_spec("umap") is None:
        raise UserError(
            "UMAP needs the package umap-learn, which is not installed. Install it with "
            "pip install umap-learn, or use --projection tsne."
        )
    if _all_the_same(codes):
        return np.zeros((len(codes), 2))  # t-SNE would end the process
    if method == "pca":
        return principal_components(codes)[0]
    neighbors = min(30, len(codes) - 1)
    return (_tsne if method == "tsne" else _umap)(codes, neighbors, seed)


def _tsne(codes, neighbors, seed):
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    tsne = TSNE(perplexity=neighbors - 0.5, random_state=seed, init="pca")
    # On busy cores, several threads wait for each other in each step, which takes minutes.
    with threadpool_limits(1):
        return tsne.fit_transform(_at_least_two(codes))


def _umap(codes, neighbors, seed):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings about dependencies and the seed
        import umap

        return umap.UMAP(n_neighbors=neighbors, random_state=seed).fit_transform(codes)


def principal_components(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Projects codes on the two directions of greatest variance.

    Args:
        codes: `[N, L]` codes.

    Returns:
        Coordinates `[N, 2]`, measured from the origin of the latent space, and the share of the
        variance that each direction explains, `[2]`.
    """
    _, components, explained = principal_axes(codes)
    return np.asarray(codes, "float64") @ components.T, explained


def principal_axes(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Finds the two directions of greatest variance.

    Args:
        codes: `[N, L]` codes.

    Returns:
        The mean code `[L]`, two directions `[2, L]` of length 1, and the share of the variance that
        each explains, `[2]`. With one latent, the second direction is 0. If all codes are the same,
        both directions and shares are 0.
    """
    from sklearn.decomposition import PCA

    size = np.shape(codes)[1]
    codes = _at_least_two(codes)
    if _all_the_same(codes):
        return codes[0, :size], np.zeros((2, size)), np.zeros(2)
    pca = PCA(2, svd_solver="full").fit(codes)
    return pca.mean_[:size], pca.components_[:, :size], pca.explained_variance_ratio_


def image_map(points: np.ndarray, cells: int) -> np.ndarray:
    """Picks an image for each cell of a map: the image nearest to the center of the cell.

    Args:
        points: `[N, 2]` coordinates, x to the right, y upwards.
        cells: Number of cells per side.

    Returns:
        `[cells, cells]` ints from the top left: index of the image, -1 for an empty cell.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    scaled = (points - low) / np.maximum(high - low, 1e-12) * cells
    inside = np.minimum(scaled.astype(int), cells - 1)
    distance = np.abs(scaled - inside - 0.5).max(axis=1)
    chosen = np.full((cells, cells), -1)
    for index in np.argsort(-distance, kind="stable"):  # the nearest is written last
        column, row = inside[index]
        chosen[cells - 1 - row, column] = index
    return chosen


def _all_the_same(codes):
    return bool((codes == codes[0]).all())  # the mean is rounded, so the variance may not be 0


def _at_least_two(codes):
    codes = np.asarray(codes, "float64")
    return np.pad(codes, ((0, 0), (0, max(0, 2 - codes.shape[1]))))
