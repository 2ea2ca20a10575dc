import numpy as np

from vae_tf.plots.downsampling import downsample_curve


def test_a_long_curve_keeps_ends_and_extremes():
    rng = np.random.default_rng(0)
    steps, values = np.arange(50_000) * 10, rng.standard_normal(50_000)
    values[[12_345, 40_000]] = [99, -99]
    thin_steps, thin = downsample_curve(steps, values, 400)
    assert len(thin) <= 400 and np.all(np.diff(thin_steps) > 0)
    assert (thin.min(), thin.max()) == (-99, 99)
    assert thin_steps[thin.argmax()] == 123_450
    assert (thin_steps[0], thin_steps[-1]) == (0, steps[-1])


def test_a_short_curve_loses_only_what_is_missing():
    values = np.array([np.nan, 2.0, np.inf, 4.0])
    steps, kept = downsample_curve(np.arange(4), values, 4)
    assert steps.tolist() == [1, 3] and kept.tolist() == [2, 4]
