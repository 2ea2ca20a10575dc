"""Figures of `small_questions.py`, from its rows: images/gallery/small_questions/*.png."""

from pathlib import Path

import numpy as np
import tiny_models  # first, see there  # noqa: F401
from matplotlib.axes import Axes
from number_table import GALLERY, Table

from vae_tf.plots.page import BLUE, CLASSES, FAINT, INK, MARGIN, ORANGE, SKY, Page, points
from vae_tf.plots.saving import save_figure

FOLDER = GALLERY / "small_questions"
GREEN = CLASSES[3]
DOTS = "Digits of 8x8 pixels. Large dots: means over three seeds; small dots: seeds."


class Panels:
    """A page with charts side by side.

    Args:
        title: Title of the page.
        notes: Lines below the title.
        headings: Title and label of the x axis, of each chart.
        width: Width of a chart in pixels.
        height: Height of a chart in pixels.

    Attributes:
        axes: The charts.
    """

    def __init__(self, title, notes, headings, width=330, height=250):
        across = 76
        page = Page(len(headings) * (width + across), height + 90, title, notes)
        left = MARGIN + across - 20
        self.axes: list[Axes] = [
            page.chart(left + i * (width + across), page.top + 34, width, height,
                       title=heading, xlabel=xlabel)
            for i, (heading, xlabel) in enumerate(headings)
        ]  # fmt: skip
        self._figure = page.figure

    def save(self, name: str):
        """Writes the figure as PNG."""
        FOLDER.mkdir(exist_ok=True, parents=True)
        save_figure(FOLDER / f"{name}.png", self._figure)


def curve(axes, table: Table, question: str, settings, name: str, color: str, label: str = "",
          style: str = "o-"):  # fmt: skip
    """Means over seeds, with a point for each seed."""
    at = np.arange(len(settings))
    found = [table.values(question, setting, name) for setting in settings]
    means = [values.mean() for values in found]
    axes.plot(at, means, style, color=color, label=label or None)
    for place, values in zip(at, found, strict=True):
        axes.plot(np.full(len(values), place), values, ".", color=color, alpha=0.4)
    axes.set(xticks=at, xticklabels=settings)


def kinds(axes, table: Table, question: str, settings, name: str, color: str, label: str = ""):
    """The same for kinds, which have no order and are not joined."""
    curve(axes, table, question, settings, name, color, label, style="o")
    axes.set_xlim(-0.5, len(settings) - 0.5)


def legend(axes, **options):
    """A legend without a frame, of the curves that have a label."""
    axes.legend(frameon=False, fontsize=points(12), labelcolor=INK, **options)


def latent_sizes(table: Table):
    """Reconstruction, KL and active latents by the number of latents."""
    sizes = (2, 4, 8, 16, 32, 64)
    names = {
        "reconstruction": "Reconstruction, nats",
        "kl": "KL, nats",
        "active": "Active latents",
    }
    panels = Panels(
        "How many latents a VAE uses, by the number that it has",
        (DOTS, "Beta 1. A latent is active if its mean code varies by more than 0.01 (variance)."),
        [(title, "latents") for title in names.values()],
    )
    for axes, name in zip(panels.axes, names, strict=True):
        curve(axes, table, "map", [f"beta 1, {size} latents" for size in sizes], name, BLUE)
        axes.set_xticklabels(sizes)
    panels.save("latent_sizes")


def beta_map(table: Table):
    """Active latents and ELBO by beta and latent size, seed 0."""
    betas, sizes = (0.5, 1, 2, 4), (2, 4, 8, 16, 32, 64)
    panels = Panels(
        "Active latents and ELBO, by beta and number of latents",
        ("Digits of 8x8 pixels, seed 0. ELBO: nats per test image, at beta 1 for all rows.",),
        [("Active latents", "latents"), ("ELBO, nats", "latents")],
        width=400,
    )
    for axes, name, form in zip(panels.axes, ("active", "elbo"), ("{:.0f}", "{:.1f}"), strict=True):
        grid = np.array([[table.values("map", f"beta {b}, {size} latents", name)[0]
                          for size in sizes] for b in betas])  # fmt: skip
        axes.imshow(grid, cmap="cividis", aspect="auto")
        axes.grid(False)
        middle = (grid.min() + grid.max()) / 2
        for (row, column), value in np.ndenumerate(grid):
            color = "black" if value > middle else "white"
            axes.text(column, row, form.format(value), ha="center", va="center", color=color)
        axes.set(xticks=range(len(sizes)), xticklabels=sizes)
        axes.set(yticks=range(len(betas)), yticklabels=betas)
        axes.set_ylabel("beta", size=points(12), color=FAINT)
    panels.save("beta_by_latents")


def kl_dip(path: Path):
    """The KL of each of the first steps."""
    kl = np.loadtxt(path, delimiter=",", ndmin=2)
    panels = Panels(
        "The KL divergence falls before it rises",
        (f"Digits of 8x8 pixels, beta 1. The first {len(kl)} steps, every step.",),
        [("KL of the training batch, nats", "step")],
        width=620,
    )
    (axes,) = panels.axes
    for seed, color in zip(range(kl.shape[1]), (ORANGE, BLUE, SKY), strict=False):
        axes.plot(np.arange(1, len(kl) + 1), kl[:, seed], color=color, label=f"seed {seed}")
    axes.set_xscale("log")
    axes.set_xticks((1, 10, 100), ("1", "10", "100"))
    legend(axes)
    panels.save("kl_dip")


def controls(table: Table):
    """Samples in the loss, networks by images, and MIG with its controls."""
    panels = Panels(
        "Samples in the loss, networks by training images, forms of the posterior",
        (DOTS, "ELBO: nats per test image. MIG: scale and place of level ellipses, 16x16 pixels."),
        [
            ("ELBO, nats", "samples in the loss"),
            ("ELBO, nats", "training images"),
            ("Mutual information gap (MIG)", "posterior"),
        ],
    )
    samples, networks, posteriors = panels.axes
    curve(samples, table, "samples", (1, 5, 20), "elbo", BLUE)
    for kind, color in (("dense", BLUE), ("convolutional", ORANGE)):
        settings = [f"{kind}, {count} images" for count in (50, 250, 1_500)]
        curve(networks, table, "networks", settings, "elbo", color, kind)
    networks.set_xticklabels((50, 250, "1,500"))
    legend(networks)
    forms = ("diagonal", "full covariance")
    kinds(posteriors, table, "diagonal", forms, "mig", BLUE, "codes")
    kinds(posteriors, table, "diagonal", forms, "mig_rotated", ORANGE, "codes, rotated")
    legend(posteriors)
    panels.save("controls")


def gumbel(table: Table):
    """Terms of the ELBO under classes and under Gaussians."""
    names = {"reconstruction": "Reconstruction, nats", "kl": "KL, nats", "elbo": "ELBO, nats"}
    panels = Panels(
        "Gumbel-softmax latents beside Gaussian latents",
        (DOTS, "Averages per test image: 8 variables of 8 classes, and 8 Gaussians."),
        [(title, "latents") for title in names.values()],
    )
    for axes, name in zip(panels.axes, names, strict=True):
        kinds(axes, table, "gumbel", table.settings("gumbel"), name, BLUE)
    panels.save("gumbel")


def sparsity(table: Table):
    """Sparsity of the codes of an autoencoder and of a VAE, beside independent Gaussians."""
    # Name -> title, and the value of 32 independent Gaussians.
    names = {
        "active": ("Active latents, of 32", None),
        "hoyer": ("Sparsity of a code (Hoyer)", 0.24),
        "kurtosis": ("Kurtosis of an active latent", 3),
    }
    panels = Panels(
        "Codes of an autoencoder are not sparse; codes of a VAE are sparser",
        (DOTS, "Hoyer's measure: 0 if all latents of a code have one size, 1 if one is not 0."),
        [(title, "model") for title, _ in names.values()],
    )
    for axes, (name, (_, gaussian)) in zip(panels.axes, names.items(), strict=True):
        kinds(axes, table, "sparsity", table.settings("sparsity"), name, BLUE)
        if gaussian is not None:
            axes.axhline(gaussian, color=FAINT, lw=1, ls="--", label="independent Gaussians")
            legend(axes, loc="upper left")
        axes.set_ylim(0, 1.25 * axes.get_ylim()[1])
    panels.save("sparsity")


def uses(table: Table):
    """Robustness by beta, and distance of generated images by the radius of their codes."""
    panels = Panels(
        "Accuracy from codes of corrupted images, and distance of generated images to the data",
        (
            DOTS,
            "Accuracy: a linear classifier of codes of clean images. Ratio: distance to the "
            "nearest training image, over that distance of test images (dashed: 1).",
        ),
        [("Accuracy, %", "beta"), ("Ratio of distances", "distance of the code from 0")],
        width=460,
    )
    robustness, distance = panels.axes
    names = list(dict.fromkeys(r["name"] for r in table.rows if r["question"] == "robustness"))
    for name, color in zip(names, (INK, SKY, BLUE, ORANGE, GREEN), strict=True):
        curve(robustness, table, "robustness", table.settings("robustness"), name, color, name)
    robustness.set_ylim(0)
    legend(robustness, ncols=2, loc="lower left")
    curve(distance, table, "distance", table.settings("distance"), "to_data", BLUE)
    distance.axhline(1, color=FAINT, lw=1, ls="--")
    panels.save("robustness_and_distance")


def draw_maps(maps: dict, labels: np.ndarray, seed: int):
    """Maps of codes in two dimensions, colored by digit."""
    flat = {name: places for name, places in maps.items() if places.shape[1] == 2}
    titles = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
    panels = Panels(
        "Maps of 8 latents in two dimensions",
        (
            f"Mean codes of 1,500 digits of 8x8 pixels, beta 1, seed {seed}. "
            "Numbers: the digits, at the medians of their places.",
        ),
        [(titles[name], "") for name in flat],
        height=330,
    )
    for axes, places in zip(panels.axes, flat.values(), strict=True):
        for digit, color in enumerate(CLASSES):
            own = places[labels == digit]
            axes.scatter(*own.T, color=color, s=4)
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1}
            axes.text(*np.median(own, axis=0), digit, ha="center", va="center", bbox=box)
        axes.grid(False)
        axes.spines["bottom"].set_visible(False)
        axes.set(xticks=[], yticks=[])
    panels.save("maps")


def draw(table: Table, first_steps: Path):
    """Draws all figures but the maps, which need the codes."""
    kl_dip(first_steps)
    for figure in (latent_sizes, beta_map, controls, gumbel, sparsity, uses):
        figure(table)
