"""`VAETransformer`: codes of a VAE as features, with scikit-learn's conventions."""

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from vae_tf.estimators.base import ScoresSamples
from vae_tf.process.errors import UserError


class VAETransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ScoresSamples):
    """Reduces vectors or images to the posterior means of a VAE.

    Parameters are the same as in `VAEEstimator`. `score_samples` and `score` are lower bounds of
    the log-likelihood, so that `GridSearchCV` can choose `latent_size` without labels.

    Attributes:
        model_: The trained VAE.
        mean_: `[D]` means of the columns of X; 0 for images.
        scale_: `[D]` standard deviations of the columns; 1 for images.
        n_features_in_: Number of values per row.
        n_iter_: Optimizer steps done.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X = load_iris().data  # [150, 4]
        >>> VAETransformer(latent_size=2, steps=10, random_state=0).fit(X).transform(X).shape
        (150, 2)
    """

    def transform(self, X):
        """Compute the posterior mean of each row.

        Args:
            X: Rows as in `fit`.

        Returns:
            `[N, L]` codes, float32 where X is, else float64.
        """
        check_is_fitted(self)
        rows = self._rows(X)
        codes = self.model_.encode(self._standardized(rows))[0]
        return codes.astype(_dtype_of(X))

    def inverse_transform(self, X):
        """Decode codes.

        Args:
            X: `[N, L]` codes.

        Returns:
            Expected rows, in the shape and the units of `fit`'s X; images in [0, 1].
        """
        check_is_fitted(self)
        codes = check_array(X, dtype="float32")
        if codes.shape[1] != self.latent_size:
            raise UserError(
                f"X must be codes [N, {self.latent_size}]. Received: shape {codes.shape}. Give "
                f"what transform returned."
            )
        rows = self.model_.decode(codes) * self.scale_ + self.mean_
        flat = self.image_shape is not None
        return rows.reshape(len(rows), -1) if flat else rows

    def score(self, X, y=None):
        """Average of `score_samples`: nats per row, higher is better."""
        del y
        return float(np.mean(self.score_samples(X)))

    @property
    def _n_features_out(self):
        return self.latent_size

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _dtype_of(X) -> np.dtype:
    dtype = getattr(X, "dtype", None)
    return np.dtype("float32" if dtype == np.float32 else "float64")
