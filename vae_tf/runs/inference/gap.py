"""Inference gap in two parts: the encoder's share, and the share of the posterior's form.

    log p(x) - ELBO[q(z|x)] = (log p(x) - ELBO[q*]) + (ELBO[q*] - ELBO[q(z|x)])

q* is the best Gaussian with independent latents for that image. The first part is the gap of the
form (the paper's approximation gap), the second is the gap of amortization.

Reference:
    Cremer, Li & Duvenaud, "Inference Suboptimality in Variational Autoencoders", ICML 2018, Eq. 4
    and 5. https://arxiv.org/abs/1801.03558
"""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from keras import ops
from tqdm import tqdm

from vae_tf.data.pixel_values import as_floats
from vae_tf.models.template.arrays import RowFunctions
from vae_tf.models.template.latents import repeated
from vae_tf.probability.distributions import Flowed, Gaussian, StandardNormal
from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.runs.inference.descent import descend
from vae_tf.scores.likelihood import importance_estimates

_RATE = 0.05  # of the first step
_SAMPLES = 8  # of the posterior per image and step, decoded at once
_EVALUATIONS = 32  # of as many samples, for the bounds
_ROWS = 256  # images that descend together


class InferenceGap(NamedTuple):
    """Bounds of each image, `[N]` nats each, the constant of the likelihood included.

    Attributes:
        elbo: ELBO with the encoder's posterior.
        best_elbo: ELBO with the best Gaussian.
        log_likelihood: log p(x) by importance sampling, itself a lower bound in expectation.
        effective_samples: `[N]` effective sample sizes (sum w)^2 / sum w^2 of the importance
            weights w, from 1 to `num_samples`. Where they are few, log p(x) is unreliable.
    """

    elbo: np.ndarray
    best_elbo: np.ndarray
    log_likelihood: np.ndarray
    effective_samples: np.ndarray

    @property
    def amortization(self) -> np.ndarray:
        """ELBO that the best Gaussian gains on the encoder's posterior, `[N]` nats.

        It may be negative where the encoder's posterior is no Gaussian but a flow.
        """
        return self.best_elbo - self.elbo

    @property
    def form(self) -> np.ndarray:
        """KL divergence of the best Gaussian to the true posterior, `[N]` nats."""
        return self.log_likelihood - self.best_elbo


def inference_gap(
    model,
    images: np.ndarray,
    *,
    num_samples: int = 1_000,
    steps: int = 500,
    seed: int = 0,
    progress: bool = False,
) -> InferenceGap:
    """Measure how far the ELBO of each image is below log p(x), and why.

    The best Gaussian starts at the encoder's mean and standard deviation and descends by Adam on
    the negative ELBO, the decoder unchanged. Its bound and the encoder's are compared on noise that
    the steps did not see. log p(x) is estimated by importance sampling with the best Gaussian as
    proposal. Where the encoder's posterior is a flow, it is the second proposal, and the one with
    the larger average over images counts for all of them. (Per image, the larger of two noisy
    estimates would be too large.)

    Args:
        model: Model with a single layer of codes, prior N(0, I), and a Gaussian or flow posterior.
        images: `[N, H, W, C]` images, or `[N, D]` vectors, N at least 1.
        num_samples: Importance samples of each estimate and image, at least 1.
        steps: Steps of Adam, at least 1.
        seed: Seed of the noise of the steps and bounds.
        progress: Whether to show progress bars on stderr.

    Raises:
        UserError: If an argument is out of range, the images do not fit, or the model's codes are
            not as described.
    """
    num_samples = check_count("num_samples", num_samples, 1)
    steps = check_count("steps", steps, 1)
    known = model.posterior in (Gaussian, Flowed) and model.prior is StandardNormal
    if not known or model.layers_below or model.num_silent or model.conditional:
        raise UserError(
            f"The inference gap is measured for one layer of codes with the prior N(0, I). "
            f"Received: a {type(model).__name__}. Train a vae, iwae or flow_vae."
        )
    encoded = model.encode(images)  # checks the images
    if not np.isfinite(encoded[1]).all():
        raise UserError(
            f"The inference gap compares posteriors. Model '{model.name}' has a deterministic "
            f"encoder. Train a vae, iwae or flow_vae."
        )
    x = as_floats(np.asarray(images), model.image_shape, unit=model.likelihood.unit)
    tuned = _Tuned(model, np.random.default_rng(seed))
    elbo, best, *estimates = (np.empty(len(x)) for _ in range(4))
    batches = range(0, len(x), _ROWS)
    with tqdm(
        desc="Best Gaussians: steps", total=steps * len(batches), delay=2, disable=not progress
    ) as bar:
        for begin in batches:
            part = slice(begin, begin + _ROWS)
            start = [encoded[0][part], encoded[1][part]]
            found = tuned.best(x[part], start, steps, bar)
            bounds = tuned.bounds(x[part], [start, found])
            elbo[part], best[part] = bounds
            for values, of_part in zip(
                estimates, tuned.log_likelihood(x[part], found, num_samples), strict=True
            ):
                values[part] = of_part
    if model.posterior is not Gaussian:
        samples = _SAMPLES * _EVALUATIONS
        parts = [model.log_importance_weights(images[i : i + _ROWS], samples) for i in batches]
        elbo = np.concatenate([part.mean(axis=0) for part in parts]).astype(float)
        others = importance_estimates(model, images, num_samples, progress=progress)
        if others[0].mean() > estimates[0].mean():
            estimates = [*others]
    return InferenceGap(elbo, best, *estimates)


class _Tuned:
    """Gaussians of single images under a model's decoder."""

    def __init__(self, model, rng):
        self.model = model
        self.rng = rng
        self.functions = RowFunctions()
        self.constant = model.likelihood.constant * math.prod(model.image_shape)

    def best(self, x, start, steps, bar):
        def gradients(rows):
            posterior = [rows["mean"], rows["log_stddev"]]
            with tf.GradientTape() as tape:
                tape.watch(posterior)
                total = ops.sum(self._negative_elbo(rows))  # no image changes another's term
            return tuple(tape.gradient(total, posterior))

        return descend(
            start,
            lambda posterior: self._ask("gradients", gradients, x, posterior, self._noise(len(x))),
            steps,
            _RATE,
            bar,
        )

    def bounds(self, x, posteriors):
        """ELBOs `[P, N]` of some posteriors, on the same noise."""
        found = np.zeros((len(posteriors), len(x)))
        for _ in range(_EVALUATIONS):
            noise = self._noise(len(x))
            for i, posterior in enumerate(posteriors):
                (nats,) = self._ask(
                    "bound", lambda rows: (self._negative_elbo(rows),), x, posterior, noise
                )
                found[i] -= nats.astype(float) / _EVALUATIONS
        return found - self.constant

    def log_likelihood(self, x, posterior, num_samples):
        """Log p(x) `[N]` by importance sampling from the posterior, and effective samples `[N]`."""
        total = np.full(len(x), -np.inf)
        squares = np.full(len(x), -np.inf)
        rounds = -(-num_samples // _SAMPLES)
        for _ in range(rounds):
            (weights,) = self._ask(
                "weights", self._log_weights, x, posterior, self._noise(len(x))
            )  # [N, K]
            weights = weights.astype(float)
            total = np.logaddexp(total, np.logaddexp.reduce(weights, axis=1))
            squares = np.logaddexp(squares, np.logaddexp.reduce(2 * weights, axis=1))
        mean = total - math.log(rounds * _SAMPLES)
        return mean - self.constant, np.exp(2 * total - squares)

    def _noise(self, count):
        shape = (count, _SAMPLES, self.model.latent_size)
        return self.rng.standard_normal(shape, dtype="float32")

    def _ask(self, name, function, x, posterior, noise):
        rows = {"x": x, "mean": posterior[0], "log_stddev": posterior[1], "noise": noise}
        return self.functions(name, function, rows)

    def _reconstruction(self, rows):
        """Codes `[K, B, L]` and reconstructions `[K, B]` of samples of the posterior."""
        stddev = ops.exp(rows["log_stddev"])
        z = ops.transpose(rows["mean"][:, None] + stddev[:, None] * rows["noise"], (1, 0, 2))
        flat = ops.reshape(z, (-1, self.model.latent_size))
        logits = self.model.render(flat, {"image": rows["x"]}, False)
        x = repeated(rows["x"], _SAMPLES)
        nats, _ = self.model.likelihood.reconstruction(x, logits)
        return z, ops.reshape(nats, (_SAMPLES, -1))

    def _negative_elbo(self, rows):
        """Reconstruction, averaged over the noise, plus the KL divergence: `[B]` nats."""
        _, nats = self._reconstruction(rows)
        mean, log_stddev = rows["mean"], rows["log_stddev"]
        variance = ops.exp(2.0 * log_stddev)
        kl = 0.5 * ops.sum(ops.square(mean) + variance - 1.0 - 2.0 * log_stddev, axis=-1)
        return ops.mean(nats, axis=0) + kl

    def _log_weights(self, rows):
        z, nats = self._reconstruction(rows)
        # log p(z) - log q(z); the constants of both Gaussians cancel.
        ratio = 0.5 * ops.sum(ops.square(rows["noise"]), axis=-1)  # [B, K]
        ratio += ops.sum(rows["log_stddev"], axis=-1)[:, None]
        ratio -= 0.5 * ops.transpose(ops.sum(ops.square(z), axis=-1), (1, 0))
        return (ratio - ops.transpose(nats, (1, 0)),)
