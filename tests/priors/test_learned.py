"""Priors that are learned with the model: each as a density, and in a model."""

import keras
import numpy as np
import pytest
from scipy import special, stats

from tests.conftest import assert_same_bytes, killed_copy
from vae_tf.config import Params, replace
from vae_tf.data import ArrayImages
from vae_tf.models.template.build import build_model
from vae_tf.priors.flow import FlowPrior
from vae_tf.priors.mixture import MixturePrior
from vae_tf.probability.distributions import StandardNormal
from vae_tf.process.errors import UserError
from vae_tf.runs import checkpoints
from vae_tf.runs.compression import compress_images
from vae_tf.scores.likelihood import log_likelihood
from vae_tf.training import train

PRIORS = (
    "flow(couplings=2, hidden_size=8)",
    "mixture(components=3)",
    "vamp(pseudo_images=4)",
)


def stirred(layer, scale=0.3):
    """A layer with random weights."""
    rng = np.random.default_rng(0)
    for weight in layer.trainable_weights:
        weight.assign(weight + scale * rng.standard_normal(weight.shape).astype("float32"))
    return layer


def make(tiny, prior, **changes):
    return build_model(replace(tiny, prior=prior, **changes), (8, 8, 1), 64, 4)


def test_a_new_flow_is_the_standard_normal():
    z = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    density = FlowPrior(3, 4, 8, seed=0).density(None, False)
    np.testing.assert_allclose(density.log_prob(z), StandardNormal().log_prob(z), rtol=1e-6)


def test_the_mixtures_density_is_scipys():
    prior = stirred(MixturePrior(2, 3, seed=0))
    logits, means, log_stddevs = map(np.array, (prior.logits, prior.means, prior.log_stddevs))
    z = np.random.default_rng(1).normal(size=(6, 2)).astype("float32")
    parts = [stats.norm(m, np.exp(s)).logpdf(z).sum(axis=1)
             for m, s in zip(means.astype(float), log_stddevs, strict=True)]  # fmt: skip
    expected = special.logsumexp(np.array(parts).T + special.log_softmax(logits), axis=1)
    np.testing.assert_allclose(prior.density(None, False).log_prob(z), expected, rtol=1e-4)


@pytest.mark.parametrize("text", PRIORS)
def test_the_density_sums_to_one_and_samples_have_it(tiny, text):
    model = make(tiny, text, latent_size=2)
    stirred(model.learned, 0.1)
    side = np.linspace(-16, 16, 401, dtype="float32")
    z = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    density = np.exp(np.array(model.prior_density(False).log_prob(z), "float64"))
    area = (side[1] - side[0]) ** 2
    assert density.sum() * area == pytest.approx(1, abs=5e-3)
    samples = model.sample_prior(40_000, np.random.default_rng(0))
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples.mean(axis=0), (density @ z) * area, atol=0.05)
    np.testing.assert_allclose((samples**2).mean(axis=0), (density @ z**2) * area, rtol=0.06)


@pytest.mark.parametrize("text", PRIORS)
def test_the_likelihood_is_that_of_the_integral_over_codes(tiny, blobs, text):
    """One latent: log of the integral of p(x|z) p(z) dz, on a grid."""
    model = make(tiny, text, latent_size=1)
    stirred(model.learned, 0.5)
    z = np.linspace(-12, 12, 4_001, dtype="float32")[:, None]
    log_prior = np.array(model.prior_density(False).log_prob(z), "float64")
    x = blobs[0]
    nats = model.reconstruction_nats(np.repeat(x[None], len(z), axis=0), z).astype("float64")
    expected = special.logsumexp(log_prior - nats) + np.log(z[1, 0] - z[0, 0])
    expected -= model.likelihood.constant * x.size
    assert log_likelihood(model, x[None], 5_000)[0] == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("text", PRIORS)
def test_the_kl_is_that_of_the_samples(tiny, blobs, text):
    model = make(tiny, text)
    stirred(model.learned)
    outputs = model.forward({"image": blobs[:8]}, False)
    (latent,) = outputs.latents
    expected = np.array(latent.posterior.log_prob(latent.z))
    expected = expected - np.array(model.prior_density(False).log_prob(latent.z))
    np.testing.assert_allclose(model.regularizer(outputs)[0], expected, rtol=1e-4, atol=1e-4)
    assert not model.has_gaussian_codes and np.isnan(model.kl_per_latent(blobs[:2])).all()


@pytest.mark.parametrize("model", ["iwae", "factor_vae", "lagging_vae", "conditional_vae"])
def test_the_prior_learns(tiny, blobs, model):
    made = make(tiny, PRIORS[0], model=model, encoder=((8,),))
    before = [np.array(weight) for weight in made.prior_variables]
    batch = {"image": blobs[:16], "label": np.zeros(16, "int32")}
    for _ in range(2):
        made.update({name: batch[name] for name in batch if name in ("image", *made.batch_keys)})
    after = [np.array(weight) for weight in made.prior_variables]
    assert sum((one != other).any() for one, other in zip(before, after, strict=True)) >= 4


@pytest.mark.parametrize("text", PRIORS)
def test_keras_file(tiny, blobs, text, tmp_path):
    model = make(tiny, text)
    stirred(model.learned)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.generate(4), model.generate(4))


def test_resume_is_exact_to_the_last_bit(tiny, blobs, tmp_path):
    images = ArrayImages("blobs", blobs)
    params = replace(tiny, prior=PRIORS[0], steps=8, checkpoint_every=5, validate_every=4)
    params = replace(params, log_every=2)
    straight = train(params, tmp_path / "straight", data=(images, images))
    killed = killed_copy(straight, tmp_path / "killed")
    resumed = train(params, killed, resume=True, data=(images, images))
    states = [checkpoints.arrays_of(run.model) for run in (straight, resumed)]
    for name, array in states[0].items():
        assert array.tobytes() == states[1][name].tobytes(), name
    assert_same_bytes(straight, resumed)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"model": "wae"}, "has a prior of its own, or none"),
        ({"model": "qlae"}, "has a prior of its own, or none"),
        ({"model": "m2"}, "has a prior of its own, or none"),
        ({"model": "ladder_vae"}, "has a prior of its own, or none"),
        ({"model": "vamp_vae"}, "has a prior of its own, or none"),
        ({"model": "free_bits_vae"}, "has a prior of its own, or none"),
        ({"model": "ae", "kl_weight": 0.0}, "nothing teaches a prior"),
    ],
)
def test_models_that_learn_none(tiny, model, message):
    with pytest.raises(UserError, match=message):
        make(tiny, "flow", **model)


def test_vectors_have_no_pseudo_images(tiny):
    with pytest.raises(UserError, match="vectors of 5"):
        build_model(replace(tiny, prior="vamp", encoder=((8,),)), (5,), 64)


def test_what_needs_the_standard_normal_is_refused(tiny, blobs):
    with pytest.raises(UserError, match="prior=normal"):
        compress_images(make(tiny, PRIORS[1]), np.round(blobs[:2]), "run")


def test_params():
    params = Params(prior="flow(couplings=2)")
    assert Params.from_json(params.to_json()) == params
    assert Params.from_json("{}").prior == "normal"
    with pytest.raises(UserError, match="Unknown prior"):
        Params(prior="gauss")
