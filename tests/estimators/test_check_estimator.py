"""scikit-learn's own checks of its conventions."""

import pytest
from sklearn.utils.estimator_checks import check_estimator

from vae_tf.estimators import VAEImputer, VAEOutlierDetector, VAETransformer


@pytest.mark.slow
@pytest.mark.parametrize("kind", [VAEImputer, VAETransformer, VAEOutlierDetector])
def test_conventions_of_scikit_learn(kind):
    estimator = kind(steps=5, random_state=0)
    # No check is expected to fail.
    results = check_estimator(estimator, expected_failed_checks={}, on_skip=None)
    assert {each["status"] for each in results} <= {"passed", "skipped"}
