"""Pictures of experiments/sharpness.py: the same images by each model; sharpness by KL weight."""

import csv
from pathlib import Path

import numpy as np

from vae_tf.plots.image_figures import plot_image_rows
from vae_tf.plots.page import BLUE, INK, MARGIN, ORANGE, Page, points
from vae_tf.plots.saving import save_figure

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "images" / "gallery"
_COLUMNS = 10


def draw(predictions: Path):
    """Draws both pictures; the first needs the trained runs, the second the committed table."""
    if predictions.exists():
        save_figure(GALLERY / "sharpness.png", models_figure(predictions))
    save_figure(GALLERY / "sharpness_weights.png", weights_figure())


def models_figure(predictions: Path):
    """Figure of the same validation images, reconstructed by each model."""
    from sharpness import RUNS, TABLE, folder_of

    from vae_tf.runs import Run

    measured = {row["model"]: row for row in _read(TABLE)}
    rows, labels = [], []
    for name in [each for each in RUNS if each in measured]:
        run = Run(predictions / folder_of(name))
        images = run.validation_data
        x = images.images(np.linspace(0, len(images) - 1, _COLUMNS).astype(int))
        if not rows:
            rows, labels = [x], ["originals: 1.00"]
        rows.append(run.model.reconstruct(x))
        labels.append(f"{name}: {float(measured[name]['sharpness_reconstructions']):.2f}")
    return plot_image_rows(
        np.stack(rows),
        "Sharper VAEs",
        (
            f"emoji, 32x32, 32 latents per code, {measured['VAE']['steps']} steps, one seed; "
            f"validation images from posterior means.",
            "Numbers: sharpness, the power from 1/4 to 1/2 cycle per pixel over the power of the "
            "originals.",
        ),
        labels=labels,
    )


def weights_figure():
    """Figure of sharpness over the KL weight, of decoders and of averages without a network."""
    from sharpness import WEIGHTS

    rows = _read(WEIGHTS)
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


def _read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
