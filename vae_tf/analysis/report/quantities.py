"""Numbers of runs in reports: headings, formats and explanations."""

from typing import NamedTuple


class Quantity(NamedTuple):
    """A number of a summary.

    Attributes:
        heading: Heading of its column.
        decimals: Number of digits after the decimal point.
        explained: A sentence that explains it.
    """

    heading: str
    decimals: int
    explained: str


QUANTITIES = {
    "val_kl": Quantity("KL, nats", 1, "KL to the prior, on average over validation images."),
    "mse": Quantity(
        "MSE per pixel",
        4,
        "Mean squared error over pixels and channels of validation images, decoded from the means "
        "of their codes. It can be compared between likelihoods.",
    ),
    "val_reconstruction": Quantity(
        "reconstruction, nats",
        1,
        "Reconstruction term of the loss, for images decoded from samples of their codes, under "
        "the run's own likelihood.",
    ),
    "val_elbo": Quantity(
        "ELBO, nats", 1, "-(reconstruction + KL), with weight 1 even if the run has another weight."
    ),
    "val_stddev_mean": Quantity(
        "average stddev",
        3,
        "Standard deviation of the posteriors, averaged over images and latents. It is 1 if codes "
        "have no information.",
    ),
    "val_error": Quantity(
        "validation error", 4, "Share of the validation images that are classified wrongly."
    ),
    "test_error": Quantity(
        "test error", 4, "Share of the test images that are classified wrongly."
    ),
}
FORECAST = "forecast: linear VAE"
FORECAST_EXPLAINED = (
    "Computed from the training images alone: active latents of a linear VAE at this weight, its "
    "KL, and its MSE per pixel, also decoded from the means."
)
USED = "active latents"
USED_EXPLAINED = (
    "Active: a KL of at least 0.1 nats, on average over validation images. Without a finite KL: a "
    "variance of the means of at least 0.01 (active units)."
)


def written(name: str, value: float | None) -> str:
    """Writes a number of a summary; empty for None.

    Example:
        >>> [written("mse", 0.01234), written("val_kl", 1234.56), written("val_kl", 0.0003)]
        ['0.0123', '1,234.6', '<0.1']
    """
    if value is None:
        return ""
    decimals = QUANTITIES[name].decimals
    if value and abs(value) < 0.5 * 10**-decimals:
        return f"{'<' if value > 0 else '>-'}{10**-decimals:.{decimals}f}"
    return f"{value:,.{decimals}f}"


def used_words(summary: dict) -> str:
    """Writes the number of active latents, such as "8 of 32"; empty if it is not known.

    Latents of all layers are counted. A hierarchy has more latents than its `latent_size`.
    """
    if summary["active"] is None:
        return ""
    nats = summary.get("kl_per_latent")
    return f"{summary['active']} of {len(nats) if nats else summary['latent_size']}"
