"""Estimators with scikit-learn's conventions: features, outliers, missing values.

They take vectors `[N, D]` or images, and work in a `Pipeline`, in `GridSearchCV`, cloned and
pickled. TensorFlow is imported when one is fitted.
"""

from vae_tf.estimators.imputer import VAEImputer
from vae_tf.estimators.outlier_detector import VAEOutlierDetector
from vae_tf.estimators.transformer import VAETransformer

__all__ = ["VAEImputer", "VAEOutlierDetector", "VAETransformer"]
