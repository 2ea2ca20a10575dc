"""The picture of experiments/sharpness.py: sharpness by KL weight."""

from pathlib import Path

import numpy as np

from vae_tf.plots.page import BLUE, INK, MARGIN, ORANGE, Page, points
from vae_tf.plots.saving import save_figure

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "images" / "gallery"


def draw(rows: list[dict]):
    """Draws the picture of the table of KL weights."""
    save_figure(GALLERY / "sharpness_weights.png", weights_figure(rows))


def weights_figure(rows: list[dict]):
    """Figure of sharpness over the KL weight, of decoders and of averages without a network."""
    page = Page(
        510 * len({row["data"] for row in rows}),
        400,
        "Blur that confused codes explain, and blur that they do not",
        (
            "Sharpness of training images decoded from samples of their codes, and of averages of "
            "the images that q(z|x) confuses with them: no network.",
            "A point per run; emoji have one seed.",
        ),
    )
    for column, data in enumerate(dict.fromkeys(row["data"] for row in rows)):
        own = [row for row in rows if row["data"] == data]
        axes = page.chart(
            MARGIN + 60 + column * 500, page.top + 30, 420, 300, title=data, xlabel="KL weight",
            ylabel="" if column else "sharpness, 1 is as sharp",
        )  # fmt: skip
        for head, label, color, marker in (
            ("sharpness_averages", "averages of confused images", INK, "s"),
            ("sharpness_decoded", "decoded codes", BLUE, "o"),
            ("sharpness_samples", "samples of the prior", ORANGE, "^"),
        ):
            x = np.array([float(row["kl_weight"]) for row in own])
            y = np.array([float(row[head]) for row in own])
            axes.scatter(x, y, color=color, marker=marker, s=26, label=label, zorder=3)
            places = np.unique(x)
            axes.plot(places, [y[x == each].mean() for each in places], color=color, linewidth=1.4)
        axes.set_xscale("log")
        axes.set_ylim(0, 1.1)
        if column == 0:
            axes.legend(frameon=False, fontsize=points(13), loc="lower left")
    return page.figure
