"""`VAEImputer`: missing values filled in by a MIWAE, with scikit-learn's conventions."""

import numpy as np
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from vae_tf.data.pixel_values import as_floats
from vae_tf.estimators.base import VAEEstimator
from vae_tf.process.errors import UserError
from vae_tf.process.numbers import require_number


class VAEImputer(OneToOneFeatureMixin, TransformerMixin, VAEEstimator):
    """Fills in missing values by their expectation under a MIWAE.

    Args:
        latent_size: Number of latents.
        missing_model: None if values are missing at random, for a MIWAE. If large or small values
            are missing more often, the model p(s|x) of the mask s, for a not-MIWAE: "self_masking",
            "self_masking_high", "self_masking_low" or "linear".
        num_samples: Posterior samples per row in training; 20 in the paper's code.
        num_importance: Posterior samples per row in `transform`; 10,000 in the paper.
        image_shape: See `VAEEstimator`, also for the following parameters.
        kl_weight: Weight of the KL divergence.
        likelihood: Text of a likelihood, or None.
        steps: Optimizer steps.
        batch_size: Rows per step.
        learning_rate: Learning rate of Adam.
        random_state: Seed.

    Attributes:
        model_: The trained model.
        mean_: `[D]` means of the observed values of each column of X; 0 for images.
        scale_: `[D]` standard deviations of the observed values of each column; 1 for images.
        n_features_in_: Number of values per row.
        n_iter_: Optimizer steps done.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X = load_iris().data  # [150, 4]
        >>> X[::3, 2] = np.nan
        >>> filled = VAEImputer(steps=10, random_state=0).fit_transform(X)
        >>> filled.shape, bool(np.isnan(filled).any())
        ((150, 4), False)
    """

    _finite = "allow-nan"

    def __init__(
        self,
        latent_size=2,
        *,
        missing_model=None,
        num_samples=20,
        num_importance=1000,
        image_shape=None,
        kl_weight=1.0,
        likelihood=None,
        steps=2000,
        batch_size=64,
        learning_rate=1e-3,
        random_state=None,
    ):
        super().__init__(
            latent_size,
            image_shape=image_shape,
            kl_weight=kl_weight,
            likelihood=likelihood,
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            random_state=random_state,
        )
        self.missing_model = missing_model
        self.num_samples = num_samples
        self.num_importance = num_importance

    def fit(self, X, y=None):
        """Train a model on the observed values.

        Args:
            X: Rows as in `VAEEstimator.fit`, with NaN in place of missing values.
            y: Ignored.

        Returns:
            The estimator.

        Raises:
            ValueError: If X or a parameter does not fit, or a column has no observed value.
        """
        require_number("num_importance", self.num_importance, 1, whole=True)
        return super().fit(X)

    def transform(self, X):
        """Fill in missing values by their expectation given the row's observed values.

        Args:
            X: Rows as in `fit`.

        Returns:
            X with numbers in place of NaN, float32 where X is, else float64. Observed values
            are unchanged.
        """
        rows, mean, _ = self._imputed(X, 0)
        return mean.reshape(rows.shape)

    def sample(self, X, num_samples):
        """Draw completed rows: multiple imputation.

        Args:
            X: Rows as in `fit`.
            num_samples: S, samples of each row.

        Returns:
            `[S, N, D]` or `[S, N, H, W, C]`: the observed values, and samples of the missing
            values.
        """
        rows, _, samples = self._imputed(X, num_samples)
        return samples.reshape(-1, *rows.shape)

    def _imputed(self, X, num_samples: int):
        check_is_fitted(self)
        from vae_tf.runs.inference.imputation import impute

        rows = self._rows(X)
        result = impute(
            self.model_,
            self._standardized(rows),
            samples=num_samples,
            num_importance=self.num_importance,
            seed=self._seed,
        )
        # Uint8 images are completed in [0, 1]; other rows in their own units.
        kept = rows.astype(float) if rows.dtype.kind == "f" else self._standardized(rows)
        flat = kept if self.image_shape is None else kept.reshape(len(kept), -1)
        dtype = np.float32 if getattr(X, "dtype", None) == np.float32 else np.float64

        def completed(values):
            values = values * self.scale_ + self.mean_
            return np.where(np.isnan(kept), values, kept).astype(dtype)

        return flat, completed(result.mean), completed(result.samples)

    def _kind(self):
        from vae_tf.models.miwae import MIWAE
        from vae_tf.models.not_miwae import NotMIWAE

        hyper = {"num_samples": self.num_samples}
        if self.missing_model is None:
            return MIWAE, hyper
        return NotMIWAE, {**hyper, "missing_model": self.missing_model}

    def _moments(self, rows):
        empty = np.flatnonzero(np.isnan(rows).all(axis=0))
        if len(empty):
            raise UserError(
                f"Every column of X must have a value that is not missing. Received: none in "
                f"column{'s' if len(empty) > 1 else ''} {', '.join(map(str, empty[:9]))}. Drop it."
            )
        return np.nanmean(rows, axis=0), np.nanstd(rows, axis=0)

    def _standardized(self, rows):
        if rows.ndim == 2:
            return super()._standardized(rows)
        if rows.dtype.kind != "f":
            return as_floats(rows, rows.shape[1:])
        missing = np.isnan(rows)
        filled = as_floats(np.where(missing, rows.dtype.type(0), rows), rows.shape[1:])
        return np.where(missing, np.float32(np.nan), filled)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
