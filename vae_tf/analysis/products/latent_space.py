"""Where images lie in the latent space, and which latents are used."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun
from vae_tf.errors import UserError
from vae_tf.plots.grids import fitted, image_grid, mosaic
from vae_tf.plots.kl_per_latent import plot_kl_per_latent
from vae_tf.plots.latent_space import Coloring, Scatter, plot_latent_space
from vae_tf.plots.projections import image_map, principal_components, project
from vae_tf.plots.traversals import latent_ranges


def kl_per_latent(analyzed: AnalyzedRun) -> Figure:
    """Draws the nats of each latent."""
    statistics = analyzed.statistics
    total = statistics.kl.sum()
    return plot_kl_per_latent(
        statistics.kl,
        statistics.active,
        f"{total:.{2 if total < 10 else 1}f} nats, {statistics.active.sum()} of "
        f"{len(statistics.kl)} latents used",
        (analyzed.caption, f"mean over {analyzed.image_count}"),
    )


def latent_space(analyzed: AnalyzedRun) -> Figure:
    """Draws codes in two dimensions, colored by label or factor, and what lies where."""
    mean = analyzed.statistics.mean
    if len(mean) < 3:
        raise UserError(
            f"It needs 3 validation images at least, and '{analyzed.params.dataset}' has "
            f"{len(mean)}. Hold out more: --set validation=0.2."
        )
    coordinates, explained = principal_components(mean)
    right, up = (
        f"component {i + 1}, {part:.0%} of the variance" for i, part in enumerate(explained)
    )
    scatters = [Scatter(coordinates, right, up, "PCA")]
    if analyzed.projection != "pca":
        name = {"tsne": "t-SNE", "umap": "UMAP"}[analyzed.projection]
        mapped = project(mean, analyzed.projection, seed=SEED)
        scatters.append(Scatter(mapped, f"{name} 1", f"{name} 2", name))
    tiles = fitted(analyzed.images.images(analyzed.analyzed_rows), 32)
    cells = 400 // (tiles.shape[1] + 1)
    shown = {
        f"{scatter.title}: images at their places": mosaic(tiles, image_map(scatter.points, cells))
        for scatter in scatters
    }
    if mean.shape[1] == 2:
        shown["decoded grid, z0 to the right, z1 upwards"] = _decoded_grid(analyzed)
    return plot_latent_space(
        scatters,
        _colorings(analyzed),
        shown,
        "Latent space",
        (analyzed.caption, f"posterior means of {analyzed.image_count}"),
    )


def _decoded_grid(analyzed):
    size = 28
    side = 400 // (fitted(analyzed.originals[:1], size).shape[1] + 1)
    ranges = latent_ranges("fitted", analyzed.statistics)
    x, y = (np.linspace(low, high, side) for low, high in ranges)
    codes = np.stack(np.meshgrid(x, y[::-1]), axis=-1).reshape(-1, 2)
    return image_grid(fitted(analyzed.decode(codes), size), side, gap=1, tile=1)


def _colorings(analyzed):
    images, indices = analyzed.images, analyzed.analyzed_rows
    labels = None if images.labels is None else images.labels[indices]
    names = images.label_names
    if not analyzed.has_factors:
        if labels is None:
            return []
        if names is None and len(np.unique(labels)) <= 30:
            names = [str(value) for value in range(labels.max() + 1)]
        return [Coloring("label", labels, names)]
    colorings = []
    for name, values in zip(images.factor_names, images.factors(indices).T, strict=True):
        named = names if labels is not None and np.array_equal(values, labels) else None
        colorings.append(Coloring(name, values, named))
    return colorings
