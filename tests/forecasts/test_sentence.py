import numpy as np
import pytest

from vae_tf.forecasts import pixel_covariance
from vae_tf.forecasts.sentence import forecast_sentence

HALVES = np.array([[0.0, 0.0], [1.0, 1.0]])  # one eigenvalue, 0.5; whitened 2

LOCALLY = "a collapse is a local optimum; networks may have a better one far from it"


@pytest.mark.parametrize(
    "weight, likelihood, stddev, expected",
    [
        (
            "linear(0, 0.5, 10)", "gaussian", None,
            "(optimum of a linear VAE, weight 0.5): 1 of 3 latents used, KL 0.347 nats, squared "
            f"error 0.25; trained networks mostly use fewer latents. Above weight 1 {LOCALLY}",
        ),
        (
            1, "gaussian", 0.01,
            "(optimum of a linear VAE, weight 1, stddev 0.01): 1 of 3 latents used, KL 4.26 nats, "
            "squared error 0.0001; trained networks mostly use fewer latents. Above weight 5,000 "
            f"{LOCALLY}",
        ),
        (
            0, "gaussian", None,
            "(optimum of a linear VAE, weight 0): 1 of 3 latents used, KL without limit, "
            "squared error 0; trained networks mostly use fewer latents. Above weight 1 "
            f"{LOCALLY}",
        ),
        (
            3, "gaussian", "learned",
            "(optimum of a linear VAE, weight 3, stddev 0.5): collapsed, as above weight 2. "
            f"There {LOCALLY}",
        ),
        (
            1, "bernoulli", None,
            "(local threshold, weight 1): a collapsed VAE recovers; above weight 2 "
            f"{LOCALLY}",
        ),
        (
            3, "bernoulli", None,
            f"(local threshold, weight 3): above weight 2 {LOCALLY}",
        ),
    ],
)  # fmt: skip
def test_the_forecast_is_said_in_a_line(weight, likelihood, stddev, expected):
    assert forecast_sentence(HALVES, weight, 3, likelihood, stddev) == f"Forecast {expected}"


def test_nothing_is_said_of_likelihoods_without_a_forecast():
    assert forecast_sentence(HALVES, 1.0, 3, "laplace") is None


def test_a_sample_is_named(monkeypatch):
    monkeypatch.setattr(pixel_covariance, "MOST_VALUES", 10)
    images = np.random.default_rng(0).random((4_000, 2))
    for likelihood in ("gaussian", "bernoulli"):
        sentence = forecast_sentence(images, 1.0, 3, likelihood)
        assert sentence.endswith(" (from 5 of 4,000 images)")
