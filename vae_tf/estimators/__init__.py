"""Estimators with scikit-learn's conventions: features, outliers, missing values.

They take vectors `[N, D]` or images `[N, H, W, C]`, work in `Pipeline` and `GridSearchCV`, and can
be cloned and pickled. TensorFlow is imported when an estimator is fitted.
"""

from vae_tf.estimators.imputer import VAEImputer
from vae_tf.estimators.outlier_detector import VAEOutlierDetector
from vae_tf.estimators.transformer import VAETransformer

__all__ = ["VAEImputer", "VAEOutlierDetector", "VAETransformer"]
