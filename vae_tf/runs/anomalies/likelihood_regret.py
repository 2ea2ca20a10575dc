"""Likelihood regret: how much a posterior of an image's own improves the bound of that image.

Reference:
    Xiao et al., "Likelihood Regret: An Out-of-Distribution Detection Score For Variational
    Auto-encoder", NeurIPS 2020. https://arxiv.org/abs/2003.02977
"""

import numpy as np
import tensorflow as tf
from keras import ops

from vae_tf.data.pixel_values import as_floats
from vae_tf.models.template.arrays import RowFunctions
from vae_tf.models.template.latents import repeated
from vae_tf.models.template.missing import split_missing
from vae_tf.process.errors import UserError

_STEPS = 100
_RATE = 0.05  # of the first step; it falls linearly to 0
_SAMPLES = 4  # of the posterior per image, decoded at once
_EVALUATIONS = 16  # of as many samples, over which the two bounds are compared


def likelihood_regret_score(model, images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Likelihood regret of images: the bound of the best posterior less the bound of the encoder's.

    LR(x) = max over (m, s) of ELBO(x; N(m, s^2)) - ELBO(x; q(z|x)), the decoder unchanged. The
    authors tune the whole encoder for each image. Here the mean and log standard deviation of each
    image are tuned, by 100 steps of Adam. Both bounds are then compared on the same noise, which
    the steps did not see. The regret is therefore at least 0 up to the noise of 64 samples.

    Args:
        model: Model of a single layer of Gaussian codes with the prior N(0, I).
        images: `[N, H, W, C]`.
        seed: Seed of the noise.

    Returns:
        `[N]` nats.

    Raises:
        UserError: If the model's codes are not as described.
    """
    if not model.has_gaussian_codes or model.layers_below or model.num_silent or model.conditional:
        raise UserError(
            f"Method 'likelihood_regret' tunes Gaussian codes with the prior N(0, I). Model "
            f"'{model.name}' has other codes. Choose the method 'elbo' or 'reconstruction'."
        )
    encoded = model.encode(images)
    if not np.isfinite(encoded[1]).all():
        raise UserError(
            f"Method 'likelihood_regret' compares posteriors. Model '{model.name}' has a "
            f"deterministic encoder. Choose the method 'reconstruction'."
        )
    x, mask = split_missing(model, np.asarray(images))
    x = as_floats(x, model.image_shape, unit=model.likelihood.unit)
    functions, rng = RowFunctions(), np.random.default_rng(seed)

    def ask(name, function, posterior, noise):
        rows = {"x": x, **mask, "mean": posterior[0], "log_stddev": posterior[1], "noise": noise}
        return functions(name, function, rows)

    def nats(rows):
        return (_negative_elbo(model, rows),)

    def gradients(rows):
        posterior = [rows["mean"], rows["log_stddev"]]
        with tf.GradientTape() as tape:
            tape.watch(posterior)
            total = ops.sum(_negative_elbo(model, rows))  # no image changes another's term
        return tuple(tape.gradient(total, posterior))

    def noise():
        return rng.standard_normal((len(x), _SAMPLES, model.latent_size), dtype="float32")

    tuned = _adam(encoded, lambda posterior: ask("gradients", gradients, posterior, noise()))
    regret = np.zeros(len(x))
    for _ in range(_EVALUATIONS):
        same = noise()
        (before,), (after,) = (ask("nats", nats, each, same) for each in (encoded, tuned))
        regret += (before - after) / _EVALUATIONS
    return regret


def _negative_elbo(model, rows):
    """Reconstruction, averaged over noise `[B, K, L]`, plus the KL divergence: `[B]` nats."""
    mean, log_stddev, noise = rows["mean"], rows["log_stddev"], rows["noise"]
    stddev = ops.exp(log_stddev)
    z = ops.transpose(mean[:, None] + stddev[:, None] * noise, (1, 0, 2))  # [K, B, L]
    logits = model.render(ops.reshape(z, (-1, model.latent_size)), {"image": rows["x"]}, False)
    mask = repeated(rows["mask"], _SAMPLES) if "mask" in rows else None
    nats, _ = model.likelihood.reconstruction(repeated(rows["x"], _SAMPLES), logits, mask=mask)
    kl = 0.5 * ops.sum(ops.square(mean) + ops.square(stddev) - 1.0 - 2.0 * log_stddev, axis=-1)
    return ops.mean(ops.reshape(nats, (_SAMPLES, -1)), axis=0) + kl


def _adam(start, gradients):
    """Arrays after the steps of Adam (Kingma & Ba 2015, Algorithm 1), each number by itself."""
    values = [np.array(each, "float32") for each in start]
    first, second = ([np.zeros_like(each) for each in values] for _ in range(2))
    for step in range(1, _STEPS + 1):
        rate = _RATE * (1.0 - (step - 1) / _STEPS)
        for i, gradient in enumerate(gradients(values)):
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.999 * second[i] + 0.001 * gradient**2
            scale = np.sqrt(second[i] / (1.0 - 0.999**step)) + 1e-8
            values[i] = (values[i] - rate * first[i] / (1.0 - 0.9**step) / scale).astype("float32")
    return values
