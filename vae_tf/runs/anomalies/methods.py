"""The methods by name."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from vae_tf.process.errors import UserError, unknown
from vae_tf.runs.anomalies.elbo import elbo_score
from vae_tf.runs.anomalies.input_complexity import input_complexity_score
from vae_tf.runs.anomalies.latent import latent_score
from vae_tf.runs.anomalies.likelihood import likelihood_score
from vae_tf.runs.anomalies.likelihood_regret import likelihood_regret_score
from vae_tf.runs.anomalies.noise import repeatable_noise
from vae_tf.runs.anomalies.reconstruction import reconstruction_score


class Method(NamedTuple):
    """A way to score images.

    Attributes:
        score: `(model, images) -> [N]`; `(model, images, mixture) -> [N]` with `needs_mixture`.
        unit: Unit of the score.
        about: A sentence on what is odd by this method.
        needs_mixture: Whether it compares codes with codes of training images.
    """

    score: Callable[..., np.ndarray]
    unit: str
    about: str
    needs_mixture: bool = False


METHODS = {
    "reconstruction": Method(
        reconstruction_score, "nats", "The decoder cannot draw the image from its code."
    ),
    "elbo": Method(elbo_score, "nats", "The evidence lower bound is low."),
    "likelihood": Method(likelihood_score, "nats", "The log-likelihood is low."),
    "likelihood_regret": Method(
        likelihood_regret_score, "nats", "Another posterior explains the image much better."
    ),
    "input_complexity": Method(
        input_complexity_score, "bits", "The model needs more bits than a PNG file."
    ),
    "latent": Method(
        latent_score, "standard deviations", "The code is far from codes of training images.", True
    ),
}


def anomaly_scores(
    model, images: np.ndarray, method: str = "elbo", *, mixture=None, seed: int = 0
) -> np.ndarray:
    """Score images by how odd they are under a model.

    Args:
        model: A trained model of `vae_tf.models`.
        images: `[N, H, W, C]`, N at least 1, by the rule of `pixel_values`; vectors `[N, D]`.
        method: Name of a method in `METHODS`.
        mixture: `CodeMixture` of codes of training images, for "latent".
        seed: Seed of the samples. The same images, in the same order, have the same scores. The
            model's own noise is left as it was.

    Returns:
        `[N]` float64 scores, higher is odder, in the unit of the method.

    Raises:
        UserError: If the method is unknown or needs what the model does not have, or the images do
            not fit the model.
    """
    if not isinstance(method, str) or method not in METHODS:
        raise unknown("method", method, METHODS)
    chosen = METHODS[method]
    images = np.asarray(images)
    if not len(images):
        raise UserError("`images` must be at least one image. Received: none.")
    if chosen.needs_mixture and mixture is None:
        raise UserError(
            f"Method '{method}' compares codes with a mixture fitted to codes of training images. "
            f"Received: mixture=None. Call run.anomaly_scores, or pass "
            f"vae_tf.priors.code_mixture.fit_mixture(codes)."
        )
    given = (mixture,) if chosen.needs_mixture else ()
    with repeatable_noise(model, seed):
        return np.asarray(chosen.score(model, images, *given), np.float64)
