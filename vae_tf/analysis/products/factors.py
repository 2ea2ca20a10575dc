"""Codes against the generating factors of images, if the factors are known."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun
from vae_tf.models.template.codes import encode_images
from vae_tf.plots.code_statistics import mean_codes
from vae_tf.plots.codes_positions import plot_codes_positions
from vae_tf.plots.heat_maps import plot_heat_maps
from vae_tf.scores.information import mutual_information_matrix

_SQUARE_POSITIONS = 16  # positions per side at which codes are drawn


def codes_factors(analyzed: AnalyzedRun) -> Figure:
    """Draws the mutual information of every code with every factor."""
    codes, factors = analyzed.random_codes
    order = analyzed.statistics.order
    return plot_heat_maps(
        {"": mutual_information_matrix(codes, factors)[order]},
        order,
        analyzed.ground_truth.factor_names,
        "mutual information, nats",
        "Information of each code about each factor",
        (
            analyzed.caption,
            f"posterior means of {len(codes):,} random images, 20 bins; sorted by "
            f"{analyzed.statistics.measure}; the largest value of each column is framed",
        ),
    )


def codes_positions(analyzed: AnalyzedRun) -> Figure:
    """Draws the mean of each code against the position and against each other factor."""
    images, statistics = analyzed.ground_truth, analyzed.statistics
    codes, factors = analyzed.random_codes
    order = statistics.order[: max(10, int(statistics.active.sum()))][:16]
    x, y = position_factors(images.factor_names)
    over_position = None
    if x is not None and y is not None:
        over_position = _codes_over_position(analyzed, x, y)[..., order]
    over_factors = {
        name: mean_codes(codes[:, order], factors[:, k], images.factor_sizes[k])
        for k, name in enumerate(images.factor_names)
        if k not in (x, y)
    }
    return plot_codes_positions(
        over_factors,
        over_position,
        order,
        statistics.use[order],
        "Codes over position and over the other factors",
        (analyzed.caption, "mean code, averaged over all other factors; red above 0, blue below"),
        unit=statistics.unit,
    )


def position_factors(names: tuple[str, ...]) -> tuple[int | None, int | None]:
    """Finds the factors of the horizontal and the vertical position by their names.

    Example:
        >>> position_factors(("shape", "x_position", "y_position"))
        (1, 2)
        >>> position_factors(("wall_hue", "scale"))
        (None, None)
    """
    x, y = (
        next((k for k, name in enumerate(names) if letter in name.lower().split("_")), None)
        for letter in "xy"
    )
    return (None, None) if x is None or y is None else (x, y)


def _codes_over_position(analyzed, x, y, num_others: int = 8):
    """Averages codes on a grid of positions over random other factors, to `[y, x, L]`."""
    images = analyzed.ground_truth
    others = images.sample_factors(num_others, np.random.default_rng(SEED))  # [O, K]
    places = [
        np.linspace(0, images.factor_sizes[k] - 1, min(_SQUARE_POSITIONS, images.factor_sizes[k]))
        for k in (y, x)
    ]
    down, right = np.meshgrid(*(np.round(place).astype(int) for place in places), indexing="ij")
    factors = np.repeat(others[None], down.size, axis=0)  # [P, O, K]
    factors[:, :, y], factors[:, :, x] = down.reshape(-1, 1), right.reshape(-1, 1)
    factors = factors.reshape(-1, factors.shape[-1])
    codes, _ = encode_images(analyzed.model, images.images_of, factors)
    return codes.reshape(*down.shape, num_others, -1).mean(axis=2)
