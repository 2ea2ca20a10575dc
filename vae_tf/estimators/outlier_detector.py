"""`VAEOutlierDetector`: rows that a VAE finds unlikely, with scikit-learn's conventions."""

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.utils.validation import check_is_fitted

from vae_tf.estimators.base import ScoresSamples
from vae_tf.process.errors import UserError, shown
from vae_tf.process.numbers import is_number


class VAEOutlierDetector(OutlierMixin, ScoresSamples):
    """Finds outliers by the evidence lower bound of a VAE.

    Args:
        latent_size: Number of latents.
        contamination: Share of outliers in the training rows, above 0 and at most 0.5. It only sets
            the threshold.
        image_shape: Same as in `VAEEstimator`, and so are the following parameters.
        kl_weight: Weight of the KL divergence.
        likelihood: Text of a likelihood, or None.
        steps: Optimizer steps.
        batch_size: Rows per step.
        learning_rate: Learning rate of Adam.
        random_state: Seed.

    Attributes:
        model_: The trained VAE.
        offset_: Score below which a row is an outlier: the quantile `contamination` of the scores
            of the training rows.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> detector = VAEOutlierDetector(steps=50, random_state=0).fit(rng.normal(size=(99, 3)))
        >>> detector.predict([[0.0, 0.0, 0.0], [50.0, 0.0, 0.0]])
        array([ 1, -1])
    """

    def __init__(
        self,
        latent_size=2,
        *,
        contamination=0.1,
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
        self.contamination = contamination

    def fit(self, X, y=None):
        """Train a VAE and set the threshold; see `VAEEstimator.fit`."""
        if not is_number(self.contamination) or not 0 < self.contamination <= 0.5:
            raise UserError(
                f"`contamination` must be above 0 and at most 0.5. Received: "
                f"contamination={shown(self.contamination)}"
            )
        super().fit(X)
        self.offset_ = float(np.quantile(self.score_samples(X), self.contamination))
        return self

    def decision_function(self, X):
        """Compute `score_samples` minus the threshold: `[N]` nats, negative for outliers."""
        check_is_fitted(self)
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Return 1 for inliers and -1 for outliers, `[N]` ints."""
        return np.where(self.decision_function(X) < 0, -1, 1)
