"""Figures of `small_questions.py`, from its rows: images/gallery/small_questions/*.png."""

from pathlib import Path

import numpy as np
import tiny_models  # first, see there  # noqa: F401
from matplotlib.figure import Figure
from number_table import GALLERY, Table

from vae_tf.plots.saving import save_figure

FOLDER = GALLERY / "small_questions"
ORANGE, BLUE, SKY, INK = "#d55e00", "#0072b2", "#56b4e9", "#444444"


def panels(count: int, width: float = 4.2, height: float = 3.4) -> tuple:
    """A figure with so many panels side by side, and its axes."""
    figure = Figure(figsize=(width * count, height), dpi=90, layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0]
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
    return figure, axes


def curve(axes, table: Table, question: str, settings, name: str, color: str, label: str = ""):
    """Means over seeds, joined, with a point for each seed."""
    at = np.arange(len(settings))
    found = [table.values(question, setting, name) for setting in settings]
    axes.plot(at, [values.mean() for values in found], "o-", color=color, label=label or None)
    for place, values in zip(at, found, strict=True):
        axes.plot(np.full(len(values), place), values, ".", color=color, alpha=0.4)
    axes.set(xticks=at)


def latent_sizes(table: Table):
    """Reconstruction, KL and active latents by the number of latents."""
    sizes = (2, 4, 8, 16, 32, 64)
    settings = [f"beta 1, {size} latents" for size in sizes]
    figure, axes = panels(3)
    for each, name, title in zip(
        axes, ("reconstruction", "kl", "active"),
        ("Reconstruction, nats", "KL, nats", "Active latents"), strict=True,
    ):  # fmt: skip
        curve(each, table, "map", settings, name, BLUE)
        each.set(title=title, xlabel="latents", xticklabels=sizes)
    save_figure(FOLDER / "latent_sizes.png", figure)


def beta_map(table: Table):
    """Active latents and ELBO by beta and latent size, seed 0."""
    betas, sizes = (0.5, 1, 2, 4), (2, 4, 8, 16, 32, 64)
    figure, axes = panels(2, 5.0)
    for each, name, title, form in zip(
        axes, ("active", "elbo"), ("Active latents", "ELBO, nats"), ("{:.0f}", "{:.1f}"),
        strict=True,
    ):  # fmt: skip
        grid = np.array([[table.values("map", f"beta {b}, {size} latents", name)[0]
                          for size in sizes] for b in betas])  # fmt: skip
        each.imshow(grid, cmap="cividis", aspect="auto")
        middle = (grid.min() + grid.max()) / 2
        for (row, column), value in np.ndenumerate(grid):
            color = "black" if value > middle else "white"
            each.text(column, row, form.format(value), ha="center", va="center", color=color)
        each.set(title=title, xlabel="latents", ylabel="beta", xticks=range(6), yticks=range(4))
        each.set(xticklabels=sizes, yticklabels=betas)
    save_figure(FOLDER / "beta_by_latents.png", figure)


def kl_dip(path: Path):
    """The KL of each of the first steps."""
    kl = np.loadtxt(path, delimiter=",", ndmin=2)
    figure, (axes,) = panels(1, 6.0)
    for seed, color in zip(range(kl.shape[1]), (ORANGE, BLUE, SKY), strict=False):
        axes.plot(np.arange(1, len(kl) + 1), kl[:, seed], color=color, label=f"seed {seed}")
    axes.set(xscale="log", xlabel="step", ylabel="KL, nats", title="KL of every step, beta 1")
    axes.legend(frameon=False)
    save_figure(FOLDER / "kl_dip.png", figure)


def controls(table: Table):
    """Samples in the loss, networks by images, and MIG with its controls."""
    figure, axes = panels(3)
    curve(axes[0], table, "samples", (1, 5, 20), "elbo", BLUE)
    axes[0].set(title="ELBO of test images, nats", xlabel="samples in the loss",
                xticklabels=(1, 5, 20))  # fmt: skip
    for kind, color in (("dense", BLUE), ("convolutional", ORANGE)):
        settings = [f"{kind}, {count} images" for count in (50, 250, 1_500)]
        curve(axes[1], table, "networks", settings, "elbo", color, kind)
    axes[1].set(title="ELBO of test images, nats", xlabel="training images",
                xticklabels=(50, 250, "1,500"))  # fmt: skip
    axes[1].legend(frameon=False)
    kinds = ("diagonal", "full covariance")
    curve(axes[2], table, "diagonal", kinds, "mig", BLUE, "codes")
    curve(axes[2], table, "diagonal", kinds, "mig_rotated", ORANGE, "codes, rotated")
    axes[2].set(title="MIG: scale, x and y of ellipses", xticklabels=kinds, xlim=(-0.5, 1.5))
    axes[2].legend(frameon=False)
    save_figure(FOLDER / "controls.png", figure)


def uses(table: Table):
    """Robustness by beta, and distance of generated images by the radius of their codes."""
    figure, axes = panels(2, 5.0)
    betas = table.settings("robustness")
    names = list(dict.fromkeys(r["name"] for r in table.rows if r["question"] == "robustness"))
    for name, color in zip(names, (INK, SKY, BLUE, ORANGE, "#009e73"), strict=True):
        curve(axes[0], table, "robustness", betas, name, color, name)
    axes[0].set(title="Accuracy from codes, %", xlabel="beta", xticklabels=betas)
    axes[0].legend(frameon=False, fontsize=8)
    radii = table.settings("distance")
    curve(axes[1], table, "distance", radii, "to_data", BLUE)
    axes[1].axhline(1, color=INK, lw=0.8, ls="--")
    axes[1].set(title="Distance to the nearest image, over held-out images'",
                xlabel="distance of the code from 0", xticklabels=radii)  # fmt: skip
    save_figure(FOLDER / "robustness_and_distance.png", figure)


def draw_maps(maps: dict, labels: np.ndarray):
    """Maps of codes in two dimensions, colored by digit."""
    flat = {name: places for name, places in maps.items() if places.shape[1] == 2}
    figure, axes = panels(len(flat), 4.0, 4.0)
    titles = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
    for each, (name, places) in zip(axes, flat.items(), strict=True):
        each.scatter(*places.T, c=labels, cmap="tab10", s=4)
        each.set(title=titles[name], xticks=[], yticks=[])
    save_figure(FOLDER / "maps.png", figure)


def draw(table: Table, first_steps: Path):
    """Draws all figures but the maps, which need the codes."""
    latent_sizes(table)
    beta_map(table)
    kl_dip(first_steps)
    controls(table)
    uses(table)
