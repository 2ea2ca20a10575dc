"""Scores of images under a VAE on digits, trained for a second."""

import io

import numpy as np
import pytest
import scipy.stats
from PIL import Image

from tests.conftest import TINY
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.runs.anomalies.error_maps import error_maps
from vae_tf.runs.anomalies.input_complexity import png_bits
from vae_tf.runs.anomalies.latent import mahalanobis_distance
from vae_tf.runs.anomalies.methods import METHODS, anomaly_scores
from vae_tf.training import evaluate, train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    params = replace(TINY, encoder=((64,),), steps=300, learning_rate=3e-3, validate_every=300)
    return train(params, tmp_path_factory.mktemp("anomalies") / "digits")


@pytest.fixture(scope="module")
def images(run):
    return run.validation_data.images(np.arange(40))


@pytest.mark.parametrize("method", METHODS)
def test_noise_is_odder_than_digits_and_scores_repeat(run, images, method):
    noise = np.random.default_rng(0).permuted(images.reshape(len(images), -1), axis=1)
    noise = noise.reshape(images.shape)  # the same pixels, in no order
    scores = run.anomaly_scores(images, method)
    assert scores.shape == (len(images),) and scores.dtype == np.float64
    np.testing.assert_array_equal(scores, run.anomaly_scores(images, method))
    if method != "latent":  # codes of noise are near 0, which is where codes are
        assert np.median(run.anomaly_scores(noise, method)) > np.median(scores)


def test_the_elbo_is_the_loss_of_the_model(run):
    images = run.validation_data.images(np.arange(len(run.validation_data)))
    loss = evaluate(run.model, run.validation_data, 64)["loss"]  # weight 1, one sample an image
    assert run.anomaly_scores(images, "elbo").mean() == pytest.approx(loss, rel=0.03)


def test_scores_of_incomplete_images_are_of_what_is_observed(images):
    params = replace(TINY, model="miwae", hyper={}, likelihood="gaussian(stddev=0.5)")
    model = build_model(params, images.shape[1:], 64)
    x = np.array(images[:6])
    x[0], x[1:, :4] = np.nan, np.nan
    normal = scipy.stats.norm(model.reconstruct(x), 0.5)
    nats = -np.nansum(normal.logpdf(x), axis=(1, 2, 3))
    np.testing.assert_allclose(anomaly_scores(model, x, "reconstruction"), nats, rtol=1e-4)
    # Nothing has probability 1, and the prior is its best posterior.
    assert anomaly_scores(model, x, "likelihood")[0] == pytest.approx(0, abs=0.3)
    kl = model.kl_per_latent(x)[0].sum()
    assert anomaly_scores(model, x, "elbo")[0] == pytest.approx(kl, abs=0.3)
    assert anomaly_scores(model, x, "likelihood_regret")[0] == pytest.approx(kl, abs=0.1)
    np.testing.assert_array_equal(np.isnan(error_maps(model, x)), np.isnan(x))
    with pytest.raises(UserError, match="no missing pixels"):
        anomaly_scores(model, x, "input_complexity")


def test_more_samples_bound_the_likelihood_from_below(run, images):
    elbo, likelihood = (run.anomaly_scores(images, name) for name in ("elbo", "likelihood"))
    assert likelihood.mean() < elbo.mean()


def test_a_regret_is_what_a_better_posterior_gains(run, images):
    regret = run.anomaly_scores(images, "likelihood_regret")
    assert regret.min() > -0.5 and regret.mean() > 0
    # The gap of the bound is amortization, which regret measures, and the posterior's form.
    gap = run.anomaly_scores(images, "elbo") - run.anomaly_scores(images, "likelihood")
    assert regret.mean() < gap.mean() + 0.5


def test_bits_of_a_png_are_its_length():
    image = np.random.default_rng(1).integers(0, 256, (9, 7, 3), "uint8")
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", optimize=True)
    assert png_bits(image[None] / 255.0) == [8 * len(file.getvalue())]


def test_the_mahalanobis_distance_is_that_of_the_covariance():
    rng = np.random.default_rng(2)
    codes, means = rng.normal(size=(20, 3)), rng.normal(size=(2, 3))
    factors = np.tril(rng.normal(size=(2, 3, 3))) + 3 * np.eye(3)
    expected = [
        min(
            np.sqrt((z - m) @ np.linalg.inv(f @ f.T) @ (z - m))
            for m, f in zip(means, factors, strict=True)
        )
        for z in codes
    ]
    np.testing.assert_allclose(mahalanobis_distance(codes, means, factors), expected)


def test_a_model_is_left_with_its_own_noise(run, images):
    state = np.array(run.model.seed_generator.state)
    run.anomaly_scores(images, "elbo")
    np.testing.assert_array_equal(state, run.model.seed_generator.state)


def test_a_threshold_is_exceeded_as_often_as_it_says(run):
    images = run.validation_data.images(np.arange(len(run.validation_data)))
    threshold = run.anomaly_threshold(images, rate=0.1)
    above = np.mean(run.anomaly_scores(images) > threshold.value)
    assert above <= 0.1 and threshold.low <= threshold.value <= threshold.high


def test_what_cannot_be_scored_is_refused(run, images):
    with pytest.raises(UserError, match="likelihood_regret"):
        run.anomaly_scores(images, "likelihod_regret")
    with pytest.raises(UserError, match="none"):
        run.anomaly_scores(images[:0])
    with pytest.raises(UserError, match="99"):
        run.anomaly_threshold(images[:20])
