"""QLAE: an autoencoder whose every latent takes one of a few values of its own.

Reference:
    Hsu et al., "Disentanglement via Latent Quantization", NeurIPS 2023.
    https://arxiv.org/abs/2305.18378
"""

import keras
import numpy as np
from keras import ops

from vae_tf.checks import require_number
from vae_tf.distributions import Codebook, UniformCodes
from vae_tf.models.vae import VAE
from vae_tf.networks.sizes import Sizes


@keras.saving.register_keras_serializable("vae_tf")
class QLAE(VAE):
    """Quantized-latent autoencoder (Sec. 3): codes are the nearest values, learned as weights.

    Gradients pass straight through the quantization to the encoder. The regularizer draws values
    to the encoder's outputs (quantization) and outputs to values (commitment), a squared distance
    summed over latents each; the paper has means over latents beside a mean over pixels: its
    weights of 0.01 are 0.01 * pixels / latents here. The paper's other half is a strong weight
    decay: `optimizer="adamw(weight_decay=0.1)"`. The KL to the uniform prior is the same for every
    image, L log V nats.

    Args:
        num_values: V, values of a latent; 10 in the paper, evenly spaced from -0.5 to 0.5 at first.
        quantization_weight: Weight of |stop(encoded) - value|^2, at least 0.
        commitment_weight: Weight of |encoded - stop(value)|^2, at least 0.

    Raises:
        UserError: If a knob is not of its kind.
    """

    logged = ("quantization", "commitment")
    posterior = Codebook
    prior = UniformCodes

    def __init__(
        self,
        encoder,
        decoder,
        *,
        num_values=10,
        quantization_weight=1.0,
        commitment_weight=1.0,
        **kwargs,
    ):
        super().__init__(encoder, decoder, **kwargs)
        require_number("num_values", num_values, 2, whole=True)
        require_number("quantization_weight", quantization_weight, 0)
        require_number("commitment_weight", commitment_weight, 0)
        self.num_values = num_values
        self.quantization_weight = quantization_weight
        self.commitment_weight = commitment_weight
        spaced = np.tile(np.linspace(-0.5, 0.5, num_values, dtype="float32"), (self.latent_size, 1))
        self.values = self.add_weight(
            name="values", shape=spaced.shape, initializer=lambda shape, dtype: ops.array(spaced)
        )

    @classmethod
    def sizes(cls, params, image_shape, *, num_values, **knobs):
        require_number("num_values", num_values, 2, whole=True)
        values = params.latent_size * num_values  # to each of which an image has a distance
        return super().sizes(params, image_shape, **knobs) + Sizes(values, values)

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

    def get_config(self):
        knobs = ("num_values", "quantization_weight", "commitment_weight")
        return {**super().get_config(), **{name: getattr(self, name) for name in knobs}}
