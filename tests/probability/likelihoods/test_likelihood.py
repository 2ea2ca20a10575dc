import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, stats

from tests.conftest import assert_same_bytes, killed_copy
from vae_tf.config import Params, replace
from vae_tf.data import ArrayImages
from vae_tf.models.template.build import build_model
from vae_tf.probability.likelihoods.bernoulli import Bernoulli
from vae_tf.probability.likelihoods.build import LIKELIHOODS
from vae_tf.probability.likelihoods.continuous_bernoulli import ContinuousBernoulli
from vae_tf.probability.likelihoods.gaussian import Gaussian
from vae_tf.probability.likelihoods.laplace import Laplace
from vae_tf.probability.likelihoods.texts import BETA_BINOMIAL, MIXTURE, NAMES, read_likelihood
from vae_tf.process.errors import UserError
from vae_tf.training import train


def build(tiny, likelihood, **changes):
    params = replace(dataclasses.replace(tiny, kl_weight=1.0), likelihood=likelihood, **changes)
    return build_model(params, (8, 8, 1), 64)


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.asarray(logits, float)))


@pytest.fixture(scope="module")
def pixels():
    """Eight-bit images `[3, 4, 4, 2]` with both ends among them, and logits."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (3, 4, 4, 2)) / 255
    x[0, 0], x[0, 1] = 0, 1
    return x.astype("float32"), rng.normal(0, 2, x.shape).astype("float32")


@pytest.mark.parametrize(
    ("likelihood", "distribution"),
    [
        (Gaussian(), lambda p: stats.norm(p, np.sqrt(0.5))),
        (Gaussian(stddev=0.1), lambda p: stats.norm(p, 0.1)),
        (Laplace(), lambda p: stats.laplace(p, 1)),
        (Bernoulli(), lambda p: stats.bernoulli(p)),
    ],
)
def test_the_constant_makes_it_scipys(likelihood, distribution, pixels):
    x, logits = pixels
    x = np.round(x) if isinstance(likelihood, Bernoulli) else x
    expected = distribution(sigmoid(logits))
    log_prob = expected.logpmf(x) if isinstance(likelihood, Bernoulli) else expected.logpdf(x)
    nats, terms = likelihood.reconstruction(x, logits)
    expected = -log_prob.sum((1, 2, 3))
    np.testing.assert_allclose(nats + 32 * likelihood.constant, expected, rtol=1e-5)
    assert terms == {}


def test_bernoulli_does_not_overflow():
    logits = np.array([300.0, -300.0], "float32").reshape(1, 2, 1, 1)
    right, wrong = (np.float32(at) for at in (logits > 0, logits < 0))
    assert float(Bernoulli().reconstruction(right, logits)[0][0]) == 0
    assert float(Bernoulli().reconstruction(wrong, logits)[0][0]) == 600


@pytest.mark.parametrize("logit", [0.0, 1e-3, 0.29, 0.31, -2.0, 30.0, -300.0])
def test_the_continuous_bernoulli_is_a_density_with_its_mean(logit):
    """Integrals over [0, 1], by quadrature near the end where the mass is."""
    likelihood = ContinuousBernoulli()

    def density(x):
        image = np.full((1, 1, 1, 1), x, "float32")
        nats = likelihood.reconstruction(image, np.full_like(image, logit))[0]
        return float(np.exp(-nats[0]))

    edge = [1 / max(abs(logit), 10), 1 - 1 / max(abs(logit), 10)]
    mass = integrate.quad(density, 0, 1, points=edge, epsabs=1e-6)[0]
    mean = integrate.quad(lambda x: x * density(x), 0, 1, points=edge, epsabs=1e-6)[0]
    assert mass == pytest.approx(1, abs=2e-4)
    received = float(likelihood.mean(np.full((1, 1, 1, 1), logit, "float32"))[0, 0, 0, 0])
    assert received == pytest.approx(mean, abs=2e-4)


def test_the_continuous_bernoulli_joins_its_series_smoothly():
    logits = tf.reshape(tf.linspace(-0.4, 0.4, 2_001), (1, -1, 1, 1))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        nats = ContinuousBernoulli().reconstruction(0.3 * tf.ones_like(logits), logits)[0]
    gradient = np.array(tape.gradient(nats, logits)).ravel()
    exact = np.array(ContinuousBernoulli().mean(logits)).ravel() - 0.3  # d log C^-1 / da = mean
    np.testing.assert_allclose(gradient, exact, atol=2e-5)


def test_probabilities_of_grey_levels_sum_to_one_and_are_scipys(tiny, pixels):
    likelihood = build(tiny, "discretized_logistic").likelihood
    likelihood.log_scale.assign(np.log(0.02))
    levels = np.arange(256, dtype="float32").reshape(-1, 1, 1, 1) / 255
    for logit in (-6.0, 0.0, 0.4, 9.0):
        nats = np.array(likelihood.reconstruction(levels, np.full_like(levels, logit))[0], float)
        assert np.exp(-nats).sum() == pytest.approx(1, abs=1e-4)
        logistic = stats.logistic(sigmoid(logit), 0.02)
        middle = np.arange(100, 160)
        exact = logistic.cdf((middle + 0.5) / 255) - logistic.cdf((middle - 0.5) / 255)
        np.testing.assert_allclose(np.exp(-nats[middle]), exact, rtol=2e-3, atol=1e-14)
    _, terms = likelihood.reconstruction(*pixels)
    assert float(terms["decoder_stddev"]) == pytest.approx(stats.logistic(0, 0.02).std(), rel=1e-5)


def test_grey_between_levels_is_refused(tiny, tmp_path, blobs):
    images = ArrayImages("blobs", blobs)
    params = replace(tiny, likelihood="discretized_logistic")
    with pytest.raises(UserError, match="256 grey levels.*between these"):
        train(params, tmp_path / "run", data=(images, images))
    assert not (tmp_path / "run").exists()


def test_the_learned_scale_finds_the_error(tiny, blobs):
    """At its optimum the variance is the mean squared error (Rybkin et al. 2021, Eq. 6)."""
    model = build(tiny, "gaussian(stddev=learned)", optimizer="sgd", learning_rate=1e-3)
    model.encoder.trainable = model.decoder.trainable = False
    model.compile("adam")
    model.optimizer.learning_rate = 0.02
    update = tf.function(model.update, autograph=False)
    stddevs = [float(update(blobs)["decoder_stddev"]) for _ in range(400)]
    assert stddevs[0] == pytest.approx(np.sqrt(0.5))
    z = model(blobs)
    error = np.sqrt(np.mean(np.square(blobs - sigmoid(z.logits))))
    assert stddevs[-1] == pytest.approx(error, rel=0.02)


def test_the_optimal_scale_is_the_batchs_and_then_the_recent_ones(tiny, blobs):
    model = build(tiny, "gaussian(stddev=optimal)")
    state = np.array(model.seed_generator.state)
    outputs = model(blobs)
    model.seed_generator.state.assign(state)
    terms = model.compute_terms({"image": blobs}, training=True)
    variance = np.mean(np.square(blobs - sigmoid(outputs.logits)))
    assert float(terms["decoder_stddev"]) == pytest.approx(np.sqrt(variance), rel=1e-2)  # softened
    expected = 64 * 0.5 + 64 * np.log(np.sqrt(2 * variance))
    assert float(terms["reconstruction"]) == pytest.approx(expected, abs=0.7)
    history = [float(model.update(blobs)["decoder_stddev"]) for _ in range(7)]
    evaluated = model.compute_terms({"image": blobs}, training=False)["decoder_stddev"]
    assert float(evaluated) == pytest.approx(np.sqrt(np.mean(np.square(history))), rel=1e-5)


@pytest.mark.parametrize("likelihood", ["gaussian(stddev=learned)", "gaussian(stddev=optimal)"])
def test_its_scale_is_trained_resumed_and_logged(tiny, tmp_path, likelihood):
    """The ways to have a state: a weight, and an average of batches; else there is none."""
    params = replace(tiny, likelihood=likelihood, steps=9, checkpoint_every=4, log_every=3)
    eights = ArrayImages("eights", np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8))
    straight = train(params, tmp_path / "straight", data=(eights, eights))
    killed = killed_copy(straight, tmp_path / "killed")
    resumed = train(params, killed, resume=True, data=(eights, eights))
    assert_same_bytes(straight, resumed)
    history = straight.history
    assert "decoder_stddev" in history and "val_decoder_stddev" in history
    assert np.all(np.isfinite(history["loss"]))


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_it_is_learned_from(tiny, blobs, likelihood):
    model, levels = build(tiny, likelihood, learning_rate=0.01), np.round(255 * blobs) / 255
    terms = [model.update({"image": levels}) for _ in range(10)]
    assert float(terms[-1]["loss"]) < float(terms[0]["loss"])
    scaled = "stddev" in likelihood or "discretized" in likelihood
    assert ("decoder_stddev" in model.columns) == ("decoder_stddev" in terms[0]) == scaled
    assert all(np.isfinite(term) for term in terms[-1].values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gausian", "'gausian'.*'gaussian'"),
        ("gaussian(stddev=0)", "`stddev`.*0.001.*stddev=0"),
        ("gaussian(stddev=-1)", "stddev=-1"),
        ("gaussian(stddev='x')", "stddev='x'"),
        ("gaussian(stddev=True)", "stddev=True"),
        ("gaussian(stddev=best)", "a number, learned or optimal"),
        ("gaussian(0.1)", "a number, learned or optimal"),
        ("laplace(stddev=0.1)", "a number, learned or optimal"),
        (3, "`likelihood`"),
    ],
)
def test_what_is_no_likelihood(text, message):
    with pytest.raises(UserError, match=message):
        Params(likelihood=text)


def test_names_and_classes_agree():
    assert {read_likelihood(text)[0] for text in LIKELIHOODS} == set(NAMES)
    for text in (*LIKELIHOODS, "gaussian(stddev=0.25)"):
        assert Params.from_json(Params(likelihood=text).to_json()).likelihood == text


@pytest.mark.parametrize("name", sorted(set(LIKELIHOODS) - {BETA_BINOMIAL, MIXTURE}))
def test_the_collapsed_reconstruction_is_the_least_of_any_one_output(tiny, name):
    """Against a search over one logit a pixel and the scale; some values are missing."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(0)
    x = rng.beta(0.5, 1.0, (60, 3, 1, 1)) ** [[[[1.0]], [[2.0]], [[0.3]]]]
    x = np.round(255 * x) / 255
    mask = (rng.random(x.shape) < 0.8).astype("float32")
    model = build(tiny, name)
    pixels = model.likelihood
    scale = name.split("stddev=")[-1] in ("learned)", "optimal)") or name.startswith("discretized")

    def loss(vector):
        if name.endswith("learned)"):
            pixels.log_stddev.assign(vector[3])
        elif name.endswith("optimal)"):
            pixels.variance.assign(np.exp(2 * vector[3]))
        elif scale:
            pixels.log_scale.assign(vector[3])
        logits = np.broadcast_to(vector[:3, None, None], x.shape).astype("float32")
        nats = pixels.reconstruction(x.astype("float32"), logits, mask=mask)[0]
        return float(np.mean(np.array(nats, float)))

    start = np.append(np.log(x.mean(axis=0) / (1 - x.mean(axis=0))), -1.5)
    options = {"maxiter": 1_500, "maxfev": 1_500, "xatol": 1e-4, "fatol": 1e-6}
    found = minimize(loss, start[: 4 if scale else 3], method="Nelder-Mead", options=options)
    collapsed = pixels.collapsed(np.where(mask > 0, x, np.nan))
    assert collapsed.shape == (60,)
    assert collapsed.mean() == pytest.approx(found.fun, abs=5e-3)


def test_collapsed_reconstructions_in_closed_form():
    bits = (np.random.default_rng(0).random((50, 4, 4, 1)) < 0.3).astype("float32")
    bits[:, 0] = 0
    p = bits.mean(axis=0)[1:].ravel().astype(float)
    entropy = -(p * np.log(p) + (1 - p) * np.log1p(-p)).sum()
    assert Bernoulli().collapsed(bits).mean() == pytest.approx(entropy)
    variance = bits.astype(float).var(axis=0).sum()
    assert Gaussian().collapsed(bits).mean() == pytest.approx(variance)
    halved = Gaussian(stddev=0.1).collapsed(bits).mean()
    assert halved == pytest.approx(variance / 0.02 + 16 * np.log(0.1 * np.sqrt(2)))
    few = np.minimum(bits.sum(axis=0), 50 - bits.sum(axis=0)).sum()
    assert Laplace().collapsed(bits).mean() == pytest.approx(few / 50)
