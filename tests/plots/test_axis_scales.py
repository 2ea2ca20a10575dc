import numpy as np

from vae_tf.plots.axis_scales import needs_log_scale


def test_a_logarithmic_axis_is_only_for_positive_outliers():
    assert needs_log_scale(np.array([1000.0, 2, 1, 1, np.nan]))
    assert not needs_log_scale(np.array([3.0, 2, 1]))
    assert not needs_log_scale(np.array([1000.0, 2, 1, 0]))
    assert not needs_log_scale(np.array([np.nan]))
