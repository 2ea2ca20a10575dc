"""The numbers that reports show of runs: what they are called and how they are written."""

from typing import NamedTuple


class Quantity(NamedTuple):
    """A number of a summary.

    Attributes:
        heading: Its name.
        decimals: Digits behind the point, the same in every run so that columns can be compared.
        explained: A sentence on what it is.
    """

    heading: str
    decimals: int
    explained: str


QUANTITIES = {
    "val_kl": Quantity("KL, nats", 1, "Nats of the codes, on average over validation images."),
    "mse": Quantity(
        "MSE per pixel",
        4,
        "Mean squared error over pixels and channels of validation images, decoded from the means "
        "of their codes: the one number of error that likelihoods share.",
    ),
    "val_reconstruction": Quantity(
        "reconstruction, nats",
        1,
        "The term of the loss, decoded from a sample of the code, under the run's own likelihood.",
    ),
    "val_elbo": Quantity(
        "ELBO, nats", 1, "-(reconstruction + KL), at weight 1 whatever the run was trained with."
    ),
    "val_stddev_mean": Quantity(
        "average stddev",
        3,
        "Average over posteriors, images and latents: 1 where codes have no information.",
    ),
    "val_error": Quantity(
        "wrong, validation", 4, "Part of the validation images put in a wrong class."
    ),
    "test_error": Quantity("wrong, test", 4, "The same of test images."),
}
FORECAST = "forecast: linear VAE"
FORECAST_EXPLAINED = (
    "From the training images alone: active latents of a linear VAE at this weight, its KL, and "
    "its MSE per pixel, decoded from the means, too."
)
USED = "active latents"
USED_EXPLAINED = (
    "Active: a KL of at least 0.1 nats, on average over validation images. Where there is no "
    "finite KL: a variance of the means of at least 0.01 (active units)."
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
    """How many latents are active, such as "8 of 32"; empty where that is not known.

    All layers count, those that a hierarchy adds to its `latent_size` included.
    """
    if summary["active"] is None:
        return ""
    nats = summary.get("kl_per_latent")
    return f"{summary['active']} of {len(nats) if nats else summary['latent_size']}"
