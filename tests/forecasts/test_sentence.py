import numpy as np
import pytest

from vae_tf.forecasts import pixel_covariance
from vae_tf.forecasts.sentence import forecast_sentence

HALVES = np.array([[0.0, 0.0], [1.0, 1.0]])  # one eigenvalue, 0.5; whitened 2

LOCALLY = "a collapse is a local optimum, although a better optimum may exist"


@pytest.mark.parametrize(
    "weight, likelihood, stddev, expected",
    [
        (
            "linear(0, 0.5, 10)", "gaussian", None,
            "(optimum of a linear VAE): at KL weight 0.5, 1 of 3 latents are active, KL 0.347 "
            "nats, squared error 0.25 per image. Trained networks can have fewer or more active "
            f"latents. Above KL weight 1 {LOCALLY}",
        ),
        (
            1, "gaussian", 0.01,
            "(optimum of a linear VAE): at KL weight 1 and stddev 0.01, 1 of 3 latents are active, "
            "KL 4.26 nats, squared error 0.0001 per image. Trained networks can have fewer or more "
            f"active latents. Above KL weight 5,000 {LOCALLY}",
        ),
        (
            0, "gaussian", None,
            "(optimum of a linear VAE): at KL weight 0, 1 of 3 latents are active, KL without "
            "limit, squared error 0 per image. Trained networks can have fewer or more active "
            f"latents. Above KL weight 1 {LOCALLY}",
        ),
        (
            3, "gaussian", "learned",
            "(optimum of a linear VAE): at KL weight 3 and stddev 0.5 the VAE collapses. Above KL "
            f"weight 2 {LOCALLY}",
        ),
        (
            1, "bernoulli", None,
            "(local threshold): at KL weight 1 a collapse is not an optimum. Above KL weight 2 "
            f"{LOCALLY}",
        ),
        (
            3, "bernoulli", None,
            "(local threshold): at KL weight 3 a collapsed VAE may stay collapsed. Above KL "
            f"weight 2 {LOCALLY}",
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
