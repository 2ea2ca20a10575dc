"""MIWAE and not-MIWAE: against the IWAE, against each other, and against NumPy."""

import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model, shape=(8, 8, 1), **hyper):
    likelihood = "gaussian(stddev=learned)"
    params = replace(tiny, model=model, hyper={"num_samples": 3, **hyper}, likelihood=likelihood)
    return build_model(params, shape, 64)


@pytest.fixture
def mask(blobs):
    return (np.random.default_rng(0).random(blobs.shape) < 0.6).astype("float32")


def test_a_mask_of_ones_is_the_iwae_to_the_last_bit(tiny, blobs):
    plain, masked = make(tiny, "iwae"), make(tiny, "miwae")
    for _ in range(3):
        one, other = plain.update(blobs), masked.update(blobs)
        assert {name: float(one[name]) for name in one} == {n: float(other[n]) for n in other}
    for one, other in zip(plain.get_weights(), masked.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_hidden_values_have_no_effect(tiny, blobs, mask):
    losses = []
    for hidden in (0.0, 0.7, np.nan):
        model = make(tiny, "miwae")
        x = np.where(mask > 0, blobs, np.float32(hidden))
        losses.append(float(model.update({"image": x, "mask": mask})["loss"]))
    assert len(set(losses)) == 1


def test_a_missing_model_that_is_constant_adds_a_constant(tiny, blobs, mask):
    """Each value is missing with probability 1/2, whatever the image: log 2 a value."""
    batch = {"image": blobs, "mask": mask}
    reference = make(tiny, "miwae").compute_terms(make(tiny, "miwae").as_batch(batch), True)
    for missing_model in ("self_masking", "linear"):
        model = make(tiny, "not_miwae", missing_model=missing_model)
        terms = model.compute_terms(model.as_batch(batch), True)
        for name, sign in (("loss", 1), ("reconstruction", 1), ("elbo", -1)):
            expected = float(reference[name]) + sign * 64 * np.log(2)
            assert float(terms[name]) == pytest.approx(expected, rel=1e-5)
        assert float(terms["mask_nats"]) == pytest.approx(64 * np.log(2), rel=1e-5)


@pytest.mark.parametrize(
    "missing_model", ["self_masking", "self_masking_high", "self_masking_low", "linear"]
)
def test_the_missing_model_is_numpys(tiny, missing_model):
    rng = np.random.default_rng(0)
    model = make(tiny, "not_miwae", (4,), missing_model=missing_model)
    model.slopes.assign(rng.normal(size=model.slopes.shape))
    model.offsets.assign(rng.normal(size=4))
    x = rng.normal(size=(16, 4)).astype("float32")
    mask = (rng.random(x.shape) < 0.5).astype("float32")
    outputs = model.forward({"image": x * mask, "mask": mask}, False, num_samples=3)
    completed, nats, terms = model.complete(outputs)
    completed, mask = np.array(completed, float), np.tile(mask, (3, 1))
    np.testing.assert_array_equal(completed[mask > 0], np.tile(x, (3, 1))[mask > 0])
    slopes, offsets = np.array(model.slopes, float), np.array(model.offsets, float)
    softplus = np.log1p(np.exp(slopes))
    slopes = {"self_masking_high": softplus, "self_masking_low": -softplus}.get(
        missing_model, slopes
    )
    part = completed @ slopes if missing_model == "linear" else completed * slopes
    observed = 1 / (1 + np.exp(part - offsets))
    expected = -np.log(np.where(mask > 0, observed, 1 - observed)).sum(axis=1)
    np.testing.assert_allclose(terms["mask_nats"], expected, rtol=1e-4)
    of_pixels, _ = super(type(model), model).reconstruction(outputs)
    np.testing.assert_allclose(nats, expected + np.array(of_pixels), rtol=1e-4)


def test_it_learns_that_large_values_are_missing(tiny):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 1)) @ np.ones((1, 3)) + 0.3 * rng.normal(size=(500, 3))
    x[:, 0][x[:, 0] > 0.5] = np.nan
    model = make(replace(tiny, optimizer="adam"), "not_miwae", (3,))
    model.optimizer.learning_rate = 0.01
    model.fit(x, batch_size=100, epochs=20, verbose=0)
    slopes = np.array(model.slopes)
    assert slopes[0] > 0.3 and np.abs(slopes[1:]).max() < slopes[0]


def test_likelihoods_without_a_gradient_through_samples_are_refused(tiny):
    with pytest.raises(UserError, match=r"likelihood=bernoulli. Set likelihood=gaussian"):
        build_model(replace(tiny, model="not_miwae"), (8, 8, 1), 64)
