"""Methods that take and return arrays, for notebooks, scores and analysis."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from keras import ops
from tqdm import tqdm

from vae_tf.data.pixel_values import as_floats
from vae_tf.models.template.latents import LayerBelow, concatenate, repeated_like
from vae_tf.models.template.missing import split_missing
from vae_tf.models.template.pixels import PixelMethods
from vae_tf.probability.distributions import Gaussian, Point, StandardNormal
from vae_tf.process.errors import UserError

_AT_ONCE = 256  # rows
_DRAWN_AT_ONCE = 64  # rows whose pixels are drawn: seconds of images of 28x28


class RowFunctions:
    """Applies functions of rows, each compiled once under its name."""

    def __init__(self):
        self._compiled = {}

    def __call__(self, name: str, function: Callable, rows: dict[str, np.ndarray]) -> list:
        """Applies a function in batches.

        Args:
            name: Name under which it is kept.
            function: Function from a dict of tensors `[B, ...]` to a tuple of some.
            rows: Arrays `[N, ...]` by name.

        Returns:
            Arrays `[N, ...]`, one for each tensor of the tuple.
        """
        compiled = self.compiled(name, function, rows)
        count = len(next(iter(rows.values())))
        if not count:  # TensorFlow does not multiply maps of no image
            rows = {n: np.zeros((1, *array.shape[1:]), array.dtype) for n, array in rows.items()}
        parts = [
            [np.asarray(part) for part in compiled(_part(rows, start))]
            for start in range(0, max(count, 1), _AT_ONCE)
        ]
        return [np.concatenate(column)[:count] for column in zip(*parts, strict=True)]

    def compiled(self, name: str, function: Callable, rows: dict[str, np.ndarray], *more):
        """Compiles a function of a dict of rows and of `more` tensors, for any number of rows.

        Args:
            name: Name under which it is kept.
            function: Function to compile.
            rows: Arrays `[N, ...]` with the shapes and types of its inputs.
            *more: `tf.TensorSpec` of each additional argument.
        """
        key = (name, *sorted(rows))
        if key not in self._compiled:
            specs = {k: tf.TensorSpec((None, *v.shape[1:]), v.dtype) for k, v in rows.items()}
            signature = [specs, *more]
            self._compiled[key] = tf.function(function, signature, autograph=False)
        return self._compiled[key]


def _part(rows, start):
    return {name: array[start : start + _AT_ONCE] for name, array in rows.items()}


class ArrayModel(PixelMethods):
    """Methods of a trained model on arrays. `GenerativeModel` explains their results."""

    # Whether images are encoded and decoded given their labels.
    conditional = False
    # Whether it predicts the class of an image, with `classify`.
    classifies = False
    # Whether its loss has another term than the KL, and refuses another weight of it.
    fixed_kl_weight = False
    # Latents of each stochastic layer, from below, where lower layers follow from upper ones.
    layer_sizes: Sequence[int] = ()
    # Latents at the beginning of which no image is made: classes that are read off the others.
    num_silent = 0
    # The distribution that `generate` draws codes from, as pictures name it.
    prior_in_words = "prior"

    @property
    def layers_below(self) -> list[LayerBelow]:
        """Layers that are drawn given other layers, in the order of drawing; here none."""
        return []

    @property
    def has_gaussian_codes(self) -> bool:
        """Whether posteriors are Gaussians with the moments of `encode`, and the prior N(0, I)."""
        return self.posterior is Gaussian and self.prior is StandardNormal

    @property
    def has_densities(self) -> bool:
        """Whether codes have a density or a probability, so that images have a likelihood."""
        return self.posterior is not Point

    def encode(self, x: np.ndarray, label=None) -> tuple[np.ndarray, np.ndarray]:
        """Posterior parameters `(mean [B, L], log_stddev [B, L])` of images `[B, H, W, C]`.

        Args:
            x: Images, of any type that training accepts, see `pixel_values`.
            label: `[B]`, or one label for all images, if the model needs labels.

        Raises:
            UserError: If the shape, the type or the values do not fit.
        """
        return tuple(self._functions("encode", self.moments, self._inputs(x, label)))

    def kl_per_latent(self, x: np.ndarray, label=None) -> np.ndarray:
        """KL of each latent of each image to its prior, `[B, L]`, in nats.

        It is infinite if the encoder adds no noise. It is NaN if the KL of the posterior is not a
        sum over latents.
        """

        def kl_per_latent(batch):
            latents = self.infer(batch, self._means_draw(), False)
            return (concatenate([q.kl_per_latent(prior, z) for q, prior, z in latents]),)

        return self._functions("kl_per_latent", kl_per_latent, self._inputs(x, label))[0]

    def decode(self, z: np.ndarray, label=None, rng: np.random.Generator | None = None):
        """Images `[B, H, W, C]` in [0, 1] of latent vectors `[B, L]`.

        They are expected images. A decoder that reads pixels (`pixel_cnn`) draws samples instead.

        Args:
            z: `[B, L]`.
            label: `[B]`, or one label for all images, if the model needs labels.
            rng: Generator of the noise of drawn pixels. With None, the noise is the same for all
                images and calls, so two images differ only if their codes differ.
        """
        z = np.asarray(z, "float32")
        _check_rows("z", z, (self.latent_size,), "latent vectors [B, L]")
        return self._decode(z, self.label_rows(label, len(z)), rng)

    def outputs(self, z: np.ndarray, label=None) -> np.ndarray:
        """Output of the decoder for latent vectors `[B, L]`: the parameters of the likelihood."""
        z = np.asarray(z, "float32")
        _check_rows("z", z, (self.latent_size,), "latent vectors [B, L]")
        rows = {"z": z, **self.label_rows(label, len(z))}
        return self._functions("outputs", lambda b: (self.render(b["z"], b, False),), rows)[0]

    def reconstruction_nats(self, x: np.ndarray, z: np.ndarray, label=None) -> np.ndarray:
        """Negative log-likelihood of images given latents, without its constant: `[B]` nats."""
        z = np.asarray(z, "float32")
        _check_rows("z", z, (self.latent_size,), "latent vectors [B, L]")
        inputs = self._inputs(x, label) | {"z": z}

        def nats(batch):
            logits = self.render(batch["z"], batch, False)
            mask = batch.get("mask")
            return (self.likelihood.reconstruction(batch["image"], logits, mask=mask)[0],)

        return self._functions("reconstruction_nats", nats, inputs)[0]

    def propagate_down(self, z: np.ndarray, latent: int) -> np.ndarray:
        """Codes `[B, L]` after a change of one latent, with the layers below set to their means.

        Each layer whose prior depends on the latent is set to the mean of its prior. The layers
        below this layer follow in the same way.
        """
        changed = {latent}
        for layer in self.layers_below:
            if any(changed.intersection(range(part.start, part.stop)) for part in layer.given):
                z = np.array(z, "float32")  # a copy
                z[:, layer.latents], _ = layer.parameters(z)
                changed.update(range(layer.latents.start, layer.latents.stop))
        return z

    def reconstruct(self, x: np.ndarray, label=None) -> np.ndarray:
        """Reconstructions `[B, H, W, C]` in [0, 1] from the posterior means, without noise."""
        return self.decode(self.encode(x, label)[0], label)

    def generate(self, n: int, seed: int = 0, label=None) -> np.ndarray:
        """`n` images `[n, H, W, C]` in [0, 1] decoded from samples of the prior.

        `prior_in_words` says how they are drawn.
        """
        rng = np.random.default_rng(seed)
        z = self.sample_prior(n, rng)
        return self._decode(z, self.label_rows(label, n, rng), rng)

    def log_importance_weights(self, x: np.ndarray, num_samples: int, label=None) -> np.ndarray:
        """Log-weights of samples of the posterior, from which log p(x) is estimated.

        They are log p(x|z) + log p(z) - log q(z|x) with z ~ q(z|x) (Burda et al. 2016, Eq. 8),
        including the constant of the likelihood. Their log-mean-exp estimates log p(x) from below.
        If a model computes all classes of an image, each weight is a sum over classes.

        Args:
            x: `[B, H, W, C]` images, as for `encode`.
            num_samples: Number of samples, K. K * B images are decoded at once.
            label: `[B]`, if the model needs labels. The likelihood is then conditional on them.

        Returns:
            `[K, B]` array of nats.

        Raises:
            UserError: If the encoder is deterministic: its codes have no density.
        """
        if not self.has_densities:
            raise UserError(
                f"Model '{self.name}' has a deterministic encoder: its codes have no density, from "
                f"which a likelihood could be estimated. Choose a model with a posterior, such as "
                f"vae."
            )

        def log_weights(batch, num_samples):
            outputs = self.forward(batch, False, num_samples=num_samples)
            nats, _ = self.reconstruction(outputs)
            nats += self.likelihood.constant * self._values_observed(outputs)
            weights, shares = -nats - outputs.log_ratio(), outputs.log_shares()
            if shares is None:
                return ops.reshape(weights, (num_samples, -1))
            rows = (-1, num_samples, ops.shape(batch["image"])[0])  # class by class
            return ops.logsumexp(ops.reshape(weights + shares, rows), axis=0)

        rows = self._inputs(x, label)
        count = tf.TensorSpec((), tf.int32)
        function = self._functions.compiled("log_weights", log_weights, rows, count)
        return np.asarray(function(rows, num_samples))

    def _values_observed(self, outputs):
        """Values of an image that are observed: all, or `[K * B]` of them."""
        if "mask" not in outputs.batch:
            return math.prod(self.image_shape)
        mask = outputs.batch["mask"]
        return repeated_like(ops.sum(mask, axis=tuple(range(1, len(mask.shape)))), outputs.z)

    def label_rows(self, label, count: int, rng: np.random.Generator | None = None) -> dict:
        """Returns inputs in addition to images. Models of labeled images override this method.

        Args:
            label: The given labels: `[count]`, or one label for all rows, or None.
            count: Number of rows of the batch.
            rng: Generator for labels that a model may draw if no labels are given.

        Returns:
            Arrays by name; none here.

        Raises:
            UserError: If labels are missing, or are given and the model has no labels.
        """
        if label is not None:
            raise UserError(
                f"Model '{self.name}' knows no labels. Received: label={label!r}. Leave it out."
            )
        return {}

    def _inputs(self, x, label) -> dict[str, np.ndarray]:
        x = np.asarray(x)
        _check_rows("x", x, self.image_shape, "images [B, H, W, C]")
        x, mask = split_missing(self, x)
        images = as_floats(x, self.image_shape, unit=self.likelihood.unit)
        return {"image": images, **mask, **self.label_rows(label, len(x))}

    def _decode(self, z, labels, rng):
        def decode(batch):
            return (self.images_of(batch["z"], batch),)

        rows = {"z": z, **labels, **self.pixel_noise(len(z), rng)}
        if not self.autoregressive:
            return self._functions("decode", decode, rows)[0]
        starts = range(0, max(len(z), 1), _DRAWN_AT_ONCE)
        bar = tqdm(starts, "Drawing pixels", leave=False, delay=2, disable=None)
        parts = ({k: v[start : start + _DRAWN_AT_ONCE] for k, v in rows.items()} for start in bar)
        return np.concatenate([self._functions("decode", decode, part)[0] for part in parts])


def _check_rows(name: str, array: np.ndarray, shape: tuple[int, ...], form: str):
    if array.shape[1:] != shape:
        raise UserError(
            f"`{name}` must be {form}, with {shape} behind the first axis. "
            f"Received: shape {array.shape}"
        )
