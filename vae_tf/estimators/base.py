"""Base classes of the estimators: parameters, checks of X, training, and scores of rows."""

import math

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from vae_tf.data.pixel_values import as_floats
from vae_tf.networks.defaults import check_image_shape
from vae_tf.process.errors import UserError
from vae_tf.process.numbers import require_number
from vae_tf.process.quiet_tensorflow import import_tensorflow

_NUM_SAMPLES = 16  # of the posterior, in `score_samples`
_MOST_SEED = 2**31 - 1


class VAEEstimator(BaseEstimator):
    """A VAE with default networks on vectors or images; see its subclasses.

    Args:
        latent_size: Number of latents.
        image_shape: (H, W, C) if the rows of X `[N, H * W * C]` are flattened images; None if X is
            vectors `[N, D]` or images `[N, H, W, C]`.
        kl_weight: Weight of the KL divergence; 1 for the VAE.
        likelihood: Text of a likelihood; None for "gaussian(stddev=learned)" on vectors and
            "bernoulli" on images.
        steps: Optimizer steps.
        batch_size: Rows per step.
        learning_rate: Learning rate of Adam.
        random_state: Seed of weights, noise and the order of rows: an integer, a
            `numpy.random.RandomState`, or None.
    """

    # `ensure_all_finite` of scikit-learn: "allow-nan" where NaN is a missing value.
    _finite: bool | str = True

    def __init__(
        self,
        latent_size=2,
        *,
        image_shape=None,
        kl_weight=1.0,
        likelihood=None,
        steps=2000,
        batch_size=64,
        learning_rate=1e-3,
        random_state=None,
    ):
        self.latent_size = latent_size
        self.image_shape = image_shape
        self.kl_weight = kl_weight
        self.likelihood = likelihood
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X, y=None):
        """Train a VAE.

        Args:
            X: `[N, D]` vectors of any scale; each column is standardized by its mean and standard
                deviation. Or `[N, H, W, C]` images, or flattened images `[N, H * W * C]` with
                `image_shape`, with values as in `vae_tf.data.pixel_values`. N at least 2.
            y: Ignored.

        Returns:
            The estimator.

        Raises:
            ValueError: If X or a parameter does not fit.
        """
        del y
        require_number("steps", self.steps, 1, whole=True)
        require_number("batch_size", self.batch_size, 1, whole=True)
        require_number("learning_rate", self.learning_rate, 1e-30)
        rows = self._rows(X, reset=True)
        self._seed = int(check_random_state(self.random_state).randint(_MOST_SEED))
        vectors = rows.ndim == 2
        if vectors:
            self.mean_, scale = self._moments(rows)
            # A column that is constant up to rounding is not rescaled.
            constant = scale <= 10 * np.finfo(float).eps * np.abs(self.mean_)
            self.scale_ = np.where(constant, 1.0, scale)
        else:
            self.mean_, self.scale_ = 0.0, 1.0
        x = self._standardized(rows)
        self.model_ = self._made(x, vectors)
        self.n_iter_ = self.steps
        self._train(x)
        return self

    def _moments(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means and standard deviations of the columns of vectors `[N, D]`."""
        return rows.mean(axis=0), rows.std(axis=0)

    def _kind(self) -> tuple[type, dict]:
        """Class of the model, and its hyperparameters."""
        from vae_tf.models.vae import VAE

        return VAE, {}

    def _made(self, x: np.ndarray, vectors: bool):
        import_tensorflow()
        import keras

        from vae_tf.data import ArrayImages
        from vae_tf.models.template.output_bias import begin_at_mean

        likelihood = self.likelihood or ("gaussian(stddev=learned)" if vectors else "bernoulli")
        kind, hyper = self._kind()
        model = kind(
            image_shape=x.shape[1:],
            latent_size=self.latent_size,
            likelihood=likelihood,
            kl_weight=self.kl_weight,
            seed=self._seed,
            **hyper,
        )
        model.compile(keras.optimizers.Adam(self.learning_rate))
        model.check_given(x)
        if not vectors:
            begin_at_mean(model, ArrayImages("X", x))
        return model

    def _train(self, x: np.ndarray):
        """Trains on batches of one size; rows are shuffled in each epoch."""
        rng = np.random.default_rng(self._seed)
        size = min(self.batch_size, len(x))
        order = np.zeros(0, int)
        for _ in range(self.steps):
            if len(order) < size:
                order = np.concatenate([order, rng.permutation(len(x))])
            self.model_.train_on_batch(x[order[:size]])
            order = order[size:]

    def _standardized(self, rows: np.ndarray) -> np.ndarray:
        if rows.ndim > 2:
            return as_floats(rows, rows.shape[1:])
        return ((rows - self.mean_) / self.scale_).astype("float32")

    def _rows(self, X, *, reset: bool = False) -> np.ndarray:
        """X as vectors `[N, D]`, float64, or images `[N, H, W, C]`.

        Args:
            X: Input of the user.
            reset: Whether X is the input of `fit`.
        """
        least = 2 if reset else 1
        if (X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim) == 4:
            rows = self._images(X, least, reset)
        else:
            rows = validate_data(
                self,
                X,
                reset=reset,
                dtype="numeric",
                ensure_min_samples=least,
                ensure_all_finite=self._finite,
            )
            if self.image_shape is not None:
                rows = self._reshaped(rows)
            elif reset:
                self._row_shape = rows.shape[1:]
        if rows.shape[1:] != self._row_shape:
            raise UserError(
                f"{type(self).__name__} was fitted on rows of shape {self._row_shape}. Received: "
                f"{rows.shape[1:]}. Give rows as in fit."
            )
        return rows.astype(float) if rows.ndim == 2 else rows

    def _images(self, X, least: int, reset: bool) -> np.ndarray:
        rows = check_array(
            X, allow_nd=True, dtype=None, ensure_min_samples=least, ensure_all_finite=self._finite
        )
        if reset:
            self._row_shape = rows.shape[1:]
            self.n_features_in_ = math.prod(self._row_shape)
        return rows

    def _reshaped(self, rows: np.ndarray) -> np.ndarray:
        check_image_shape(self.image_shape)
        shape = tuple(self.image_shape)
        if math.prod(shape) != rows.shape[1]:
            raise UserError(
                f"`image_shape` must hold as many values as a row of X. Received: "
                f"image_shape={shape}, {math.prod(shape):,} values, and rows of {rows.shape[1]:,}."
            )
        self._row_shape = shape
        return rows.reshape(-1, *shape)


class ScoresSamples(VAEEstimator):
    """An estimator that scores rows by their evidence lower bound."""

    def score_samples(self, X):
        """Compute the evidence lower bound of each row, a lower bound of its log-likelihood.

        E_q[log p(x|z)] - KL(q(z|x), p(z)) (Kingma & Welling 2014, Eq. 3). The expectation is
        estimated from 16 samples, with the same noise for all rows. For vectors, the density is in
        the units of X.

        Args:
            X: Rows as in `fit`.

        Returns:
            `[N]` nats; lower for outliers.
        """
        check_is_fitted(self)
        x = self._standardized(self._rows(X))
        mean, log_stddev = self.model_.encode(x)
        noise = np.random.default_rng(self._seed).standard_normal((_NUM_SAMPLES, mean.shape[1]))
        stddev = np.exp(log_stddev)
        nats = np.zeros(len(x))
        for each in noise:
            nats += self.model_.reconstruction_nats(x, mean + stddev * each) / _NUM_SAMPLES
        kl = 0.5 * (mean**2 + stddev**2 - 1.0 - 2.0 * log_stddev).sum(axis=1, dtype=float)
        constant = self.model_.likelihood.constant * math.prod(x.shape[1:])
        return -(nats + constant + kl) - np.log(self.scale_).sum()
