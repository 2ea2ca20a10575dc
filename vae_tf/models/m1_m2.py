"""M1, M2 and M1+M2: learning from few labels with a VAE, by its codes or with the label in it.

Reference:
    Kingma et al., "Semi-Supervised Learning with Deep Generative Models", NeurIPS 2014.
    https://arxiv.org/abs/1406.5298
"""

import keras
import numpy as np
from keras import layers, ops

from vae_tf.distributions import Categorical, Gaussian, GaussianOfSample, StandardNormal
from vae_tf.errors import UserError
from vae_tf.models.hyperparameters import hyperparameter
from vae_tf.models.latents import Latent, LayerBelow
from vae_tf.models.semi_supervised import SemiSupervisedVAE
from vae_tf.networks import specs
from vae_tf.networks.builders import (
    build_encoder,
    build_mirrored_decoder,
    build_networks,
    build_trunk,
)
from vae_tf.networks.joint import Joint

KINDS = ("m1", "m2", "m1_m2")


@keras.saving.register_keras_serializable("vae_tf")
class M1M2(SemiSupervisedVAE):
    """One of three models; x the image, y its class, z and z1 what else there is.

    - m1: a VAE, q(z1|x), and a classifier on its codes, q(y|z1), which does not teach the VAE.
    - m2 (Eq. 2): p(y) p(z) p(x|y, z) with q(y|x) q(z|x, y).
    - m1_m2 (Eq. 3): p(y) p(z2) p(z1|y, z2) p(x|z1) with q(z1|x) q(y|z1) q(z2|z1, y). The paper
      trains M1, then M2 on samples of its codes; here both learn at once, and M2, which sees the
      codes and not their gradient, has no say in M1: loss = M1's -ELBO + M2's of the codes.

    In m2 the class enters encoder and decoder with the last dense layer of the encoder's spec, and
    behind z. Classifiers are networks of their own.
    """

    kind: str = hyperparameter("m2", "Which of the three models.", one_of=KINDS)
    top_size: int = hyperparameter(50, "Latents of z2, in m1_m2.", least=1)
    hidden_size: int = hyperparameter(
        500,
        "Units of the one hidden layer (softplus) of each network on codes; in m2, of the layer "
        "where the class comes in, if the encoder's spec has no dense one.",
        least=1,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        kind, top_size, hidden_size = self.kind, self.top_size, self.hidden_size
        size, classes = self.latent_size, self.num_classes
        self.code_size = size
        self.latent_size += classes
        self.num_silent = classes if kind == "m1" else 0
        if kind == "m2":
            names = ("classifier", "trunk", "head")
            self.classifier, self.trunk, self.head = map(encoder.get_layer, names)
            return

        def network(name, sizes, heads, seed):
            shape = {"hidden": (hidden_size,), "activation": "softplus"}
            return Joint(sizes, heads=heads, seed=1000 * self.seed + seed, name=name, **shape)

        self.classifier_of_codes = network("classifier", (size,), (classes,), 1)
        if kind == "m1_m2":
            self.latent_size += top_size
            self.upper = network("upper", (size, classes), (top_size, top_size), 2)
            self.lower = network("lower", (classes, top_size), (size, size), 3)

    @classmethod
    def build_networks(cls, params, image_shape, *, kind, num_classes, hidden_size, **hyper):
        if kind != "m2":
            return build_networks(params, image_shape)
        return _build_m2(params, image_shape, num_classes, hidden_size)

    def infer(self, batch, draw, training):
        x = batch["image"]
        if self.kind == "m2":
            y = self.label(batch, self.classifier(x, training=training), draw)
            # Not by the encoder as a whole: the image is seen once, whatever the class.
            features = self.trunk(x, training=training)
            return [y, draw(Gaussian(*self.head([features, y.z])))]
        z1 = draw(Gaussian(*self.encoder(x, training=training)))
        code = ops.stop_gradient(z1.z)
        (logits,) = self.classifier_of_codes([code])
        if self.kind == "m1":
            # Read off the codes: no part of what makes images, and so without a divergence.
            guess = Categorical(logits)
            told = "label" in batch
            y = ops.one_hot(batch["label"], self.num_classes) if told else guess.mean
            return [Latent(guess, guess, y), z1]
        y = self.label(batch, logits, draw)
        z2 = draw(Gaussian(*self.upper([code, y.z])))
        return [y, z2, z1._replace(prior=self.prior_of(y.z, z2.z))]

    def prior_of(self, y, z2):
        """p(z1|y, z2), y and z2 being inferred from z1."""
        return GaussianOfSample(*self.lower([y, z2]))

    @property
    def layers_below(self):
        if self.kind != "m1_m2":
            return []
        y, z2 = self.num_classes, self.num_classes + self.top_size
        given = (slice(0, y), slice(y, z2))
        return [LayerBelow(slice(z2, self.latent_size), given, self.lower)]

    def average(self, outputs, term):
        return ops.mean(term) if self.kind == "m1" else super().average(outputs, term)

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        if self.kind != "m1_m2":
            return kl, logs
        y, z2, z1 = outputs.latents
        first = z1.posterior.kl(StandardNormal(), z1.z)
        code = -z1.prior.log_prob(ops.stop_gradient(z1.z))
        second = code + z2.posterior.kl(z2.prior, z2.z) + y.posterior.kl(y.prior, y.z)
        return first + second, logs

    def render(self, z, batch, training):
        if self.kind == "m2":
            return self.decoder(z, training=training)
        z1 = z[:, -self.code_size :]
        if self.kind == "m1" or "image" not in batch:
            return self.decoder(z1, training=training)
        # z1 is the same for all classes, and so is its image.
        rows, images = ops.shape(z1)[0], ops.shape(batch["image"])[0]
        distinct = ops.where(rows == images, rows, rows // self.num_classes)
        return self.decoder(z1[:distinct], training=training)

    def sample_prior(self, n, rng):
        z = rng.standard_normal((n, self.latent_size - self.num_classes)).astype("float32")
        y = self.sample_classes(n, rng)
        if self.kind == "m1_m2":
            z2, noise = np.split(z, [self.top_size], axis=1)
            prior = self.prior_of(y, z2)
            z1 = np.array(prior.mean) + np.exp(np.array(prior.log_stddev)) * noise
            z = np.concatenate([z2, z1], axis=1)
        return np.concatenate([y, z], axis=1)

    def with_class(self, z, label):
        """As the base has it; in m1_m2 z1 becomes the mean of p(z1|y, z2).

        Raises:
            UserError: If classes are only read off the codes.
        """
        if self.kind == "m1":
            raise UserError("M1 makes no images of a class: it reads the class off its codes.")
        z = super().with_class(z, label)
        if self.kind == "m2":
            return z
        y, z2, _ = np.split(z, [self.num_classes, self.num_classes + self.top_size], axis=1)
        return np.concatenate([y, z2, np.array(self.prior_of(y, z2).mean)], axis=1)


def _where_the_class_enters(params, hidden_size) -> tuple[specs.Spec, int]:
    """M2's encoder up to where the class enters, and the units of the layer in which it does."""
    dense = specs.dense(params.encoder)
    return (params.encoder[:-1], dense[-1][0]) if dense else (params.encoder, hidden_size)


def _build_m2(params, image_shape, num_classes, hidden_size):
    """Encoder `(x, y) -> (mean, log_stddev, logits of classes)` and decoder of `[y, z]`."""
    shared = {
        "activation": params.activation,
        "initializer": params.initializer,
        "seed": params.seed,
    }
    image = layers.Input(image_shape, name="image")
    label = layers.Input((num_classes,), name="label")
    classifier = build_encoder(params.encoder, image_shape, num_classes, **shared)
    classifier = keras.Model(classifier.input, classifier.outputs[0], name="classifier")
    spec, units = _where_the_class_enters(params, hidden_size)
    trunk = build_trunk(spec, image_shape, **shared)
    head = Joint(
        (trunk.output_shape[-1], num_classes),
        (units,),
        (params.latent_size, params.latent_size),
        activation=params.activation,
        initializer=params.initializer,
        seed=1000 * params.seed + 7,
        name="head",
    )
    outputs = [*head([trunk(image), label]), classifier(image)]
    encoder = keras.Model([image, label], outputs, name="encoder")
    return encoder, build_mirrored_decoder(params, image_shape, params.latent_size + num_classes)
