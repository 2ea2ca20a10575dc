"""Result of a training, in a sentence: the number of active latents, and a remedy if it is 0."""

import math

from vae_tf import schedules
from vae_tf.analysis.collapse import is_collapsed, uses_codes
from vae_tf.config import Params
from vae_tf.models import MODELS
from vae_tf.probability.likelihoods.texts import read_likelihood
from vae_tf.process.limits import USED_NATS
from vae_tf.process.texts.command_names import option_words, quoted

# A run overfits if the negative ELBO of validation images, divided by the negative ELBO of training
# images, is at least this ratio. The emoji VAE has 1.6; digits and MNIST have 1.0 to 1.2.
OVERFITTING = 1.5
# The limit for densities, whose nats may be negative: additional nats per pixel and channel. A
# Gaussian that fits the training errors has them if squared validation errors are 1.5 times larger.
OVERFITTING_DENSITY = 0.5 * (OVERFITTING - 1)


def verdict(summary: dict, params: Params) -> str:
    """Judges a run by its numbers.

    Args:
        summary: Result of `summaries.summarize`.
        params: Parameters of the run.

    Returns:
        A line, such as "9 of 10 latents are active, KL 18.2 nats, MSE 0.0041 per pixel". For a
        collapsed run it has a remedy. If latents are active but the codes save nothing, or the
        reverse, the line says so. Empty if the images cannot be loaded.
    """
    if summary["active"] is None:
        return ""
    nats = summary["kl_per_latent"]
    kl = "" if nats is None else f", KL {sum(nats):.{1 if sum(nats) >= 1 else 4}f} nats"
    size = params.latent_size if nats is None else len(nats)  # of all layers
    if is_collapsed(summary):
        return f"collapsed: none of {size} latents is active{kl}. {_remedy(params)}"
    mse = "" if summary["mse"] is None else f", MSE {summary['mse']:.4f} per pixel"
    if not summary["active"]:
        return (
            f"none of {size} latents has {USED_NATS} nats{kl}{mse}, but the codes are used: they "
            f"save {summary['code_gain']:.3g} nats of the reconstruction"
        )
    words = f"{summary['active']} of {size} latents are active{kl}{mse}"
    words += _overfitting(summary, params)
    if uses_codes(summary) is False:
        words += "; but images are reconstructed no better than by a decoder that ignores the codes"
    return words


def _overfitting(summary: dict, params: Params) -> str:
    """Write advice if the ELBO is much lower on validation images than on training images."""
    train, held_out = summary.get("elbo"), summary.get("val_elbo")
    if train is None or held_out is None:
        return ""
    likelihood, stddev = read_likelihood(params.likelihood)
    if likelihood == "gaussian" and stddev is not None:  # a density
        overfits = train - held_out >= OVERFITTING_DENSITY * math.prod(summary["image_shape"])
    else:
        overfits = train < 0 and held_out <= OVERFITTING * train
    if not overfits:
        return ""
    return (
        f"; overfitting: the negative ELBO is {-held_out:.4g} nats on validation images and "
        f"{-train:.4g} on training images. Use more images, {_set('augment=mirror')}, or fewer "
        f"steps ({_set('patience=5')})"
    )


def _remedy(params: Params) -> str:
    """Write the first remedy against a collapse."""
    weight = schedules.as_schedule(params.kl_weight)
    slower = _smaller_steps(params.learning_rate)
    if isinstance(weight, schedules.Feedback) or MODELS[params.model].fixed_kl_weight:
        return f"Try {slower}, or a longer training"
    if weight.highest > 1:
        return f"Try a lower weight: {_set('kl_weight=1')}"
    if isinstance(weight, schedules.constant) and weight.value > 0:
        ramp = _set(f"kl_weight=linear(0, {weight}, {max(1, params.steps // 2)})")
        return f"Try to raise the weight slowly, {ramp}, {slower}, or a longer training"
    return f"Try {slower}, or a longer training"


def _smaller_steps(learning_rate) -> str:
    """Advise a fifth of the learning rate, as MNIST-VAE needed it."""
    if isinstance(learning_rate, schedules.constant):
        return f"a lower learning rate, {_set(f'learning_rate={learning_rate.value / 5:g}')}"
    return "a lower learning rate"


def _set(assignment: str) -> str:
    """The option that changes a parameter."""
    return quoted(*option_words(set=assignment))
