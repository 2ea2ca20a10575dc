"""The radial spectra of originals, reconstructions and samples."""

from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun
from vae_tf.plots.radial_spectra import plot_radial_spectra
from vae_tf.scores.sharpness import BAND, radial_spectrum, sharpness

_MOST_IMAGES = 500


def radial_spectra(analyzed: AnalyzedRun) -> Figure | None:
    """Draws the power of originals, reconstructions and samples at each spatial frequency.

    Returns:
        None if images have fewer than 2 pixels per side.
    """
    rows = analyzed.analyzed_rows[:_MOST_IMAGES]
    x = analyzed.images.images(rows)
    if min(x.shape[1:3]) < 2:
        return None
    labels = analyzed.labels_of(rows)
    drawn = {
        "reconstructions": analyzed.model.reconstruct(analyzed.images.observed(rows), labels),
        "samples": analyzed.model.generate(len(x), SEED),
    }
    frequencies, power = radial_spectrum(x)
    spectra = {"originals": power}
    for name, images in drawn.items():
        spectra[f"{name}: {sharpness(images, x):.2f}"] = radial_spectrum(images)[1]
    return plot_radial_spectra(
        frequencies,
        spectra,
        BAND,
        "Sharpness",
        (
            analyzed.caption,
            f"{len(x)} validation images and {len(x)} samples of the "
            f"{analyzed.model.prior_in_words}, seed {SEED}; numbers: power in the shaded band, "
            f"divided by the power of the originals",
        ),
    )
