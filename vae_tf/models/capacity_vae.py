"""Capacity VAE: the KL follows a schedule, in nats.

Reference:
    Burgess et al., "Understanding Disentangling in beta-VAE", 2018.
    https://arxiv.org/abs/1804.03599
"""

import keras
from keras import ops

from vae_tf import schedules
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.vae import VAE
from vae_tf.process.errors import UserError


def _read_capacity(value) -> schedules.Schedule:
    try:
        capacity = schedules.as_schedule(value)
    except UserError as error:
        raise UserError(f"`capacity`: {error}") from None
    if isinstance(capacity, schedules.Feedback):
        raise UserError(
            f"`capacity` must be a schedule of the step: only `kl_weight` can be decided by the "
            f"training. Received: capacity={capacity}. Choose linear, with a delay if need be."
        )
    return capacity


@keras.saving.register_keras_serializable("vae_tf")
class CapacityVAE(VAE):
    """The regularizer is gamma |KL - C(step)|, with the mean KL of the batch (Eq. 8).

    With gamma 1 and capacity 0 the model is the VAE.

    Below the capacity, the loss falls by gamma for each nat of KL, even if the nat has no
    information about the image. If gamma is far larger than the gain in reconstruction per nat, the
    KL grows where it can grow fastest. This is in latents that are already active, and the
    reconstruction gains little. A gamma of about 10 still keeps the KL at the capacity, and the
    reconstruction decides which latents become active.

    If a nat lowers the reconstruction by more than gamma, the KL rises above the capacity. If the
    optimization fails, codes may reach the capacity without information
    (docs/results/collapse_remedies.md, from Glorot's weights).
    """

    logged = ("capacity",)
    loss_terms = ("capacity",)
    indivisible = "the distance to the capacity is computed from the batch's mean KL"

    gamma: float = hyperparameter(
        1_000.0,
        "Weight of the distance to the capacity; 1,000 in the paper, 100 in many implementations, "
        "10 in the presets here.",
        least=0,
    )
    capacity: schedules.Schedule = hyperparameter(
        "linear(0.5, 25, 100000)",
        "C in nats, number or schedule of the optimizer step; from 0.5 to 25 over 100,000 steps in "
        "the paper.",
        read=_read_capacity,
    )

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        capacity = ops.cast(self.capacity(ops.cast(self.step, "float32")), "float32")
        penalty = self.gamma * ops.abs(ops.mean(kl) - capacity)
        return ops.broadcast_to(penalty, ops.shape(kl)), {**logs, "capacity": capacity}

    def is_constant_from(self, step):
        return super().is_constant_from(step) and step >= self.capacity.settled_at
