"""not-MIWAE: a MIWAE for values whose absence depends on the values themselves.

Reference:
    Ipsen, Mattei & Frellsen, "not-MIWAE: Deep Generative Modelling with Missing not at Random
    Data", ICLR 2021. https://arxiv.org/abs/2006.12871
"""

import math

import keras
from keras import ops

from vae_tf.models.miwae import MIWAE
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import repeated_like
from vae_tf.probability.distributions.noise import normal
from vae_tf.process.errors import UserError

# Whether large values are the missing ones (1), or small ones (-1), where that is known.
_SIGNS = {"self_masking": 0, "self_masking_high": 1, "self_masking_low": -1}


@keras.saving.register_keras_serializable("vae_tf")
class NotMIWAE(MIWAE):
    """The loss is -log mean_i p(x_o|z_i) p(s|x_o, x_m,i) p(z_i) / q(z_i|x_o).

    s is the mask. x_m,i is a sample of p(x_m|z_i) and replaces the missing values. Gradients pass
    through x_m,i. Each value is observed independently, with log-odds that are linear in x. They
    depend on the value itself, c - w x ("self_masking"; the paper writes -w (x - b)), or on all
    values ("linear"). The logged `reconstruction` contains -log p(s|x), and `elbo` log p(s|x).
    """

    completes_by_samples = True

    missing_model: str = hyperparameter(
        "self_masking",
        "Model of the mask, p(s|x). If the sign is known, use self_masking_high (large values are "
        "missing) or self_masking_low (small values are missing).",
        one_of=(*_SIGNS, "linear"),
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        if not self.likelihood_text.startswith("gaussian"):
            raise UserError(
                f"Model 'not_miwae' draws missing values by a Gaussian, through which gradients "
                f"pass. Received: likelihood={self.likelihood_text}. Set "
                f"likelihood=gaussian(stddev=learned)."
            )
        size = math.prod(self.image_shape)
        shape = (size, size) if self.missing_model == "linear" else (size,)
        self.slopes = self.add_weight(name="missing_slopes", shape=shape, initializer="zeros")
        self.offsets = self.add_weight(name="missing_offsets", shape=(size,), initializer="zeros")

    @property
    def logged(self):
        return (*super().logged, "mask_nats")

    def observed_logits(self, x):
        """Log-odds of each value to be observed, `[B, D]`, of complete rows `[B, D]`."""
        slopes = ops.convert_to_tensor(self.slopes)
        if self.missing_model == "linear":
            return ops.convert_to_tensor(self.offsets) - ops.matmul(x, slopes)
        if sign := _SIGNS[self.missing_model]:
            slopes = sign * ops.softplus(slopes)
        return ops.convert_to_tensor(self.offsets) - slopes * x

    def complete(self, outputs, training=False):
        """Complete images by samples of missing values; the nats are -log p(x_o|z) p(s|x)."""
        mean, nats, terms = super().complete(outputs, training)
        stddev = self.likelihood.stddev(outputs.logits)
        drawn = mean + stddev * normal(ops.shape(mean), self.seed_generator)
        x = repeated_like(outputs.batch["image"], outputs.logits)
        mask = repeated_like(outputs.batch["mask"], outputs.logits)
        completed = mask * x + (1.0 - mask) * drawn
        rows = (-1, math.prod(self.image_shape))
        logits = self.observed_logits(ops.reshape(completed, rows))
        of_mask = ops.sum(ops.softplus(logits) - ops.reshape(mask, rows) * logits, axis=-1)
        return completed, nats + of_mask, {**terms, "mask_nats": of_mask}

    def reconstruction(self, outputs, training=False):
        """Negative log-likelihood of x_o and s given z and x_m, `[B]` nats, and terms to log."""
        _, nats, terms = self.complete(outputs, training)
        return nats, terms
