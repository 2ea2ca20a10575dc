"""QLAE: an autoencoder in which each latent takes one of a few learned values.

Reference:
    Hsu et al., "Disentanglement via Latent Quantization", NeurIPS 2023.
    https://arxiv.org/abs/2305.18378
"""

import keras
import numpy as np
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.vae import VAE
from vae_tf.probability.distributions import Codebook, UniformCodes


@keras.saving.register_keras_serializable("vae_tf")
class QLAE(VAE):
    """Quantized-latent autoencoder (Sec. 3): each latent takes the nearest of its learned values.

    Gradients pass straight through the quantization to the encoder. The regularizer has two squared
    distances, each summed over latents. One draws the values to the encoder's outputs
    (quantization), the other draws the outputs to the values (commitment). The paper has means over
    latents and over pixels: its weights of 0.01 are 0.01 * pixels / latents here. The paper also
    needs a strong weight decay: `optimizer="adamw(weight_decay=0.1)"`. The KL to the uniform prior
    is L log V nats for every image.
    """

    logged = ("quantization", "commitment")
    loss_terms = ("quantization", "commitment")
    posterior = Codebook
    prior = UniformCodes
    learns_prior = trains_kl = False

    num_values: int = hyperparameter(
        10,
        "V, number of values of a latent; 10 in the paper, at first evenly from -0.5 to 0.5.",
        least=2,
    )
    quantization_weight: float = hyperparameter(
        1.0, "Weight of |stop(encoded) - value|^2.", least=0
    )
    commitment_weight: float = hyperparameter(1.0, "Weight of |encoded - stop(value)|^2.", least=0)

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.values = self.add_weight(
            name="values", shape=(self.latent_size, self.num_values), initializer=_spaced
        )

    def infer(self, batch, draw, training):
        encoded, _ = self.encoder(batch["image"], training=training)
        return [draw(Codebook.nearest(encoded, self.values), UniformCodes(self.num_values))]

    def regularizer(self, outputs):
        _, logs = super().regularizer(outputs)
        codebook = outputs.latents[0].posterior
        encoded, value = codebook.continuous, codebook.quantized
        quantization = ops.sum(ops.square(ops.stop_gradient(encoded) - value), axis=-1)
        commitment = ops.sum(ops.square(encoded - ops.stop_gradient(value)), axis=-1)
        penalty = self.quantization_weight * quantization + self.commitment_weight * commitment
        return penalty, {**logs, "quantization": quantization, "commitment": commitment}

    def sample_prior(self, n, rng):
        chosen = rng.integers(self.num_values, size=(n, self.latent_size))
        return np.array(self.values)[np.arange(self.latent_size), chosen]


def _spaced(shape, dtype):
    size, num_values = shape
    return ops.array(np.tile(np.linspace(-0.5, 0.5, num_values, dtype="float32"), (size, 1)))
