"""Codes of images in the latent space, and the KL of each latent."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun
from vae_tf.analysis.colorings import colorings
from vae_tf.plots.grids import fitted, image_grid, mosaic
from vae_tf.plots.kl_per_latent import plot_kl_per_latent
from vae_tf.plots.latent_space import Scatter, plot_latent_space
from vae_tf.plots.projections import image_map, principal_components, project
from vae_tf.process.errors import UserError

_SIDE = 416  # pixels of a picture
_REACH = 2.5  # standard deviations of the prior from 0 to each side of the decoded plane


def kl_per_latent(analyzed: AnalyzedRun) -> Figure:
    """Draws the KL of each latent."""
    statistics = analyzed.statistics
    total = statistics.kl.sum()
    return plot_kl_per_latent(
        statistics.kl,
        statistics.active,
        f"{total:.{2 if total < 10 else 1}f} nats, {statistics.active.sum()} of "
        f"{len(statistics.kl)} latents active",
        (analyzed.caption, f"mean over {analyzed.image_count}"),
    )


def latent_space(analyzed: AnalyzedRun, projection: str = "pca") -> Figure:
    """Draws codes in two dimensions, colored by label or factor, and images at their codes.

    Args:
        analyzed: Run that is drawn.
        projection: Additional projection, "tsne" or "umap"; "pca" for none.

    Raises:
        UserError: If there are fewer than 3 validation images, or the projection cannot be used.
    """
    mean = analyzed.statistics.mean
    if len(mean) < 3:
        raise UserError(
            f"It needs at least 3 validation images, and '{analyzed.params.dataset}' has "
            f"{len(mean)}. Hold out more: --set validation=0.2"
        )
    plane = mean.shape[1] == 2
    first = _codes_themselves(mean) if plane else _components(mean)
    scatters = [first._replace(has_prior=_has_normal_prior(analyzed.model))]
    if projection != "pca":
        name = {"tsne": "t-SNE", "umap": "UMAP"}[projection]
        mapped = project(mean, projection, seed=SEED)
        scatters.append(Scatter(mapped, f"{name} 1", f"{name} 2", name))
    shown = {}
    if analyzed.statistics.active.any() and analyzed.has_pictures:
        tiles = fitted(analyzed.images.images(analyzed.analyzed_rows), 32)
        cells = _SIDE // (tiles.shape[1] + 1)
        for scatter in scatters:
            places = image_map(scatter.points, cells)
            shown[f"{scatter.title}: images at their places"] = mosaic(tiles, places)
    if plane and analyzed.has_pictures:
        heading = f"decoded, z0 to the right, z1 upwards, {-_REACH:g} to {_REACH:g}"
        shown[heading] = _decoded(analyzed)
    used = "" if analyzed.statistics.active.any() else "; no latent has 0.1 nats"
    return plot_latent_space(
        scatters,
        colorings(analyzed),
        shown,
        "Latent space",
        (analyzed.caption, f"posterior means of {analyzed.image_count}{used}"),
    )


def _has_normal_prior(model) -> bool:
    """Whether N(0, I) is the prior of all latents, the top layer, or the latents beside a class."""
    from vae_tf.probability.distributions import Categorical, Gaussian, StandardNormal

    return model.prior in (StandardNormal, Gaussian, Categorical)


def _components(mean: np.ndarray) -> Scatter:
    coordinates, explained = principal_components(mean)
    right, up = (
        f"component {i + 1}, {part:.0%} of the variance" for i, part in enumerate(explained)
    )
    return Scatter(coordinates, right, up, "PCA", has_scale=True)


def _codes_themselves(mean: np.ndarray) -> Scatter:
    return Scatter(mean, "z0", "z1", "Codes", has_scale=True)


def _decoded(analyzed: AnalyzedRun) -> np.ndarray:
    """Decodes the plane of two latents, without lines between the images."""
    size = 32
    side = _SIDE // fitted(analyzed.originals[:1], size).shape[1]
    line = np.linspace(-_REACH, _REACH, side)
    codes = np.stack(np.meshgrid(line, line[::-1]), axis=-1).reshape(-1, 2)
    return image_grid(fitted(analyzed.decode(codes), size), side, gap=0, tile=1)
