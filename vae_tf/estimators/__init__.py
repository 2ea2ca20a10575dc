"""Estimators with scikit-learn's conventions: `VAETransformer` and `VAEOutlierDetector`.

They take vectors `[N, D]` or images, and work in a `Pipeline`, in `GridSearchCV`, cloned and
pickled. TensorFlow is imported when one is fitted.
"""

from vae_tf.estimators.outlier_detector import VAEOutlierDetector
from vae_tf.estimators.transformer import VAETransformer

__all__ = ["VAEOutlierDetector", "VAETransformer"]
