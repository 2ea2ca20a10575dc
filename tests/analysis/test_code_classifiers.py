import numpy as np
import pytest

from vae_tf.analysis.code_classifiers import code_classifier


def test_it_tells_the_attribute_in_the_units_of_the_codes():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(4_000, 3)) * [1.0, 10.0, 1.0] + [0.0, 5.0, 0.0]
    odds = 0.4 * (codes[:, 1] - 5.0)
    groups = (rng.uniform(size=4_000) < 1 / (1 + np.exp(-odds))).astype(int)
    groups[::7] = -1  # not known
    learned = code_classifier(codes, groups)
    # Pulled a little to 0 by the penalty.
    np.testing.assert_allclose(learned.weights, [0.0, 0.4, 0.0], atol=0.15)
    assert -learned.bias / learned.weights[1] == pytest.approx(5.0, abs=0.5)  # the boundary
    best = ((odds > 0) == groups)[groups >= 0].mean()
    assert learned.accuracy == pytest.approx(best, abs=0.02)


def test_what_is_too_rare_has_none():
    assert code_classifier(np.random.default_rng(0).normal(size=(50, 2)), np.zeros(50, int)) is None
