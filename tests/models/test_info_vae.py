import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="info_vae", **hyper):
    return build_model(replace(tiny, model=model, kl_weight=1.0, hyper=hyper), (8, 8, 1), 64)


def mmd_in_numpy(x, y, bandwidth=None):
    width = x.shape[1] if bandwidth is None else bandwidth**2

    def kernel(a, b):
        return np.exp(-((a[:, None] - b) ** 2).sum(axis=2) / (2 * width))

    off_diagonal = ~np.eye(len(x), dtype=bool)
    within = [kernel(a, a)[off_diagonal].mean() for a in (x, y)]
    return sum(within) - 2 * kernel(x, y).mean()


@pytest.mark.parametrize("bandwidth", [None, 0.7])
def test_the_penalty_is_numpys(tiny, outputs, bandwidth):
    model = make(tiny, alpha=0.25, scale=20.0, bandwidth=bandwidth)
    state = np.array(model.seed_generator.state)
    penalty, logs = model.regularizer(outputs)
    model.seed_generator.state.assign(state)
    prior = np.array(keras.random.normal((6, 3), seed=model.seed_generator), float)
    mean, log_stddev, z = (
        np.asarray(part, float) for part in (outputs.mean, outputs.log_stddev, outputs.z)
    )
    mmd = mmd_in_numpy(z, prior, bandwidth)
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev).sum(axis=1)
    assert float(logs["mmd"]) == pytest.approx(mmd, rel=1e-4)
    np.testing.assert_allclose(penalty, 0.75 * kl + 19.25 * mmd, rtol=1e-4)


def test_alpha_0_and_scale_1_is_the_vae_to_the_last_bit(tiny, blobs, outputs):
    plain, model = make(tiny, "vae"), make(tiny, alpha=0.0, scale=1.0)
    model.encoder.set_weights(plain.encoder.get_weights())  # which does not start narrow
    losses = [
        each.compute_terms({"image": blobs}, training=True)["loss"] for each in (plain, model)
    ]
    assert float(losses[0]) == float(losses[1])
    np.testing.assert_array_equal(model.regularizer(outputs)[0], plain.regularizer(outputs)[0])


def test_alpha_below_0_is_the_beta_vae_to_the_last_bit(tiny, outputs):
    plain, model = make(tiny, "vae"), make(tiny, alpha=-3.0, scale=4.0)
    expected = 4.0 * plain.regularizer(outputs)[0]
    np.testing.assert_array_equal(model.regularizer(outputs)[0], expected)


def test_the_mmd_vae_has_no_kl_in_its_gradient(tiny, outputs, outputs_of):
    """At alpha 1 the posterior's width has a gradient through the samples only."""
    model = make(tiny, alpha=1.0, scale=50.0)
    log_stddev = tf.Variable(outputs.log_stddev)
    with tf.GradientTape() as tape:
        penalty, logs = model.regularizer(outputs_of(outputs.mean, log_stddev, outputs.z))
    assert np.all(tape.gradient(penalty, log_stddev) == 0)
    assert float(tf.reduce_mean(logs["kl"])) > 0
    np.testing.assert_allclose(penalty, np.full(6, 50 * float(logs["mmd"])), rtol=1e-5)


def test_posteriors_start_narrow(tiny, blobs):
    """At exp(-2), except for what the untrained network adds; a VAE's at about 1."""
    stddevs = {name: np.exp(make(tiny, name).encode(blobs)[1]) for name in ("info_vae", "vae")}
    assert np.median(stddevs["info_vae"]) == pytest.approx(np.exp(-2), rel=0.3)
    np.testing.assert_allclose(stddevs["info_vae"], np.exp(-2) * stddevs["vae"], rtol=1e-4)


def shift_factor(size, bandwidth):
    """MMD over the squared shift, for a small one, as the docstring gives it."""
    return (bandwidth**2 / (bandwidth**2 + 2)) ** (size / 2) / (bandwidth**2 + 2)


@pytest.mark.parametrize("bandwidth", [np.sqrt(20), 20 / np.sqrt(2)])
def test_what_a_shift_of_all_codes_costs_at_a_bandwidth(bandwidth):
    """By the closed form of the MMD of N(m, I) and N(0, I), and by samples."""
    size, shift = 20, 0.3
    square, wide = size * shift**2, bandwidth**2 + 2
    exact = 2 * (bandwidth**2 / wide) ** (size / 2) * (1 - np.exp(-square / (2 * wide)))
    assert exact == pytest.approx(square * shift_factor(size, bandwidth), rel=0.05)
    rng = np.random.default_rng(0)
    estimates = [
        mmd_in_numpy(rng.normal(size=(300, size)) + shift, rng.normal(size=(300, size)), bandwidth)
        for _ in range(20)
    ]
    error = np.std(estimates) / np.sqrt(20)
    assert np.mean(estimates) == pytest.approx(exact, abs=5 * error)


def test_the_conversion_in_the_docstring():
    """The authors' kernel exp(-d^2 / L^2) at L = 20 and scale 784 against ours."""
    ours = 784 * shift_factor(20, 20 / np.sqrt(2)) / shift_factor(20, np.sqrt(20))
    assert ours == pytest.approx(200, abs=5)


@pytest.mark.parametrize(
    "hyper, message",
    [
        ({"alpha": "1"}, "`alpha`.*alpha='1'"),
        ({"alpha": 1.5}, "alpha=1.5"),
        ({"bandwidth": 0}, "`bandwidth`.*bandwidth=0"),
        ({"scale": [1]}, r"`scale`.*scale=\[1\]"),
        # The MMD would be rewarded.
        ({"alpha": 0.0, "scale": 0.5}, "least 1.*scale=0.5"),
    ],
)
def test_mistakes(tiny, hyper, message):
    with pytest.raises(UserError, match=message):
        make(tiny, **hyper)
