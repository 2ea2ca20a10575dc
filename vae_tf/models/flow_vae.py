"""VAE whose posterior is a Gaussian bent by a normalising flow.

References:
    Rezende & Mohamed, "Variational Inference with Normalizing Flows", ICML 2015.
    https://arxiv.org/abs/1505.05770
    Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", NeurIPS 2016.
    https://arxiv.org/abs/1606.04934
"""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from vae_tf.distributions import gaussian_log_prob
from vae_tf.errors import unknown
from vae_tf.models.autoencoder import repeat_rows, require_number
from vae_tf.models.vae import VAE
from vae_tf.networks.builders import with_features
from vae_tf.networks.flows import InverseAutoregressiveFlow, PlanarFlow
from vae_tf.sums import branched, branches, summed

_MOMENT_SAMPLES = 64  # of the posterior, from which `encode` takes mean and stddev


class FlowOutput(NamedTuple):
    """`VAEOutput` with the sample before the flow.

    Attributes:
        mean: `[B, L]`, of the Gaussian the flow starts from.
        log_stddev: `[B, L]`, likewise.
        z: `[B, L]`, the sample after the flow.
        logits: `[B, H, W, C]`.
        start: `[B, L]`, the sample before the flow.
        log_det: `[B]`, log |det dz/dstart| in nats.
    """

    mean: keras.KerasTensor
    log_stddev: keras.KerasTensor
    z: keras.KerasTensor
    logits: keras.KerasTensor
    start: keras.KerasTensor
    log_det: keras.KerasTensor


@keras.saving.register_keras_serializable("vae_tf")
class FlowVAE(VAE):
    """VAE with q(z|x) = N(start) / |det dz/dstart| (Rezende & Mohamed, Eq. 13; Kingma et al., 11).

    The KL is that of the samples, log q(z|x) - log p(z). The context of the flow are the features
    of the image that the heads see. `encode` gives mean and standard deviation of the posterior,
    from 64 samples with noise that is always the same; the density is not Gaussian, and scores that
    take it for one are left out. The log's `stddev_*` and `mean_*` are of the Gaussian.

    Args:
        flow: "iaf" or "planar".
        num_flows: How many follow one another.
        hidden_size: Units of the hidden layer of each inverse autoregressive flow.

    Raises:
        UserError: If the flow is unknown, there is none, or it has no hidden unit.
    """

    logged = ("log_det",)
    gaussian_posterior = False

    def __init__(self, encoder, decoder, *, flow="iaf", num_flows=4, hidden_size=64, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        if flow not in ("iaf", "planar"):
            raise unknown("flow", flow, ("iaf", "planar"))
        require_number("num_flows", num_flows, 1, whole=True)
        # With fewer units some latents would depend on none before them.
        require_number("hidden_size", hidden_size, self.latent_size, whole=True)
        self.flow, self.num_flows, self.hidden_size = flow, num_flows, hidden_size
        self.flows = []
        self.heads = with_features(encoder)
        seed = 1000 * self.seed + 850
        for index in range(num_flows):
            name = f"flow_{index}"
            if flow == "planar":
                each = PlanarFlow(seed + index, name=name)
            else:
                # Every other one backwards: each latent depends on all (Kingma et al., Sec. 4).
                backwards = index % 2 == 1
                each = InverseAutoregressiveFlow(
                    hidden_size, backwards, seed + 3 * index, name=name
                )
            each.build((None, self.latent_size), self.heads.output_shape[2])
            self.flows.append(each)

    def posterior(self, x, training=False):
        """`(mean [B, L], log_stddev [B, L], context [B, C])` of images."""
        mean, log_stddev, context = self.heads(x, training=training)
        return *self.bounded(mean, log_stddev), context

    def draw(self, mean, log_stddev, context, training=False):
        start = self.sample(mean, log_stddev)
        z, log_det = self.bend(start, context)
        logits = self.decoder(z, training=training)
        return FlowOutput(mean, log_stddev, z, logits, start, log_det)

    def bend(self, start, context):
        """Sends samples `[B, L]` through all flows: `z [B, L]` and `log_det [B]`."""
        z, log_dets = tf.identity(start), []
        contexts = branches(context, len(self.flows))
        for flow, own_context in zip(self.flows, contexts, strict=True):
            z, log_det_of_flow = flow(z, own_context)
            log_dets.append(log_det_of_flow)
        return z, summed(log_dets)

    def log_ratio(self, outputs):
        zeros = ops.zeros_like(outputs.z)
        log_start = gaussian_log_prob(outputs.start, outputs.mean, outputs.log_stddev)
        return log_start - outputs.log_det - gaussian_log_prob(outputs.z, zeros, zeros)

    def regularizer(self, outputs):
        kl = self.log_ratio(branched(outputs))
        return kl, {"kl": kl, "log_det": outputs.log_det}

    def moments(self, x, training=False):
        """Mean and log_stddev `[B, L]` of the posterior of images, after the flow."""
        mean, log_stddev, context = self.posterior(x, training=training)
        noise = np.random.default_rng(0).standard_normal((_MOMENT_SAMPLES, 1, self.latent_size))
        start = mean + ops.exp(log_stddev) * noise.astype("float32")  # [S, B, L]
        start = ops.reshape(start, (-1, self.latent_size))
        z, _ = self.bend(start, repeat_rows(context, _MOMENT_SAMPLES))
        z = ops.reshape(z, (_MOMENT_SAMPLES, -1, self.latent_size))
        return ops.mean(z, axis=0), ops.log(ops.std(z, axis=0))

    def get_config(self):
        knobs = ("flow", "num_flows", "hidden_size")
        return {**super().get_config(), **{name: getattr(self, name) for name in knobs}}
