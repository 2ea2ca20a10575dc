"""On linear decoders with Gaussian noise, where least squares and posteriors are in closed form."""

import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.runs import Run
from vae_tf.runs.inference.gap import inference_gap
from vae_tf.runs.inference.inversion import invert

STDDEV = 0.5


@pytest.fixture(scope="module")
def linear(tiny):
    """A linear VAE on vectors, its kernel `[L, D]`, its bias, and vectors `[N, D]`."""
    params = replace(tiny, likelihood=f"gaussian(stddev={STDDEV})", encoder=(), latent_size=2)
    model = build_model(params, (6,), 100)
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(0, 0.7, (2, 6)), rng.normal(0, 1, 6)
    kernel[1] = kernel[0] + 0.5 * kernel[1]  # the latents of a posterior depend on each other
    model.decoder.get_layer("to_image").set_weights([kernel, bias])
    vectors = rng.normal(0, 1, (20, 2)) @ kernel + bias + rng.normal(0, STDDEV, (20, 6))
    return model, kernel, bias, vectors.astype("float32")


def test_a_linear_decoder_is_inverted_by_least_squares(linear):
    model, kernel, bias, vectors = linear
    found = invert(model, vectors, starts=2, steps=400)
    expected = np.linalg.lstsq(kernel.T, (vectors - bias).T, rcond=None)[0].T
    np.testing.assert_allclose(found.codes, expected, atol=1e-4)
    errors = np.sum((vectors - bias - expected @ kernel) ** 2, axis=1) / (2 * STDDEV**2)
    nats = model.reconstruction_nats(vectors, expected)
    np.testing.assert_allclose(found.reconstruction, nats, atol=1e-3)
    np.testing.assert_allclose(np.diff(nats), np.diff(errors), atol=1e-3)  # up to a constant
    assert (found.reconstruction <= found.reconstruction_of_encoder + 1e-4).all()
    np.testing.assert_array_equal(found.reconstruction, found.reconstruction_of_starts.min(axis=0))


def test_both_gaps_of_a_linear_model_are_the_closed_forms(linear):
    model, kernel, bias, vectors = linear
    gap = inference_gap(model, vectors, num_samples=4_000, steps=300)
    covariance = kernel.T @ kernel + STDDEV**2 * np.eye(6)
    centered = vectors - bias
    log_det = np.linalg.slogdet(2 * np.pi * covariance)[1]
    squares = np.sum(centered @ np.linalg.inv(covariance) * centered, axis=1)
    np.testing.assert_allclose(gap.log_likelihood, -0.5 * (log_det + squares), atol=0.05)
    # The best one has the variances 1 / diag(precision) (Bishop 2006, 10.1.2).
    precision = kernel @ kernel.T / STDDEV**2 + np.eye(2)
    form = 0.5 * (np.log(np.diag(precision)).sum() - np.linalg.slogdet(precision)[1])
    assert form > 0.02
    np.testing.assert_allclose(gap.form, form, atol=0.25)
    assert gap.form.mean() == pytest.approx(form, abs=0.03)
    assert gap.effective_samples.min() > 400 and gap.effective_samples.max() < 4_000
    # KL of the encoder's Gaussian to the posterior, less the best Gaussian's KL.
    mean, log_stddev = model.encode(vectors)
    true = centered @ kernel.T @ np.linalg.inv(precision) / STDDEV**2
    variance = np.exp(2 * log_stddev)
    shift = np.sum((mean - true) @ precision * (mean - true), axis=1)
    kl = 0.5 * (variance @ np.diag(precision) + shift - 2 - 2 * log_stddev.sum(axis=1))
    kl -= 0.5 * np.linalg.slogdet(precision)[1]
    np.testing.assert_allclose(gap.amortization, kl - form, rtol=0.1, atol=0.3)


def test_runs_are_asked(run_folder):
    run = Run(run_folder)
    images = run.validation_data.images(np.arange(5))
    found = run.invert(images, starts=2, steps=60)
    assert found.codes.shape == (5, 3)
    assert found.reconstruction.mean() < found.reconstruction_of_encoder.mean()
    np.testing.assert_array_equal(found.codes, run.invert(images, starts=2, steps=60).codes)
    gap = run.inference_gap(images, num_samples=64, steps=60)
    np.testing.assert_allclose(gap.amortization + gap.form, gap.log_likelihood - gap.elbo)
    assert gap.amortization.mean() > 0 and gap.form.mean() > -0.1


def test_a_flow_has_a_gap(tiny):
    model = build_model(
        replace(tiny, model="flow_vae", hyper={"flow": "planar", "num_flows": 1}), (8, 8, 1), 100
    )
    images = np.random.default_rng(0).random((3, 8, 8, 1), "float32").round()
    gap = inference_gap(model, images, num_samples=16, steps=2)
    assert (gap.effective_samples >= 1).all() and (gap.effective_samples <= 16).all()
    assert np.isfinite(gap.elbo).all() and (gap.log_likelihood > gap.elbo - 1).all()


def test_what_cannot_be_asked_is_refused(tiny, linear):
    model, *_, vectors = linear
    with pytest.raises(UserError, match="starts"):
        invert(model, vectors, starts=0)
    with pytest.raises(UserError, match="learning_rate"):
        invert(model, vectors, learning_rate=-1.0)
    with pytest.raises(UserError, match="behind the first axis"):
        invert(model, vectors[:, :3])
    with pytest.raises(UserError, match="at least one image"):
        invert(model, vectors[:0])
    conditional = build_model(replace(tiny, model="conditional_vae"), (8, 8, 1), 100, 10)
    with pytest.raises(UserError, match="without labels"):
        invert(conditional, np.zeros((1, 8, 8, 1)))
    vamp = build_model(
        replace(tiny, model="vamp_vae", hyper={"num_pseudo_images": 3}), (8, 8, 1), 100
    )
    with pytest.raises(UserError, match="prior N"):
        inference_gap(vamp, np.zeros((1, 8, 8, 1)))
