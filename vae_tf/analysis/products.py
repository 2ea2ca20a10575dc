"""The pictures of one run. `PRODUCTS` names them; each chains computing and drawing.

A new picture is one function and one row of `PRODUCTS`.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.context import SEED, Context
from vae_tf.errors import UserError
from vae_tf.metrics.information import mutual_information_matrix
from vae_tf.plots import charts, frames, latents, pictures, projections, scores, traversals
from vae_tf.plots.files import load_png
from vae_tf.plots.grids import fitted, image_grid, mosaic

_SQUARE_POSITIONS = 16  # a side, of the positions at which codes are drawn


class Animation(NamedTuple):
    """Frames and how long each is shown.

    Attributes:
        frames: `[H, W, 3]` uint8 each.
        durations: Milliseconds each.
    """

    frames: list[np.ndarray]
    durations: list[int]


class Product(NamedTuple):
    """A picture of a run.

    Attributes:
        make: Context -> what is shown.
        sources: What of the run it is made from: "log", "samples", "checkpoint", "scores".
        title: Its heading in the report.
        reading: A sentence on how to read it.
        needs_factors: Whether it is only made where the generating factors are known.
        needs_kl: Whether it is only made where the KL of latents is known and finite.
        score: What it draws of metrics.json; it is only made of runs with that score.
        options: Context -> choices that change it.
    """

    make: Callable[[Context], Figure | Animation]
    sources: tuple[str, ...]
    title: str
    reading: str
    needs_factors: bool = False
    needs_kl: bool = False
    score: str | None = None
    options: Callable[[Context], tuple] = lambda context: ()


def training_curves(context: Context) -> Figure:
    """The eight panels of the log."""
    history = context.history
    step = f"step {history['step'][-1]:,} of {context.params.steps:,}"
    return charts.plot_training_curves(
        history, "How training went", (f"{context.run.name}, {step}",)
    )


def training_animation(context: Context, gamma: float | None = None) -> Animation:
    """Originals, reconstructions and generations at the sampled steps.

    Args:
        context: Of the run.
        gamma: Brightens dark pixels, see `frames.enhance_dark`; None leaves them.
    """
    found = {}
    for path in sorted(context.run.samples.glob("step_*.png")):
        try:
            found[int(path.stem.removeprefix("step_"))] = load_png(path)
        except OSError:
            logging.warning("%s is damaged; training.gif goes on without it.", path)
    if not found:
        raise UserError(
            f"There are no pictures in '{context.run.samples}'. They come with training: see "
            f"sample_every and sample_steps in params.py."
        )
    # Early steps are many and quick, later ones alike: the picture at hand for each of at most 36.
    steps = np.array(list(found))
    if len(steps) > 36:
        steps = steps[np.unique(np.linspace(0, len(steps) - 1, 36).astype(int))]
    drawn = frames.training_frames(
        {int(step): found[step] for step in steps}, context.run.name, gamma=gamma
    )
    return Animation(drawn, _held(len(drawn), 250))


def _held(count: int, usual: int) -> list[int]:
    """Milliseconds of frames of which the first and the last are held for longer."""
    return [1_200 if index == 0 else 2_500 if index == count - 1 else usual
            for index in range(count)]  # fmt: skip


def reconstructions(context: Context) -> Figure:
    """Originals above reconstructions."""
    count = 2 * len(context.shown)
    indices = np.linspace(0, len(context.images) - 1, count).astype(int)
    # The images of the other pictures first, then as many in between them.
    indices = np.concatenate([context.shown, np.setdiff1d(indices, context.shown)])[:count]
    indices = indices[: len(indices) // len(context.shown) * len(context.shown)]
    x = context.images.images(indices)
    rows = np.stack([x, context.model.reconstruct(x, context.labels_of(indices))])  # [2, N, H, W, C]
    rows = rows.reshape(2, -1, len(context.shown), *x.shape[1:]).swapaxes(0, 1)
    error = np.mean(np.square(rows[:, 0] - rows[:, 1]))
    return pictures.plot_image_rows(
        rows.reshape(-1, *rows.shape[2:]),
        "Reconstructions",
        (
            context.about,
            f"{len(x)} validation images, evenly spaced; decoded from the mean, without noise; "
            f"MSE {error:.4f} a pixel",
        ),
        labels=("original", "reconstruction") * (len(x) // len(context.shown)),
    )


def generations(context: Context) -> Figure:
    """Images decoded from samples of the prior."""
    images = context.model.generate(40, SEED)
    return pictures.plot_image_rows(
        images.reshape(4, 10, *images.shape[1:]),
        "Generations",
        (context.about, f"decoded from the first 40 samples of N(0, I), seed {SEED}"),
    )


def interpolation(context: Context) -> Figure:
    """The plane through three encoded images, and lines between pairs."""
    side, num_steps = 7, 7
    others = np.arange(3, len(context.shown) - 1)
    pairs = np.stack([others, np.roll(others, -1)], axis=1)  # [P, 2]
    codes = context.shown_codes
    plane = traversals.plane_codes(codes[:3], side)
    lines = traversals.line_codes(codes[pairs], num_steps)
    decoded = context.decode(
        np.concatenate([plane.reshape(-1, codes.shape[1]), lines.reshape(-1, codes.shape[1])])
    )
    shape = decoded.shape[1:]
    return pictures.plot_interpolation(
        np.concatenate([context.originals[:3], context.originals[pairs.ravel()]]),
        decoded[: side * side].reshape(side, side, *shape),
        decoded[side * side :].reshape(len(pairs), num_steps, *shape),
        "Interpolation",
        (context.about, "straight lines between the codes (posterior means) of validation images"),
    )


def traversal(context: Context) -> Figure:
    """The single-latent grid of the second project."""
    statistics = context.statistics
    latent = latents.farthest_latent(statistics.mean)
    codes = traversals.single_latent_codes(statistics, latent)  # [S, K, L]
    images = context.decode(codes.reshape(-1, codes.shape[-1]))
    average = statistics.average_stddev[latent]
    return pictures.plot_traversal(
        images.reshape(*codes.shape[:2], *images.shape[1:]),
        codes[:, 0, latent],
        average,
        f"Traversal of latent z{latent}",
        (
            context.about,
            f"average mean {statistics.mean[:, latent].mean():+.3g}, the farthest from zero; "
            f"{statistics.measure} {statistics.use[latent]:.3g}" + " nats" * statistics.has_kl,
            f"from its greatest to its least sample over {context.many}; all others 0",
            f"average stddev {average:.3g}",
        ),
    )


def all_traversals(context: Context, mode: str = "fitted") -> Figure:
    """Every latent, that of most use first, from zero and from a real image.

    Args:
        context: Of the run.
        mode: Range of each latent, see `traversals.latent_ranges`.
    """
    statistics = context.statistics
    order = statistics.order
    ranges = traversals.latent_ranges(mode, statistics)
    tile = int(np.clip(1150 / len(order), 28, 64))
    num_steps = 7 if tile > 40 else 9  # the smaller, the more of them side by side
    positions = np.linspace(0, 1, num_steps)
    starts = {"from zero": np.zeros(len(order)), "from an image": context.shown_codes[0]}
    codes = [
        traversals.traversal_codes(start, ranges, positions)[order] for start in starts.values()
    ]
    images = context.decode(np.concatenate(codes).reshape(-1, len(order)))
    images = images.reshape(len(starts), len(order), num_steps, *images.shape[1:])
    words = {
        "prior": "2 % to 98 % quantile of the prior",
        "fitted": f"2 % to 98 % quantile of a Gaussian fitted to the codes of {context.many}",
        "minmax": f"least to greatest sample over {context.many}",
    }
    return pictures.plot_traversals(
        dict(zip(starts, images, strict=True)),
        order,
        statistics.use[order],
        statistics.active[order],
        ranges[order],
        "Traversals of all latents",
        (context.about, f"sorted by {statistics.measure}; from left to right: {words[mode]}"),
        unit=statistics.unit,
        image=context.originals[0],
        tile=tile,
    )


def traversal_animation(context: Context, mode: str = "fitted") -> Animation:
    """The latents of most use, at most 10, all running there and back at once."""
    statistics = context.statistics
    order = statistics.order[:10]
    positions = traversals.there_and_back(9)
    there = positions[: len(positions) // 2 + 1]
    ranges = traversals.latent_ranges(mode, statistics)
    codes = traversals.traversal_codes(np.zeros(len(ranges)), ranges, there)[order]
    images = context.decode(codes.reshape(-1, len(ranges)))
    images = fitted(images, 80)
    images = images.reshape(len(order), len(there), *images.shape[1:])
    back = np.concatenate([images, images[:, -2:0:-1]], axis=1)
    labels = [
        f"z{latent} {statistics.use[latent]:.1f}" if statistics.active[latent] else f"z{latent} –"
        for latent in order
    ]
    drawn = frames.traversal_frames(
        back,
        positions,
        labels,
        f"{context.run.name}: latents and their {statistics.measure}"
        + " in nats" * statistics.has_kl,
        columns=min(5, len(order)),
    )
    return Animation(drawn, [110] * len(drawn))


def kl_per_latent(context: Context) -> Figure:
    """Nats of each latent."""
    statistics = context.statistics
    total = statistics.kl.sum()
    return charts.plot_kl_per_latent(
        statistics.kl,
        statistics.active,
        f"{total:.{2 if total < 10 else 1}f} nats, {statistics.active.sum()} of "
        f"{len(statistics.kl)} latents used",
        (context.about, f"mean over {context.many}"),
    )


def latent_space(context: Context) -> Figure:
    """Codes in two dimensions, coloured by label or factor, and what lies where."""
    mean = context.statistics.mean
    if len(mean) < 3:
        raise UserError(
            f"It needs 3 validation images at least, and '{context.params.dataset}' has "
            f"{len(mean)}. Hold out more: --set validation=0.2."
        )
    coordinates, explained = projections.principal_components(mean)
    axes = [f"component {i + 1}, {part:.0%} of the variance" for i, part in enumerate(explained)]
    scatters = [charts.Scatter(coordinates, *axes, "PCA")]
    if context.projection != "pca":
        name = {"tsne": "t-SNE", "umap": "UMAP"}[context.projection]
        mapped = projections.project(mean, context.projection, seed=SEED)
        scatters.append(charts.Scatter(mapped, f"{name} 1", f"{name} 2", name))
    tiles = fitted(context.images.images(context.analysed), 32)
    cells = 400 // (tiles.shape[1] + 1)
    shown = {
        f"{scatter.title}: images at their places": mosaic(
            tiles, projections.image_map(scatter.points, cells)
        )
        for scatter in scatters
    }
    if mean.shape[1] == 2:
        shown["decoded grid, z0 to the right, z1 upwards"] = _decoded_grid(context)
    return charts.plot_latent_space(
        scatters,
        _colourings(context),
        shown,
        "Latent space",
        (context.about, f"posterior means of {context.many}"),
    )


def _decoded_grid(context):
    size = 28
    side = 400 // (fitted(context.originals[:1], size).shape[1] + 1)
    ranges = traversals.latent_ranges("fitted", context.statistics)
    x, y = (np.linspace(low, high, side) for low, high in ranges)
    codes = np.stack(np.meshgrid(x, y[::-1]), axis=-1).reshape(-1, 2)
    return image_grid(fitted(context.decode(codes), size), side, gap=1, tile=1)


def _colourings(context):
    images, indices = context.images, context.analysed
    labels = None if images.labels is None else images.labels[indices]
    names = images.label_names
    if not context.has_factors:
        if labels is None:
            return []
        if names is None and len(np.unique(labels)) <= 30:
            names = [str(value) for value in range(labels.max() + 1)]
        return [charts.Colouring("label", labels, names)]
    colourings = []
    for name, values in zip(images.factor_names, images.factors(indices).T, strict=True):
        named = names if labels is not None and np.array_equal(values, labels) else None
        colourings.append(charts.Colouring(name, values, named))
    return colourings


def codes_factors(context: Context) -> Figure:
    """Mutual information of every code with every factor."""
    codes, factors = _random_codes(context)
    order = context.statistics.order
    return scores.plot_heat_maps(
        {"": mutual_information_matrix(codes, factors)[order]},
        order,
        context.images.factor_names,
        "mutual information, nats",
        "What each code tells about each factor",
        (
            context.about,
            f"posterior means of {len(codes):,} random images, 20 bins; sorted by "
            f"{context.statistics.measure}; the most of each column is framed",
        ),
    )


def codes_positions(context: Context) -> Figure:
    """Mean code over position, and over every other factor."""
    images, statistics = context.images, context.statistics
    codes, factors = _random_codes(context)
    order = statistics.order[: max(10, int(statistics.active.sum()))][:16]
    x, y = position_factors(images.factor_names)
    over_position = None
    if x is not None:
        over_position = _codes_over_position(context, x, y)[..., order]
    over_factors = {
        name: latents.mean_codes(codes[:, order], factors[:, k], images.factor_sizes[k])
        for k, name in enumerate(images.factor_names)
        if k not in (x, y)
    }
    return charts.plot_codes_positions(
        over_factors,
        over_position,
        order,
        statistics.use[order],
        "Codes over position and over the other factors",
        (context.about, "mean code, averaged over all other factors; red above 0, blue below"),
        unit=statistics.unit,
    )


def position_factors(names: tuple[str, ...]) -> tuple[int | None, int | None]:
    """Which factors are the horizontal and the vertical position.

    Example:
        >>> position_factors(("shape", "x_position", "y_position"))
        (1, 2)
        >>> position_factors(("wall_hue", "scale"))
        (None, None)
    """
    found = [
        next((k for k, name in enumerate(names) if letter in name.lower().split("_")), None)
        for letter in "xy"
    ]
    return (None, None) if None in found else tuple(found)


def information_matrix(context: Context) -> Figure:
    """Mutual information of latents and factors, by bins and by densities, of metrics.json."""
    found = context.record["scores"]
    headings = {
        "mig": "{num_bins} bins, {num_train:,} points",
        "mig_density": "densities, {num_images:,} images",
    }
    matrices = {
        f"{heading.format(**entry['sizes'])}: MIG {entry['values'][name]:.2f}": entry["matrix"]
        for name, heading in headings.items()
        if (entry := found.get(name))
    }
    return _scored_heat_maps(
        context,
        matrices,
        "mutual information, nats",
        "One dark cell in a column is a factor that one latent holds",
        "MIG is the gap between the two largest of a column, over the factor's entropy; the "
        "largest is framed",
    )


def importance_matrix(context: Context) -> Figure:
    """Importance of latents for predicting factors, of metrics.json."""
    entry = context.record["scores"]["dci"]
    values = entry["values"]
    return _scored_heat_maps(
        context,
        {"": entry["matrix"]},
        "importance",
        "One dark cell in a row is a disentangled latent",
        f"disentanglement, by rows: {values['dci_disentanglement']:.2f}; completeness, by columns: "
        f"{values['dci_completeness']:.2f}; accuracy: {values['dci_informativeness_test']:.2f}",
        darkest=1.0,  # a column sums to 1
    )


def _scored_heat_maps(context, matrices, unit, title, note, darkest=None):
    record = context.record
    matrices = {heading: np.array(matrix) for heading, matrix in matrices.items()}
    order, sorting = np.arange(len(next(iter(matrices.values())))), ""
    if "kl_per_code" in record["scores"]:
        kl = np.array(list(record["scores"]["kl_per_code"]["values"].values()))
        order, sorting = np.argsort(-kl, kind="stable"), "; latents sorted by KL"
    return scores.plot_heat_maps(
        {heading: matrix[order] for heading, matrix in matrices.items()},
        order,
        record["factors"],
        unit,
        title,
        (_scored(record) + sorting, note),
        darkest=darkest,
    )


def _scored(record) -> str:
    return f"{record['run']}, step {record['step']:,}, scored with preset {record['preset']}"


def decomposition(context: Context) -> Figure:
    """The KL to the prior in three parts, of metrics.json."""
    entry = context.record["scores"]["elbo_decomposition"]
    values, sizes = entry["values"], entry["sizes"]
    information, kl = values["index_code_mutual_information"], values["kl"]
    limit = np.log(sizes["num_images"])
    title = "Collapsed: the codes tell nothing of the image"
    if kl >= latents.INACTIVE:
        title = f"Of {kl:.1f} nats of KL, {information:.1f} tell images apart"
    return scores.plot_decomposition(
        values,
        title,
        (
            _scored(context.record),
            f"{sizes['num_samples']:,} samples, ± standard error; from {sizes['num_images']:,} "
            f"images, so that information is at most ln {sizes['num_images']:,} = {limit:.1f} nats",
        ),
    )


def _random_codes(context, count: int = 5_000):
    """Codes `[N, L]` and factors `[N, K]` of random images, a thousand in memory at a time."""
    cache = context.__dict__
    if "_random_codes" not in cache:
        factors = context.images.sample_factors(count, np.random.default_rng(SEED))
        cache["_random_codes"] = _encoded(context, factors), factors
    return cache["_random_codes"]


def _encoded(context, factors, size: int = 1_000):
    parts = np.array_split(factors, -(-len(factors) // size))
    return np.concatenate([context.model.encode(context.images.images_of(p))[0] for p in parts])


def _codes_over_position(context, x, y, num_others: int = 8):
    """Mean code `[y, x, L]` on a grid of positions, over some values of the other factors."""
    images = context.images
    others = images.sample_factors(num_others, np.random.default_rng(SEED))  # [O, K]
    places = [
        np.linspace(0, images.factor_sizes[k] - 1, min(_SQUARE_POSITIONS, images.factor_sizes[k]))
        for k in (y, x)
    ]
    down, right = np.meshgrid(*(np.round(place).astype(int) for place in places), indexing="ij")
    factors = np.repeat(others[None], down.size, axis=0)  # [P, O, K]
    factors[:, :, y], factors[:, :, x] = down.reshape(-1, 1), right.reshape(-1, 1)
    codes = _encoded(context, factors.reshape(-1, factors.shape[-1]))
    return codes.reshape(*down.shape, num_others, -1).mean(axis=2)


PRODUCTS = {
    "training_curves.png": Product(
        training_curves,
        ("log",),
        "How training went",
        "Losses are in nats per image; orange is the validation split. A falling loss with a KL "
        "near 0 means that the code is not used, a stddev near 0 that it is used without noise.",
    ),
    "training.gif": Product(
        training_animation,
        ("samples",),
        "Training in motion",
        "The same images and the same prior samples at every sampled step.",
    ),
    "reconstructions.png": Product(
        reconstructions,
        ("checkpoint",),
        "Reconstructions",
        "Each original is above what the model makes of its code: what is lost there, the code "
        "does not hold.",
    ),
    "generations.png": Product(
        generations,
        ("checkpoint",),
        "Generations",
        "Samples of the prior, decoded. Where they look unlike the data, the codes of real images "
        "lie elsewhere than the prior.",
    ),
    "interpolation.png": Product(
        interpolation,
        ("checkpoint",),
        "Interpolation",
        "Images between images: a smooth change means that the space between codes is filled, "
        "ghosts of both ends that it is not.",
    ),
    "traversal.png": Product(
        traversal,
        ("checkpoint",),
        "Traversal of one latent",
        "One latent runs down from its greatest to its least sample, with none, one and two "
        "average standard deviations added: where the columns agree, the noise does not matter.",
    ),
    "traversals.png": Product(
        all_traversals,
        ("checkpoint",),
        "Traversals of all latents",
        "Each row changes one latent and nothing else. A row in which one thing changes is a "
        "disentangled latent; a row in which nothing changes is an unused one.",
    ),
    "traversals.gif": Product(
        traversal_animation,
        ("checkpoint",),
        "Traversals in motion",
        "The latents of most KL, each from one end of its range to the other and back.",
    ),
    "kl_per_latent.png": Product(
        kl_per_latent,
        ("checkpoint",),
        "Nats of each latent",
        "How much each latent tells about an image. Those below 0.1 nats have collapsed: their "
        "posterior is the prior, whatever the image.",
        needs_kl=True,
    ),
    "decomposition.png": Product(
        decomposition,
        ("scores",),
        "What the KL is made of",
        "Information is what the codes tell of the image; total correlation is what the prior "
        "does not expect of latents together, and dimension-wise KL of each alone. Error bars are "
        "standard errors over samples.",
        score="elbo_decomposition",
    ),
    "latent_space.png": Product(
        latent_space,
        ("checkpoint",),
        "Latent space",
        "Each point is an image. Colours that separate are known to the code without having been "
        "taught.",
        options=lambda context: (context.projection,),
    ),
    "codes_factors.png": Product(
        codes_factors,
        ("checkpoint",),
        "Codes against factors",
        "Dark cells are codes that tell a factor. One dark cell in each row and column is a "
        "disentangled representation.",
        needs_factors=True,
    ),
    "codes_positions.png": Product(
        codes_positions,
        ("checkpoint",),
        "Codes over position and factors",
        "A code of one coordinate shows as stripes over the position and as flat lines elsewhere.",
        needs_factors=True,
    ),
    "information_matrix.png": Product(
        information_matrix,
        ("scores",),
        "Information of latents on factors",
        "Each column is a factor. One dark cell in it is a factor held by one latent, which is "
        "what MIG rewards; several are a factor spread over latents, none a factor that is lost. "
        "Bins raise all cells where points are few; densities do not.",
        score="mig",
    ),
    "importance_matrix.png": Product(
        importance_matrix,
        ("scores",),
        "Importance of latents for factors",
        "How much boosted trees rely on each latent to predict each factor. One dark cell in a row "
        "is a disentangled latent, one in a column a factor held completely by one latent.",
        score="dci",
    ),
}
