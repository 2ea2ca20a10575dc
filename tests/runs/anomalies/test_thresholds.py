import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.runs.anomalies import anomaly_threshold, p_values


def test_new_images_exceed_a_threshold_at_its_rate():
    rng = np.random.default_rng(0)
    exceeded, covered = [], []
    for _ in range(400):
        threshold = anomaly_threshold(rng.exponential(size=199), rate=0.05)
        exceeded.append(np.exp(-threshold.value))  # P(a new score is above it)
        covered.append(threshold.low <= -np.log(0.05) <= threshold.high)
    assert np.mean(exceeded) == pytest.approx(0.05, abs=0.004)  # 5 standard errors
    assert np.mean(covered) > 0.92


def test_p_values_of_normal_images_are_uniform():
    rng = np.random.default_rng(1)
    values = np.concatenate(
        [p_values(rng.normal(size=1), rng.normal(size=19)) for _ in range(4000)]
    )
    assert np.mean(values <= 0.1) == pytest.approx(0.1, abs=0.02)
    assert values.min() == 1 / 20 and values.max() == 1


@pytest.mark.parametrize("scores", [[], [np.nan], [[1.0]]])
def test_scores_that_are_none_are_refused(scores):
    with pytest.raises(UserError, match="Scores must be"):
        anomaly_threshold(np.array(scores))
