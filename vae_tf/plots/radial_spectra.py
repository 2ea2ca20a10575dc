"""Power of images at each spatial frequency, compared with originals (draw)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from vae_tf.plots.page import CLASSES, FAINT, INK, MARGIN, Page, points
from vae_tf.process.texts.escaping import without_mathtext

_WIDTH, _HEIGHT = 560, 330  # pixels


def plot_radial_spectra(
    frequencies: np.ndarray,
    spectra: Mapping[str, np.ndarray],
    band: tuple[float, float],
    title: str,
    notes: Sequence[str] = (),
) -> Figure:
    """Draws a line for each set of images, both axes logarithmic; the first set is in black.

    Args:
        frequencies: `[R]` ascending frequencies above 0, in cycles per pixel.
        spectra: Name of a set of images, the originals first -> `[R]` mean power.
        band: Lowest and highest frequency of the shaded band, in which sharpness is measured.
        title: Title of the page.
        notes: Lines below the title.
    """
    page = Page(_WIDTH + 110, _HEIGHT + 70, title, tuple(notes))
    axes = page.chart(
        MARGIN + 72, page.top + 14, _WIDTH, _HEIGHT,
        xlabel="spatial frequency, cycles per pixel", ylabel="mean power",
    )  # fmt: skip
    axes.axvspan(*band, color=FAINT, alpha=0.18, linewidth=0)
    colors = [INK, *CLASSES]
    for index, (name, power) in enumerate(spectra.items()):
        axes.plot(
            frequencies, np.maximum(power, 1e-12), color=colors[index % len(colors)],
            linewidth=2.4 if index == 0 else 1.8, label=without_mathtext(name),
        )  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    ticks = [
        each for each in (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2) if each >= frequencies[0]
    ]
    axes.set_xticks(ticks, [f"1/{round(1 / each)}" for each in ticks])
    axes.minorticks_off()
    axes.set_xlim(frequencies[0], band[1])
    axes.legend(frameon=False, fontsize=points(13), loc="lower left")
    return page.figure
