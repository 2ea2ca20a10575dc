"""Likelihoods of images given the decoder's logits, and the scale that some of them have.

Reconstructions are negative log-likelihoods in nats, summed over pixels and channels, less a
constant that `constant` names. `texts.py` says how they are written in `params.py`.
"""

import math

import keras
import numpy as np
from keras import ops

from vae_tf.probability.likelihoods.layout import read_layout
from vae_tf.probability.likelihoods.texts import TABLE, read_likelihood
from vae_tf.process.errors import UserError

# Standard deviation of the Gaussian whose negative log-likelihood is the sum of squared errors.
_DEFAULT_STDDEV = math.sqrt(0.5)
_LOWEST_LOG_STDDEV = -6.0  # of the optimal one, as in the authors' code; of a logistic's scale, too
_RECENT = 100  # batches over which the optimal one is averaged
_DARKEST = 1e-3  # expected value that `logits_of` gives a finite logit
_HALF_LEVEL = 0.5 / 255.0  # half the distance of two grey levels


class Likelihood:
    """Distribution of an image given the decoder's logits.

    Attributes:
        unit: Whether it describes values in [0, 1] alone.
        constant: Nats per pixel and channel to add to the reconstruction for the whole negative
            log-likelihood.
        levels: How many values a pixel takes where the likelihood is a probability; None where it
            is a density.
        logged: Names of the terms that it adds to the log.
        variables: Trainable weights of its own.
        indivisible: Same as for a model.
    """

    unit = True
    constant = 0.0
    levels: int | None = None
    logged: tuple[str, ...] = ()
    variables: tuple = ()
    indivisible: str | None = None

    def __init__(self, model: keras.Model | None = None):
        del model  # those with a scale keep weights in it

    def reconstruction(self, x, logits, training: bool = False, mask=None):
        """Negative log-likelihood less its constant, summed over pixels and channels.

        Args:
            x: `[B, H, W, C]` in [0, 1].
            logits: `[B, H, W, C]`.
            training: Whether a scale may be taken from this very batch.
            mask: `[B, H, W, C]`, 1 where a value of x is observed; elsewhere, at 0, x must be
                finite and does not count. None is a mask of ones.

        Returns:
            `[B]` nats, and a dict of scalars, those that `logged` names.
        """
        raise NotImplementedError

    def mean(self, logits):
        """Expected image `[B, H, W, C]`, in [0, 1]."""
        return ops.sigmoid(logits)

    def stddev(self, logits):
        """Standard deviation of each value of an image, above 0, `[B, H, W, C]`."""
        raise NotImplementedError

    def sample(self, logits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw images `[B, H, W, C]`, float32, each value by itself given the logits."""
        return np.asarray(self.draw(logits, rng.random(logits.shape, np.float32)))

    def draw(self, logits, noise):
        """Images as a function of noise, for likelihoods with `levels`.

        Args:
            logits: `[B, ...]`.
            noise: Uniform in [0, 1), of the same shape.

        Returns:
            Values in [0, 1], of the same shape.
        """
        raise NotImplementedError

    def logits_of(self, mean: np.ndarray) -> np.ndarray:
        """Logits of an expected image; the inverse of `mean`, within [0.001, 0.999]."""
        mean = np.clip(mean, _DARKEST, 1.0 - _DARKEST)
        return np.log(mean) - np.log1p(-mean)

    def collapsed(self, x: np.ndarray) -> np.ndarray:
        """Reconstruction of images by the best decoder that ignores its code.

        It is the best in hindsight: one output for all of these images, with their best scale
        where the scale is learned. No decoder whose output does not depend on the image has a
        lower mean.

        Args:
            x: `[N, ...]`, in [0, 1] where `unit` is true.

        Returns:
            `[N]` float64 nats, less the same constant as `reconstruction`.
        """
        raise NotImplementedError

    def update_state(self, terms: dict):
        """Takes note of the terms of an update."""

    def check(self, images: np.ndarray):
        """Checks that images `[N, H, W, C]` are of the kind that it describes.

        Raises:
            UserError: If they are not.
        """


class Centered(Likelihood):
    """Errors from a mean: sigmoid(logits) in [0, 1], as of images, or else the logits."""

    def mean(self, logits):
        return ops.sigmoid(logits) if self.unit else logits

    def logits_of(self, mean):
        return super().logits_of(mean) if self.unit else mean

    def sample(self, logits, rng):
        mean, stddev = np.array(self.mean(logits)), np.array(self.stddev(logits))
        return mean + stddev * rng.standard_normal(mean.shape, np.float32)


class Bernoulli(Likelihood):
    """Cross-entropy; on grey values between 0 and 1 not a probability, but the field's usage."""

    levels = 2

    def reconstruction(self, x, logits, training=False, mask=None):
        # -x log p - (1 - x) log(1 - p) for p = sigmoid(logits), without ever forming p.
        return _summed(ops.softplus(logits) - x * logits, mask), {}

    def draw(self, logits, noise):
        return ops.cast(noise < ops.sigmoid(logits), "float32")

    def stddev(self, logits):
        """sqrt(p (1 - p))."""
        return ops.exp(-0.5 * (ops.softplus(logits) + ops.softplus(-logits)))

    def collapsed(self, x):
        """Cross-entropy with the mean image; its mean is the sum of the pixels' entropies."""
        x = _rows(x)
        p = x.mean(axis=0)
        varies = (p > 0.0) & (p < 1.0)  # elsewhere it is 0, the limit of endless logits
        x, p = x[:, varies], p[varies]
        return -(x @ np.log(p) + (1.0 - x) @ np.log1p(-p))


class ContinuousBernoulli(Likelihood):
    """The Bernoulli's exponential family on [0, 1], normalized: a density of grey values.

    p(x) = C p^x (1 - p)^(1 - x) with C = 2 artanh(1 - 2 p) / (1 - 2 p), which is a / tanh(a / 2)
    for logits a.

    Reference:
        Loaiza-Ganem & Cunningham, "The Continuous Bernoulli: Fixing a Pervasive Error in
        Variational Autoencoders", NeurIPS 2019. https://arxiv.org/abs/1907.06845
    """

    def reconstruction(self, x, logits, training=False, mask=None):
        square = ops.square(logits)
        near, far = _near_zero(logits)
        series = math.log(2.0) + square / 12.0 - 7.0 * ops.square(square) / 1440.0
        log_normalizer = ops.where(near, series, ops.log(far / ops.tanh(0.5 * far)))
        return _summed(ops.softplus(logits) - x * logits - log_normalizer, mask), {}

    def collapsed(self, x):
        """Density of the mean image, within [0.001, 0.999] as the bias that training begins with.

        Without these limits a pixel that is 0 in all images would have an infinite density.
        """
        x = _rows(x)
        logits = self.logits_of(x.mean(axis=0))
        return np.array(self.reconstruction(x, logits[None])[0], np.float64)

    def mean(self, logits):
        """1 / (1 - exp(-a)) - 1 / a, which is not sigmoid(a): nearer to 1/2."""
        near, far = _near_zero(logits)
        series = 0.5 + logits / 12.0 - logits**3 / 720.0
        return ops.where(near, series, -1.0 / ops.expm1(-far) - 1.0 / far)

    def stddev(self, logits):
        """Root of the derivative of the mean, 1 / a^2 - 1 / (2 sinh(a / 2))^2."""
        near, far = _near_zero(logits)
        series = 1.0 / 12.0 - ops.square(logits) / 240.0
        # Beyond 60 the second term is 0 in float32, and sinh near its limit.
        sinh = ops.sinh(0.5 * ops.clip(far, -60.0, 60.0))
        return ops.sqrt(ops.where(near, series, 1 / ops.square(far) - 0.25 / ops.square(sinh)))

    def sample(self, logits, rng):
        """The inverse of the cumulative distribution, -log(1 - u (1 - exp(-|a|))) / |a|.

        It is written for a below 0; for other logits 1 - x is drawn.
        """
        draw = rng.random(logits.shape)
        size = np.maximum(np.abs(logits, dtype=np.float64), 1e-6)
        x = -np.log1p(draw * np.expm1(-size)) / size
        return np.where(logits < 0, x, 1.0 - x).astype("float32")

    def logits_of(self, mean):
        # By bisection: there is no closed form.
        mean = np.clip(mean, _DARKEST, 1.0 - _DARKEST)
        lowest, highest = np.full_like(mean, -2 / _DARKEST), np.full_like(mean, 2 / _DARKEST)
        for _ in range(60):
            middle = 0.5 * (lowest + highest)
            above = np.array(self.mean(middle)) > mean
            lowest, highest = np.where(above, lowest, middle), np.where(above, middle, highest)
        return middle


class Laplace(Centered):
    """Sum of absolute errors: a Laplace distribution of scale 1 around the mean."""

    constant = math.log(2.0)

    def reconstruction(self, x, logits, training=False, mask=None):
        return _summed(ops.abs(x - self.mean(logits)), mask), {}

    def stddev(self, logits):
        return ops.full_like(logits, math.sqrt(2.0))

    def sample(self, logits, rng):
        return rng.laplace(np.array(self.mean(logits))).astype("float32")

    def collapsed(self, x):
        """Absolute errors from the median of each pixel."""
        x = _rows(x)
        return np.abs(x - np.median(x, axis=0)).sum(axis=1)


class Gaussian(Centered):
    """Squared errors over twice the variance s^2, and D log(s sqrt(2)): N(mean, s^2).

    At the default, s^2 = 1/2, this is the sum of squared errors.

    Args:
        model: Not needed: there is no state.
        stddev: s, above 0.
    """

    constant = 0.5 * math.log(math.pi)

    def __init__(self, model: keras.Model | None = None, stddev: float = _DEFAULT_STDDEV):
        self.scale = stddev

    def reconstruction(self, x, logits, training=False, mask=None):
        errors = _summed(ops.square(x - self.mean(logits)), mask)
        if self.scale == _DEFAULT_STDDEV:
            return errors, {}
        return _scaled(errors, math.log(self.scale), logits, mask), {}

    def stddev(self, logits):
        return ops.full_like(logits, self.scale)

    def collapsed(self, x):
        """Squared errors from the mean image: on average the variance of the images."""
        errors, size = _errors_from_mean(x)
        return _scaled_errors(errors, math.log(self.scale), size, math.exp)


class LearnedGaussian(Centered):
    """`Gaussian` whose standard deviation is one weight, learned with the networks.

    Reference:
        Rybkin, Daniilidis & Levine, "Simple and Effective VAE Training with Calibrated Decoders",
        ICML 2021, Sec. 3. https://arxiv.org/abs/2006.13202
    """

    constant = Gaussian.constant
    logged = ("decoder_stddev",)

    def __init__(self, model: keras.Model):
        self.log_stddev = _weight(model, "decoder_log_stddev", math.log(_DEFAULT_STDDEV), True)
        self.variables = (self.log_stddev,)

    def reconstruction(self, x, logits, training=False, mask=None):
        errors = _summed(ops.square(x - self.mean(logits)), mask)
        log_stddev = ops.convert_to_tensor(self.log_stddev)
        nats = _scaled(errors, log_stddev, logits, mask)
        return nats, {"decoder_stddev": ops.exp(log_stddev)}

    def stddev(self, logits):
        return ops.full_like(logits, ops.exp(ops.convert_to_tensor(self.log_stddev)))

    def collapsed(self, x):
        return _with_best_stddev(x)


class OptimalGaussian(Centered):
    """`Gaussian` whose standard deviation is the best one: the root mean squared error.

    In training the batch's value, through which gradients pass (Rybkin et al. 2021, Eq. 7), its
    logarithm softly bounded at -6; elsewhere the value of the last 100 batches, which is saved with
    the weights.
    """

    constant = Gaussian.constant
    logged = ("decoder_stddev",)
    indivisible = "the optimal standard deviation is the error of the whole batch"

    def __init__(self, model: keras.Model):
        self.variance = _weight(model, "decoder_variance", _DEFAULT_STDDEV**2, False)
        self.count = _weight(model, "decoder_batches", 0.0, False)

    def reconstruction(self, x, logits, training=False, mask=None):
        squares = ops.square(x - self.mean(logits))
        if training:
            log_stddev = 0.5 * ops.log(_mean_observed(squares, mask) + 1e-12)
            log_stddev = _LOWEST_LOG_STDDEV + ops.softplus(log_stddev - _LOWEST_LOG_STDDEV)
        else:
            log_stddev = 0.5 * ops.log(ops.convert_to_tensor(self.variance))
        nats = _scaled(_summed(squares, mask), log_stddev, logits, mask)
        return nats, {"decoder_stddev": ops.exp(log_stddev)}

    def stddev(self, logits):
        return ops.full_like(logits, ops.sqrt(ops.convert_to_tensor(self.variance)))

    def collapsed(self, x):
        return _with_best_stddev(x)

    def update_state(self, terms):
        count = ops.minimum(ops.convert_to_tensor(self.count) + 1.0, float(_RECENT))
        variance = ops.convert_to_tensor(self.variance)
        self.count.assign(count)
        self.variance.assign(variance + (ops.square(terms["decoder_stddev"]) - variance) / count)


class DiscretizedLogistic(Likelihood):
    """Probability of each of 256 grey levels under a logistic around sigmoid(logits).

    P(x) = F(x + 1/510) - F(x - 1/510), open at 0 and 1, with F of the logistic distribution and one
    learned scale; `decoder_stddev` is pi / sqrt(3) times the scale.

    Reference:
        Salimans et al., "PixelCNN++", ICLR 2017, Eq. 2, with one component.
        https://arxiv.org/abs/1701.05517
    """

    levels = 256
    logged = ("decoder_stddev",)

    def __init__(self, model: keras.Model):
        self.log_scale = _weight(model, "decoder_log_scale", math.log(0.1), True)
        self.variables = (self.log_scale,)

    def reconstruction(self, x, logits, training=False, mask=None):
        log_scale = ops.maximum(ops.convert_to_tensor(self.log_scale), _LOWEST_LOG_STDDEV)
        log_prob = _log_prob_of_levels(x, ops.sigmoid(logits), log_scale)
        stddev = ops.exp(log_scale) * math.pi / math.sqrt(3.0)
        return -_summed(log_prob, mask), {"decoder_stddev": stddev}

    def draw(self, logits, noise):
        """Values of the logistic, by the inverse of F, at the nearest of 256 levels."""
        log_scale = ops.maximum(ops.convert_to_tensor(self.log_scale), _LOWEST_LOG_STDDEV)
        away = ops.log(noise) - ops.log1p(-noise)
        values = ops.sigmoid(logits) + ops.exp(log_scale) * away
        return ops.round(255.0 * ops.clip(values, 0.0, 1.0)) / 255.0

    def stddev(self, logits):
        """Standard deviation of the logistic, pi / sqrt(3) times its scale."""
        log_scale = ops.maximum(ops.convert_to_tensor(self.log_scale), _LOWEST_LOG_STDDEV)
        return ops.full_like(logits, ops.exp(log_scale) * math.pi / math.sqrt(3.0))

    def bounded_log_scale(self) -> float:
        """Natural log of the logistic's scale as `reconstruction` takes it."""
        return max(float(np.asarray(self.log_scale)), _LOWEST_LOG_STDDEV)

    def collapsed(self, x):
        """The best center of each pixel, out of all half levels, and the best scale of all."""
        from scipy.optimize import minimize_scalar  # here, as it takes a second

        levels = np.round(255.0 * _rows(x)).astype(int)  # [N, D]
        counts = np.stack([np.bincount(pixel, minlength=256) for pixel in levels.T]) / len(levels)
        values, centers = np.linspace(0.0, 1.0, 256), np.linspace(0.0, 1.0, 511)

        def nats(log_scale):
            return -np.array(_log_prob_of_levels(values, centers[:, None], log_scale), np.float64)

        found = minimize_scalar(
            lambda log_scale: (counts @ nats(log_scale).T).min(axis=1).sum(),
            bounds=(_LOWEST_LOG_STDDEV, 2.0),
            method="bounded",
        )
        table = nats(found.x)  # [centers, levels]
        best = (counts @ table.T).argmin(axis=1)
        return table[best, levels].sum(axis=1)

    def check(self, images):
        levels = images * 255.0
        if np.abs(levels - np.round(levels)).max() > 1e-3:
            raise UserError(
                "The likelihood 'discretized_logistic' describes images of 256 grey levels. "
                "Received: values between these. Choose gaussian(stddev=learned)."
            )


# Text -> class; another number as standard deviation makes a `Gaussian`, too.
LIKELIHOODS = {
    "bernoulli": Bernoulli,
    "continuous_bernoulli": ContinuousBernoulli,
    "discretized_logistic": DiscretizedLogistic,
    "gaussian": Gaussian,
    "gaussian(stddev=learned)": LearnedGaussian,
    "gaussian(stddev=optimal)": OptimalGaussian,
    "laplace": Laplace,
}


def make_likelihood(text: str, model: keras.Model) -> Likelihood:
    """Makes a likelihood from its text.

    Args:
        text: Text of a likelihood, such as "gaussian(stddev=0.1)", see `texts.py`.
        model: Model that keeps the weights of those that have some; where it works on vectors, by
            its `image_shape`, a Gaussian or a Laplace distribution is around any real numbers.

    Raises:
        UserError: If it is unknown, or its standard deviation is impossible.
    """
    name, stddev = read_likelihood(text)
    if name == TABLE:
        return _of_table(text.strip(), model)
    if isinstance(stddev, str):
        likelihood = LIKELIHOODS[f"{name}(stddev={stddev})"](model)
    else:
        likelihood = Gaussian(model, stddev) if stddev is not None else LIKELIHOODS[name](model)
    if isinstance(likelihood, Centered):
        likelihood.unit = len(getattr(model, "image_shape", ())) != 1
    return likelihood


def _of_table(text: str, model: keras.Model) -> Likelihood:
    from vae_tf.probability.likelihoods.table import TableLikelihood  # which imports this module

    if text == TABLE:
        raise UserError(
            "The likelihood 'table' takes its columns from a table. Received: other data. Set "
            "dataset=table:FILE.csv, name the columns, such as table(numeric=3), or choose another "
            "likelihood, such as gaussian(stddev=learned)."
        )
    return TableLikelihood(model, read_layout(text))


def _log_prob_of_levels(x, center, log_scale):
    """Log-probability of grey levels under a logistic; x and center in [0, 1]."""
    distance = (x - center) * ops.exp(-log_scale)
    half = _HALF_LEVEL * ops.exp(-log_scale)
    # F(b) - F(a) = F(b) (1 - F(a)) (1 - exp(a - b)), without cancellation.
    below = -ops.softplus(-(distance + half))  # log F(b)
    above = -ops.softplus(distance - half)  # log(1 - F(a))
    between = below + above + ops.log(-ops.expm1(-2.0 * half))
    return ops.where(x <= _HALF_LEVEL, below, ops.where(x >= 1 - _HALF_LEVEL, above, between))


def _rows(x):
    """Images as rows `[N, D]` float64."""
    return np.asarray(x, np.float64).reshape(len(x), -1)


def _errors_from_mean(x):
    """Squared error of each image from the mean image `[N]`, and the number of values D."""
    x = _rows(x)
    return np.square(x - x.mean(axis=0)).sum(axis=1), x.shape[1]


def _with_best_stddev(x):
    """Reconstruction by the mean image and the best standard deviation, at least exp(-6)."""
    errors, size = _errors_from_mean(x)
    variance = max(errors.mean() / size, math.exp(2.0 * _LOWEST_LOG_STDDEV))
    return _scaled_errors(errors, 0.5 * math.log(variance), size, math.exp)


def _scaled(errors, log_stddev, logits, mask):
    count = math.prod(logits.shape[1:])
    return _scaled_errors(errors, log_stddev, count, ops.exp, mask)


def _scaled_errors(errors, log_stddev, count, exp, mask=None):
    """SSE / (2 s^2) + D log(s sqrt(2)): `[B]` nats; D is the part of `count` that is observed."""
    constant = count * (log_stddev + 0.5 * math.log(2.0))
    if mask is not None:
        constant *= _summed(mask) / count  # exactly 1 where all is observed
    return 0.5 * errors * exp(-2.0 * log_stddev) + constant


def _mean_observed(values, mask):
    if mask is None:
        return ops.mean(values)
    return ops.mean(values * mask) / ops.maximum(ops.mean(mask), 1e-12)


def _near_zero(logits):
    """Where logits are nearly 0, and the logits with 1 in these places."""
    near = ops.abs(logits) < 0.3
    return near, ops.where(near, 1.0, logits)


def _summed(nats, mask=None):
    nats = nats if mask is None else nats * mask
    return ops.sum(nats, axis=tuple(range(1, len(nats.shape))))


def _weight(model, name, value, trainable):
    initializer = keras.initializers.Constant(value)
    return model.add_weight(name=name, shape=(), initializer=initializer, trainable=trainable)
