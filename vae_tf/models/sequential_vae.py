"""Sequential VAE: a chain of VAEs, each of which sees the image of the VAE before it.

Reference:
    Zhao, Song & Ermon, "Towards Deeper Understanding of Variational Autoencoding Models", 2017,
    Sec. 5. https://arxiv.org/abs/1702.08658
    The authors' code: https://github.com/ermongroup/Sequential-Variational-Autoencoder
"""

import keras
from keras import layers, ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import Outputs, concatenate, repeated_like, total
from vae_tf.models.vae import VAE
from vae_tf.networks.builders import (
    build_encoder,
    build_mirrored_decoder,
    build_networks,
    build_trunk,
)
from vae_tf.networks.pixel_cnn import is_autoregressive
from vae_tf.networks.precision import in_float32
from vae_tf.process.errors import UserError

# From the seed of one step's networks to the next one's.
_SEEDS = 10_000


@keras.saving.register_keras_serializable("vae_tf")
class SequentialVAE(VAE):
    """A chain of T VAEs: image x_t is decoded from a code z_t and the image x_(t-1).

    The loss is the sum over t of -log p(x | z_t, x_(t-1)) + KL(q(z_t|x) || N(0, I)). Each term is
    the loss of a VAE of the same image x, given x_(t-1). So its code needs to contain only what
    x_(t-1) lacks. Encoders read only x. No gradient passes from one VAE to the VAE before it. x_t
    is a mean image, not a sample, as in the authors' code. The authors' squared errors have a
    weight of 16, which is a KL weight of 1/16 here. A chain of length 1 is the VAE.

    A decoder reads z_t and features of x_(t-1), which layers like the encoder's compute. It adds
    its output to the logits of x_(t-1). The authors have a gate instead. z has T times
    `Params.latent_size` latents, first VAE first. In the log, `reconstruction` belongs to the last
    image, and `elbo` to the last image and all codes: it is a bound on log p(x). The loss also
    contains the images before the last.

    Raises:
        UserError: If the length is not a whole number from 1 to 10, or if a chain of several VAEs
            gets a pixel decoder or a mixture likelihood.
    """

    takes_networks = False
    learns_prior = False
    logged = ("first_reconstruction",)
    loss_terms = ("first_reconstruction",)

    length: int = hyperparameter(
        2,
        "T, number of VAEs in the chain; 1 is the VAE, and the authors' code has 8.",
        least=1,
        most=10,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        names = [f"step_{step}" for step in range(1, self.length)]
        steps = [decoder.get_layer(name).output for name in names]
        # All logits in one pass. A second pass through decoders that get no gradient from it may
        # read their weights after the update.
        chain = keras.Model(decoder.input, [*steps, decoder.output], name="chain")
        self.chain = in_float32(chain)  # the logits of all steps

    @classmethod
    def build_networks(cls, params, image_shape, *, length, **hyper):
        encoder, decoder = build_networks(params, image_shape)
        if length == 1:
            return encoder, decoder
        if is_autoregressive(decoder):
            raise UserError(
                "A step of a sequential VAE sees the whole image of the step before. Received: a "
                "decoder that draws pixels one after the other. Set decoder=none, or model=vae."
            )
        if params.logits_shape(image_shape) != image_shape:
            raise UserError(
                "A step of a sequential VAE sees the sigmoid of what the step before has put out. "
                f"Received: likelihood={params.likelihood}, which reads more than that. Choose "
                "another likelihood, such as discretized_logistic, or model=vae."
            )
        size = params.latent_size
        encoders, decoders = [encoder], [_named(decoder, "decoder_1")]
        image, z = layers.Input(image_shape, name="image"), layers.Input((length * size,), name="z")
        codes = [z[:, at : at + size] for at in range(0, length * size, size)]
        logits = decoders[0](codes[0])
        for step, code in enumerate(codes[1:], 2):
            encoders.append(_encoder(params, image_shape, step))
            logits = ops.stop_gradient(layers.Identity(name=f"step_{step - 1}")(logits))
            trunk = _named(_trunk(params, image_shape, step), f"trunk_{step}")
            seen = layers.Concatenate(name=f"seen_{step}")([code, trunk(ops.sigmoid(logits))])
            seed = params.seed + _SEEDS * step
            decoders.append(build_mirrored_decoder(params, image_shape, seen.shape[-1], seed=seed))
            logits = logits + _named(decoders[-1], f"decoder_{step}")(seen)
        heads = [_named(each, f"encoder_{n}")(image) for n, each in enumerate(encoders, 1)]
        heads = [
            layers.Concatenate(name=name)(list(parts))
            for name, parts in zip(("mean", "log_stddev"), zip(*heads, strict=True), strict=True)
        ]
        return keras.Model(image, heads, name="encoder"), keras.Model(z, logits, name="decoder")

    @property
    def first_decoder(self):
        return self.decoder if self.length == 1 else self.decoder.get_layer("decoder_1")

    def _pass(self, batch, draw, training):
        latents = self.infer(batch, draw, training)
        z = concatenate([latent.z for latent in latents])
        *before, logits = keras.tree.flatten(self.chain(z, training=training))
        return Outputs(latents, logits, batch | {"before": before})

    def rendering_loss(self, outputs, reconstruction):
        if self.length == 1:
            return reconstruction, {"first_reconstruction": reconstruction}
        x = repeated_like(outputs.batch["image"], outputs.logits)
        before = [
            self.likelihood.reconstruction(x, logits)[0] for logits in outputs.batch["before"]
        ]
        return reconstruction + total(before), {"first_reconstruction": before[0]}


def _encoder(params, image_shape, step):
    options = _options(params, step)
    return build_encoder(params.encoder, image_shape, params.latent_size, **options)


def _trunk(params, image_shape, step):
    options = _options(params, step)
    # Not the weights of the encoder of this step.
    return build_trunk(params.encoder, image_shape, **{**options, "seed": options["seed"] + 1})


def _options(params, step):
    seed = params.seed + _SEEDS * step
    return {"activation": params.activation, "initializer": params.initializer, "seed": seed}


def _named(network, name):
    return keras.Model(network.input, network.output, name=name)
