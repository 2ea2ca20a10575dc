import numpy as np
import pytest
from matplotlib.figure import Figure

from vae_tf.plots.axis_scales import keep_in_proportion, needs_log_scale


def test_a_logarithmic_axis_is_only_for_positive_outliers():
    assert needs_log_scale(np.array([1000.0, 2, 1, 1, np.nan]))
    assert not needs_log_scale(np.array([3.0, 2, 1]))
    assert not needs_log_scale(np.array([1000.0, 2, 1, 0]))
    assert not needs_log_scale(np.array([np.nan]))


@pytest.mark.parametrize(
    ("values", "least", "span"),
    [([0.996, 1.002], 0.2, 0.2), ([50.0, 51.0], 0.0, 5.1), ([0.0, 40.0], 0.1, None)],
)
def test_an_axis_does_not_make_much_of_nothing(values, least, span):
    axes = Figure().add_subplot()
    axes.plot(values)
    before = axes.get_ylim()
    keep_in_proportion(axes, np.array([*values, np.nan]), least)
    low, high = axes.get_ylim()
    if span is None:
        assert (low, high) == before
    else:
        assert high - low == pytest.approx(span) and (low + high) / 2 == pytest.approx(
            np.mean(values)
        )
