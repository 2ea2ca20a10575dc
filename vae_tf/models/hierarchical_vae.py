"""Hierarchical VAE: several stochastic layers, each inferred from the layer below.

Reference:
    Sonderby et al., "Ladder Variational Autoencoders", NeurIPS 2016, Eq. 1 to 4.
    https://arxiv.org/abs/1602.02282
"""

import functools

import keras
import numpy as np
from keras import layers, ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import LayerBelow
from vae_tf.models.vae import VAE
from vae_tf.networks import specs
from vae_tf.networks.builders import build_mirrored_decoder, build_trunk
from vae_tf.networks.joint import Joint
from vae_tf.probability.distributions import Gaussian
from vae_tf.process.errors import UserError, shown
from vae_tf.process.numbers import require_number

_LEAST_KL = 0.01  # nats per latent, below which it is not active (Sec. 3)
_MOST_LAYERS = 20
_HIDDEN = 500


def _read_numbers(name: str, value) -> list[int]:
    if not isinstance(value, (list, tuple)) or len(value) > _MOST_LAYERS:
        raise UserError(
            f"`{name}` must be a list of at most {_MOST_LAYERS} numbers, one for each upper "
            f"layer. Received: {name}={shown(value)}"
        )
    for number in value:
        require_number(f"each of {name}", number, 1, whole=True)
    return list(value)


@keras.saving.register_keras_serializable("vae_tf")
class HierarchicalVAE(VAE):
    """VAE of p(z_L) p(z_L-1|z_L) ... p(x|z_1) with q(z_1|x) q(z_2|z_1) ... q(z_L|z_L-1).

    The parameters `latent_size`, `encoder` and `decoder` describe the lowest layer, z_1. A code is
    the concatenation of all layers, top layer first. Images depend only on z_1. In the log, `kl_1`
    and `active_1` belong to z_1, `kl_2` and `active_2` to z_2, and so on. A latent counts as active
    if its KL is more than 0.01 nats.
    """

    takes_networks = takes_network_texts = takes_vectors = False
    prior = Gaussian
    learns_prior = False
    indivisible = "the mean KL of the batch decides which latents are active"

    sizes: list[int] = hyperparameter(
        (32,),
        "Numbers of latents of the layers above the lowest, from below; [] is the VAE.",
        read=functools.partial(_read_numbers, "sizes"),
    )
    hidden: list[int] = hyperparameter(
        (256,),
        "Units of the two hidden layers between a layer and the layer below it; a list as long "
        "as `sizes`.",
        read=functools.partial(_read_numbers, "hidden"),
    )
    batch_normalization: bool = hyperparameter(
        False, "Whether all hidden layers are normalized over the batch."
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        sizes, hidden = self.sizes, self.hidden
        if len(sizes) != len(hidden):
            raise UserError(
                f"`hidden` must have as many numbers as `sizes`. Received: {len(hidden)} and "
                f"{len(sizes)}."
            )
        self.layer_sizes = [self.code_size, *sizes]  # from below
        self.ups = [
            self._network(f"up_{k}", 10 + k, self._seen_below(k), units, size, features=True)
            for k, (size, units) in enumerate(zip(sizes, hidden, strict=True))
        ]
        self.downs = [
            self._network(f"down_{k}", 40 + k, above, units, below)
            for k, (below, above, units) in enumerate(
                zip(self.layer_sizes[:-1], self.layer_sizes[1:], hidden, strict=True)
            )
        ]

    @property
    def latent_size(self):
        return sum(self.layer_sizes)

    @property
    def logged(self):
        layers = range(1, len(self.sizes) + 2)
        return tuple(f"{name}_{layer}" for layer in layers for name in ("kl", "active"))

    def _seen_below(self, k: int) -> int:
        """Size of what the k-th network upwards sees: the layer below."""
        return self.layer_sizes[k]

    def _network(self, name, seed, inputs, units, size, **options):
        return Joint(
            (inputs,),
            (units, units),
            (size, size),
            activation="leaky_relu",
            batch_normalization=self.batch_normalization,
            seed=1000 * self.seed + seed,
            name=name,
            **options,
        )

    @classmethod
    def build_networks(cls, params, image_shape, *, batch_normalization, **hyper):
        normalized = batch_normalization
        convolutions, hidden = _layers(params)
        shared = {
            "activation": params.activation,
            "initializer": params.initializer,
            "seed": params.seed,
        }
        image = layers.Input(image_shape, name="image")
        trunk = build_trunk(convolutions, image_shape, **shared)
        head = Joint(
            (trunk.output_shape[-1],),
            hidden,
            (params.latent_size, params.latent_size),
            batch_normalization=normalized,
            features=True,
            name="head",
            **shared,
        )
        encoder = keras.Model(image, head([trunk(image)]), name="encoder")
        decoder = build_mirrored_decoder(
            params, image_shape, params.latent_size, batch_normalization=normalized
        )
        return encoder, decoder

    def infer(self, batch, draw, training):
        mean, log_stddev, _ = self.encoder(batch["image"], training=training)
        latents = [draw(Gaussian(mean, log_stddev))]
        for up in self.ups:
            mean, log_stddev, _ = up([latents[0].z], training=training)
            latents.insert(0, draw(Gaussian(mean, log_stddev)))
        return self.with_priors(latents, training)

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        for layer, (q, prior, z) in enumerate(reversed(outputs.latents), 1):
            each = ops.mean(q.kl_per_latent(prior, z), axis=0)
            logs[f"kl_{layer}"] = q.kl(prior, z)
            logs[f"active_{layer}"] = ops.sum(ops.cast(each > _LEAST_KL, "float32"))
        return kl, logs

    def render(self, z, batch, training):
        return self.pixel_logits(z[:, -self.layer_sizes[0] :], batch, training)

    @property
    def layers_below(self):
        ends = np.cumsum(self.layer_sizes[::-1]).tolist()
        parts = [slice(*each) for each in zip([0, *ends[:-1]], ends, strict=True)]  # top first
        return [
            LayerBelow(part, (above,), down)
            for above, part, down in zip(parts[:-1], parts[1:], self.downs[::-1], strict=True)
        ]


def _layers(params) -> tuple[specs.Spec, list[int]]:
    """The convolutions and the dense units of the encoder."""
    dense = [units for (units,) in specs.dense(params.encoder)]
    return specs.convolutions(params.encoder), dense or [_HIDDEN]
