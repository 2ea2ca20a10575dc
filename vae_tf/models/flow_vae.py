"""Flow VAE: the posterior is a Gaussian transformed by a normalizing flow.

References:
    Rezende & Mohamed, "Variational Inference with Normalizing Flows", ICML 2015.
    https://arxiv.org/abs/1505.05770
    Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", NeurIPS 2016.
    https://arxiv.org/abs/1606.04934
"""

import keras
import numpy as np
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import Latent, repeated, repeated_like, total
from vae_tf.models.vae import VAE
from vae_tf.networks.builders import with_features
from vae_tf.networks.flows import InverseAutoregressiveFlow, PlanarFlow
from vae_tf.probability.distributions import Flowed, Gaussian
from vae_tf.process.numbers import require_number

_MOMENT_SAMPLES = 64  # of the posterior, from which `encode` takes mean and stddev
_MOST_FLOWS = 100


@keras.saving.register_keras_serializable("vae_tf")
class FlowVAE(VAE):
    """VAE with q(z|x) = N(start) / |det dz/dstart| (Rezende & Mohamed, Eq. 13; Kingma et al., 11).

    start is a sample of the encoder's Gaussian N, and the flows turn start into z. The KL is
    estimated from the samples, log q(z|x) - log p(z). The context of the flow is the encoder's
    features of the image, before the output layers. `encode` returns mean and standard deviation of
    the posterior, from 64 samples with noise that is always the same. The density is not Gaussian,
    and scores that assume a Gaussian are left out. `stddev_*` and `mean_*` in the log belong to the
    Gaussian before the flow.
    """

    takes_networks = False
    logged = ("log_det",)
    posterior = Flowed

    flow: str = hyperparameter(
        "iaf", "Inverse autoregressive flows or planar ones.", one_of=("iaf", "planar")
    )
    num_flows: int = hyperparameter(
        4, "Number of flows that follow one another.", least=1, most=_MOST_FLOWS
    )
    hidden_size: int = hyperparameter(
        64,
        "Units of the hidden layer of each inverse autoregressive flow, at least as many as there "
        "are latents.",
        least=1,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        # With fewer units some latents would depend on none before them.
        require_number("hidden_size", self.hidden_size, self.latent_size, whole=True)
        self.heads = with_features(encoder)
        self.flows = [self._flow(index, 1000 * self.seed + 850) for index in range(self.num_flows)]

    def _flow(self, index, seed):
        name = f"flow_{index}"
        if self.flow == "planar":
            flow = PlanarFlow(seed + index, name=name)
        else:
            # Every other one backwards: each latent depends on all (Kingma et al., Sec. 4).
            backwards = index % 2 == 1
            flow = InverseAutoregressiveFlow(
                self.hidden_size, backwards, seed + 3 * index, name=name
            )
        flow.build((None, self.latent_size), self.heads.output_shape[2])
        return flow

    def infer(self, batch, draw, training):
        mean, log_stddev, context = self.heads(batch["image"], training=training)
        base, prior, start = draw(Gaussian(mean, log_stddev))
        z, log_det = self.bend(start, repeated_like(context, start))
        return [Latent(Flowed(base, start, log_det), prior, z)]

    def bend(self, start, context):
        """Sends samples `[B, L]` through all flows: `z [B, L]` and `log_det [B]`."""
        z, log_dets = start, []
        for flow in self.flows:
            z, log_det = flow(z, context)
            log_dets.append(log_det)
        return z, total(log_dets)

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        return kl, {**logs, "log_det": outputs.latents[0].posterior.log_det}

    def moments(self, batch):
        mean, log_stddev, context = self.heads(batch["image"], training=False)
        noise = np.random.default_rng(0).standard_normal((_MOMENT_SAMPLES, 1, self.latent_size))
        start = mean + ops.exp(log_stddev) * noise.astype("float32")  # [S, B, L]
        start = ops.reshape(start, (-1, self.latent_size))
        z, _ = self.bend(start, repeated(context, _MOMENT_SAMPLES))
        z = ops.reshape(z, (_MOMENT_SAMPLES, -1, self.latent_size))
        return ops.mean(z, axis=0), ops.log(ops.std(z, axis=0))
