import numpy as np
import pytest

from tests.conftest import TINY
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.probability.likelihoods.build import make_likelihood
from vae_tf.probability.likelihoods.continuous_bernoulli import ContinuousBernoulli
from vae_tf.runs.anomalies import NAMES
from vae_tf.runs.anomalies.error_maps import error_maps
from vae_tf.runs.anomalies.methods import METHODS


@pytest.mark.parametrize(
    ("likelihood", "stddev"),
    [
        ("bernoulli", None),
        ("gaussian", 0.5**0.5),
        ("laplace", 2**0.5),
        ("gaussian(stddev=0.1)", 0.1),
    ],
)
def test_errors_are_in_standard_deviations_of_the_decoder(blobs, likelihood, stddev):
    model = build_model(replace(TINY, likelihood=likelihood), (8, 8, 1), 64)
    mean = model.reconstruct(blobs)
    stddev = np.sqrt(mean * (1 - mean)) if stddev is None else stddev
    np.testing.assert_allclose(error_maps(model, blobs), (blobs - mean) / stddev, atol=1e-4)


def test_deviation_of_a_continuous_bernoulli_is_that_of_its_density():
    logits = np.array([-30.0, -2.0, -0.29, 0.0, 0.1, 0.31, 5.0, 80.0], "float32")
    x = np.linspace(0, 1, 200_001)
    density = np.exp(logits[:, None].astype(float) * (x - (logits[:, None] > 0)))
    density /= density.sum(axis=1, keepdims=True)
    variance = density @ x**2 - (density @ x) ** 2
    stddev = np.asarray(ContinuousBernoulli().stddev(logits))
    np.testing.assert_allclose(stddev, np.sqrt(variance), rtol=2e-3)


@pytest.mark.parametrize("text", ["gaussian(stddev=learned)", "gaussian(stddev=optimal)"])
def test_deviation_of_a_learned_gaussian_is_the_logged_one(text):
    model = build_model(replace(TINY, likelihood=text), (8, 8, 1), 64)
    logits = np.zeros((2, 8, 8, 1), "float32")
    logged = model.likelihood.reconstruction(logits, logits)[1]["decoder_stddev"]
    np.testing.assert_allclose(model.likelihood.stddev(logits), np.full_like(logits, logged))


def test_names_are_those_of_the_methods():
    assert NAMES == tuple(METHODS)


def test_deviation_of_a_discretized_logistic():
    model = build_model(replace(TINY, likelihood="discretized_logistic"), (8, 8, 1), 64)
    likelihood = make_likelihood("discretized_logistic", model)
    stddev = np.asarray(likelihood.stddev(np.zeros((1, 2, 2, 1), "float32")))
    np.testing.assert_allclose(stddev, 0.1 * np.pi / 3**0.5, rtol=1e-5)
