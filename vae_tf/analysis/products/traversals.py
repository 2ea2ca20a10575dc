"""Change of a decoded image with each latent."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.products.product import Animation
from vae_tf.models.template.codes import with_layers_below
from vae_tf.plots.animations import traversal_frames
from vae_tf.plots.code_statistics import CodeStatistics, farthest_latent
from vae_tf.plots.grids import fitted
from vae_tf.plots.traversal_figures import plot_traversal, plot_traversals
from vae_tf.plots.traversals import (
    latent_ranges,
    single_latent_codes,
    there_and_back,
    traversal_codes,
)
from vae_tf.process.limits import MOST_SHOWN

_MOST_OF_A_LAYER = 8  # latents drawn per layer, if there are several layers
_MOST_NAMED = 12  # latents named in a line
_LAYERED = ["the most used latents of each layer; the layers below a changed latent follow it"]


def traversal(analyzed: AnalyzedRun) -> Figure:
    """Draws the single-latent grid of the second project."""
    statistics = analyzed.statistics
    latent = farthest_latent(statistics.mean)
    codes = single_latent_codes(statistics, latent)  # [S, K, L]
    below = with_layers_below(analyzed.model, codes, np.full(len(codes), latent))
    images = analyzed.decode(below)
    average = statistics.average_stddev[latent]
    unit, most = " nats" * statistics.has_kl, int(statistics.order[0])
    another = (
        ""
        if most == latent
        else (
            f"; the latent with the highest {statistics.measure} is z{most}, "
            f"{statistics.use[most]:.3g}{unit}"
        )
    )
    return plot_traversal(
        images.reshape(*codes.shape[:2], *images.shape[1:]),
        codes[:, 0, latent],
        average,
        f"Traversal of latent z{latent}",
        (
            analyzed.caption,
            f"average mean {statistics.mean[:, latent].mean():+.3g}, the farthest from zero; "
            f"{statistics.measure} {statistics.use[latent]:.3g}{unit}{another}",
            f"from its greatest to its least sample over {analyzed.image_count}; all other "
            f"latents are 0",
            f"average stddev {average:.3g}",
        ),
    )


def all_traversals(analyzed: AnalyzedRun, mode: str = "fitted") -> Figure:
    """Draws traversals of the latents, most used first, from zero and from a real image.

    At most 64 latents are drawn, because a map of codes has hundreds. A model with several
    stochastic layers has at most 8 rows per layer, the top layer first. The layers below a changed
    latent follow it.

    Args:
        analyzed: Run that is drawn.
        mode: Range of each latent, see `plots.traversals.latent_ranges`.
    """
    statistics, model = analyzed.statistics, analyzed.model
    order, groups = _in_layers(statistics, model.layer_sizes)
    ranges = latent_ranges(mode, statistics)
    tile = int(np.clip(1150 / len(order), 28, 64))
    num_steps = 7 if tile > 40 else 9  # more images in a row if they are small
    positions = np.linspace(0, 1, num_steps)
    zero = model.propagate_down(np.zeros((1, len(ranges)), "float32"), 0)[0]
    starts = {"from zero": zero, "from an image": analyzed.shown_codes[0]}
    codes = [traversal_codes(start, ranges, positions)[order] for start in starts.values()]
    below = with_layers_below(model, np.concatenate(codes), np.tile(order, len(starts)))
    images = analyzed.decode(below)
    images = images.reshape(len(starts), len(order), num_steps, *images.shape[1:])
    images_encoded = analyzed.image_count
    words = {
        "prior": "2 % to 98 % quantile of the prior",
        "fitted": f"2 % to 98 % quantile of a Gaussian fitted to the codes of {images_encoded}",
        "minmax": f"least to greatest sample over {images_encoded}",
    }
    return plot_traversals(
        dict(zip(starts, images, strict=True)),
        order,
        statistics.use[order],
        statistics.active[order],
        ranges[order],
        "Traversals of all latents",
        (
            analyzed.caption,
            f"sorted by {statistics.measure}; from left to right: {words[mode]}",
            *(_LAYERED if groups else _folded(statistics, len(order))),
        ),
        unit=statistics.unit,
        image=analyzed.originals[0],
        names=analyzed.latent_names,
        groups=groups,
        tile=tile,
    )


def _in_layers(statistics, sizes) -> tuple[np.ndarray, list[tuple[str, int]]]:
    """Returns the latents in the order of rows, and the heading and number of rows of each layer.

    Args:
        statistics: Statistics of the codes.
        sizes: Number of latents of each layer, the lowest layer first; codes end with the lowest
            layer. Fewer than two sizes for a model without such layers.
    """
    if len(sizes) < 2:
        # If no latent is active, three rows show that nothing changes.
        return statistics.order[: min(int(statistics.active.sum()) or 3, MOST_SHOWN)], []
    order, groups = [], []
    for below, latents in enumerate(np.split(np.arange(sum(sizes)), np.cumsum(sizes[::-1])[:-1])):
        layer = len(sizes) - below
        use, active = statistics.use[latents].sum(), statistics.active[latents].sum()
        sorted_by_use = latents[np.argsort(-statistics.use[latents], kind="stable")]
        shown = sorted_by_use[: np.clip(active, 1, _MOST_OF_A_LAYER)]
        place = {1: ", the lowest", len(sizes): ", the top"}.get(layer, "")
        amount = f"{use:.2f} {statistics.unit}, {active} of {len(latents)} latents active"
        groups.append((f"Layer {layer}{place}: {amount}", len(shown)))
        order.append(shown)
    return np.concatenate(order), groups


def _folded(statistics: CodeStatistics, shown: int) -> list[str]:
    """Writes lines about active latents and inactive latents that are not shown."""
    hidden = int(statistics.active.sum()) - shown
    lines = [f"{hidden} more active latents are not shown"] if hidden > 0 else []
    rest = statistics.order[shown + max(hidden, 0) :]
    if not len(rest):
        return lines
    named = ", ".join(f"z{latent}" for latent in rest[:_MOST_NAMED])
    named += f" and {len(rest) - _MOST_NAMED} more" if len(rest) > _MOST_NAMED else ""
    most = f"{statistics.use[rest[0]]:.2g} {statistics.unit}"
    return [*lines, f"{len(rest)} inactive latents of at most {most} change nothing: {named}"]


def traversal_animation(analyzed: AnalyzedRun) -> Animation:
    """Draws the 10 most used latents, each going through its range and back."""
    statistics = analyzed.statistics
    order = statistics.order[:10]
    positions = there_and_back(9)
    there = positions[: len(positions) // 2 + 1]
    ranges = latent_ranges("fitted", statistics)
    codes = traversal_codes(np.zeros(len(ranges)), ranges, there)[order]
    images = analyzed.decode(with_layers_below(analyzed.model, codes, order))
    images = fitted(images, 80)
    images = images.reshape(len(order), len(there), *images.shape[1:])
    back = np.concatenate([images, images[:, -2:0:-1]], axis=1)
    labels = [
        f"z{latent} {statistics.use[latent]:.1f}" if statistics.active[latent] else f"z{latent} –"
        for latent in order
    ]
    drawn = traversal_frames(
        back,
        positions,
        labels,
        f"{analyzed.run.name}: latents and their {statistics.measure}"
        + " in nats" * statistics.has_kl,
        columns=min(5, len(order)),
    )
    return Animation(drawn, [110] * len(drawn))
