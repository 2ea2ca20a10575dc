"""Posteriors that `small_questions.py` compares with the VAE's: correlated, and of classes.

References:
    Kingma & Welling, "An Introduction to Variational Autoencoders", 2019, Sec. 2.5.1 (full
    covariance). https://arxiv.org/abs/1906.02691
    Jang et al., "Categorical Reparameterization with Gumbel-Softmax", ICLR 2017.
    https://arxiv.org/abs/1611.01144
"""

import dataclasses
import math
from typing import Any

import keras
from keras import layers, ops, random

from vae_tf.models.template.latents import Latent
from vae_tf.models.vae import VAE
from vae_tf.networks.builders import with_features
from vae_tf.probability.distributions import Categorical, Distribution, Flowed, Gaussian


@keras.saving.register_keras_serializable("experiments")
class FullCovarianceVAE(VAE):
    """VAE whose posterior is N(mean, T S^2 T'), T a triangular matrix with ones on its diagonal."""

    takes_networks = False
    posterior = Flowed

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.heads = with_features(encoder)
        size = self.latent_size
        self.below = layers.Dense(size * size, kernel_initializer="zeros", name="below")
        self.below.build(self.heads.output_shape[2])

    def infer(self, batch, draw, training):
        mean, log_stddev, features = self.heads(batch["image"], training=training)
        base, prior, start = draw(Gaussian(mean, log_stddev))
        size = self.latent_size
        below = ops.tril(ops.reshape(self.below(features), (-1, size, size)), -1)
        z = start + ops.einsum("bij,bj->bi", below, start - mean)
        # Its Jacobian has ones on the diagonal.
        return [Latent(Flowed(base, start, ops.zeros_like(z[:, 0])), prior, z)]


@dataclasses.dataclass(frozen=True)
class RelaxedClasses(Distribution):
    """Several categorical variables, drawn as soft one-hot vectors, side by side.

    Attributes:
        logits: `[B, N, K]`.
        temperature: Temperature of the softmax; 0 draws hard one-hot vectors, with no gradient.
    """

    logits: Any
    temperature: float

    @property
    def mean(self):
        """`[B, N K]`, the probabilities."""
        return ops.reshape(ops.softmax(self.logits), (ops.shape(self.logits)[0], -1))

    @property
    def log_stddev(self):
        """`[B, N K]`, of each entry of the one-hot vectors."""
        probability = ops.clip(self.mean, 1e-7, 1.0 - 1e-7)
        return 0.5 * ops.log(probability * (1.0 - probability))

    def sample(self, seed):
        """Softmax of logits with Gumbel noise (Jang et al., Eq. 2)."""
        uniform = random.uniform(ops.shape(self.logits), 1e-7, 1.0, seed=seed)
        noisy = self.logits - ops.log(-ops.log(uniform))
        if self.temperature:
            soft = ops.softmax(noisy / self.temperature)
        else:
            soft = ops.one_hot(ops.argmax(noisy, axis=-1), self.logits.shape[-1])
        return ops.reshape(soft, (ops.shape(soft)[0], -1))

    def kl(self, prior, z):
        """Exact KL of the classes to equal probabilities."""
        zeros = ops.zeros_like(self.logits)
        return ops.sum(Categorical(self.logits).kl_per_latent(Categorical(zeros), z), axis=(1, 2))

    def map(self, function):
        return RelaxedClasses(function(self.logits), self.temperature)


@keras.saving.register_keras_serializable("experiments")
class GumbelVAE(VAE):
    """VAE of categorical variables of `num_classes` classes each: soft in training, hard after."""

    takes_networks = False
    posterior = RelaxedClasses

    def __init__(self, encoder, decoder, *, num_classes=8, temperature=0.7, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.num_classes = num_classes
        self.temperature = temperature

    def infer(self, batch, draw, training):
        head, _ = self.encoder(batch["image"], training=training)
        logits = ops.reshape(head, (-1, self.latent_size // self.num_classes, self.num_classes))
        return [draw(RelaxedClasses(logits, self.temperature if training else 0))]

    @property
    def largest_kl(self) -> float:
        """Nats that the classes can hold."""
        return self.latent_size // self.num_classes * math.log(self.num_classes)
