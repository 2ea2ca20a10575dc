"""Plain autoencoder: no noise and no prior."""

import keras

from vae_tf import schedules
from vae_tf.models.template.deterministic import DeterministicAutoEncoder
from vae_tf.process.errors import UserError


@keras.saving.register_keras_serializable("vae_tf")
class PlainAE(DeterministicAutoEncoder):
    """Deterministic autoencoder whose loss is the reconstruction alone.

    The model `ae` is a VAE at KL weight 0. Its posteriors have a standard deviation. The
    reconstruction draws this standard deviation to 0. If the decoder ignores a latent, a small
    additional gradient (`zero_weight.py`) does the same. This model has no standard deviation, so
    this gradient has no effect.

    Raises:
        UserError: If the KL weight is not 0, because the KL of a point is infinite.
    """

    kl_weights = {"plain_ae": 0.0}
    fixed_kl_weight = True

    def __init__(self, encoder, decoder, *, kl_weight=0.0, **kwargs):
        super().__init__(encoder, decoder, kl_weight=kl_weight, **kwargs)
        if self.kl_weight.schedule != schedules.constant(0.0):
            raise UserError(
                f"The plain autoencoder has no noise, so that its KL is infinite. Received: "
                f"kl_weight={self.kl_weight.schedule}. Leave it at 0, or choose vae."
            )
