"""Advice before a run begins: forecast, learning rate and precision; see also `plateau`."""

from vae_tf.config import Params
from vae_tf.data.image_set import ImageSet
from vae_tf.forecasts.sentence import forecast_sentence
from vae_tf.networks import specs
from vae_tf.probability.likelihoods.texts import read_likelihood
from vae_tf.process.machine import has_bfloat16
from vae_tf.schedules import Schedule, as_schedule, warm_up


def rate_advice(rate: Schedule, steps: int) -> str | None:
    """Return a warning if the learning rate's schedule does not fit the steps, else None."""
    if isinstance(rate, warm_up) and rate.steps >= steps:
        return (
            f"Warning: the learning rate warms up for {rate.steps:,} steps, and the run has "
            f"{steps:,}. Shorten the warm-up: learning_rate={rate}."
        )
    if rate.settled_at and rate.settled_at < steps and not rate(steps):
        return (
            f"Warning: the learning rate is 0 from step {rate.settled_at:,} on, and the run has "
            f"{steps:,} steps. Lengthen the schedule: learning_rate={rate}."
        )
    return None


def forecast_advice(params: Params, images: ImageSet) -> str | None:
    """Return the forecast of a VAE from the images alone; None if the model has no forecast."""
    if params.model not in ("vae", "beta_vae") or len(images.image_shape) == 1:
        return None
    if isinstance(params.decoder, str):  # such decoders also get other inputs than the code
        return None
    likelihood = read_likelihood(params.likelihood)
    weight = as_schedule(params.kl_weight)
    return forecast_sentence(images, weight, params.latent_size, *likelihood)


def precision_advice(params: Params) -> str | None:
    """Suggest 16 bits for convolutions if the processor computes in bfloat16, else return None."""
    convolutions = isinstance(params.encoder, str) or specs.convolutions(params.encoder)
    if params.precision != "float32" or not convolutions or not has_bfloat16():
        return None
    return (
        "This processor supports bfloat16. With precision=mixed_bfloat16, a step of a "
        "convolutional network is about 1.3 times as fast (docs/speed.md)."
    )
