import numpy as np
import pytest
from scipy import special, stats

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.models.template.latents import repeated
from vae_tf.probability.distributions import gaussian_kl
from vae_tf.process.errors import UserError

FLOWS = ["iaf", "planar"]


def make(tiny, flow="iaf", latent_size=3, **hyperparameters):
    params = replace(tiny, model="flow_vae", latent_size=latent_size)
    return build_model(replace(params, hyper={"flow": flow, **hyperparameters}), (8, 8, 1), 64)


def bent(tiny, flow, latent_size, scale=0.5):
    """A model whose flows are far from the identity."""
    model = make(tiny, flow, latent_size)
    rng = np.random.default_rng(0)
    for layer in model.flows:
        weights = layer.get_weights()
        layer.set_weights([weight + rng.normal(0, scale, weight.shape) for weight in weights])
    return model


def samples(model, x, count):
    """Samples of the posterior of one image and their log-densities, float64."""
    (latent,) = model.forward({"image": x[:1]}, False, num_samples=count).latents
    return np.array(latent.z, float), np.array(latent.posterior.log_prob(latent.z), float)


@pytest.mark.parametrize("flow", FLOWS)
def test_in_one_dimension_the_density_integrates_to_the_distribution_of_samples(tiny, blobs, flow):
    """Trapezoids under the density, up to each sample, against the part of samples below it."""
    count = 20_000
    z, log_density = samples(bent(tiny, flow, 1), blobs, count)
    order = np.argsort(z[:, 0])
    z, density = z[order, 0], np.exp(log_density[order])
    below = np.concatenate([[0], np.cumsum(0.5 * np.diff(z) * (density[1:] + density[:-1]))])
    assert below[-1] == pytest.approx(1, abs=0.01)
    # Kolmogorov and Smirnov: sup |F_n - F| is below 2 / sqrt(n) with probability 0.9993.
    assert np.abs(below - np.arange(count) / count).max() < 2 / np.sqrt(count)


@pytest.mark.parametrize("flow", FLOWS)
def test_in_three_dimensions_the_density_is_that_of_the_samples(tiny, blobs, flow):
    """E_q[h / q] is the integral of h, here 1, for any h whose support q covers."""
    count = 40_000
    z, log_density = samples(bent(tiny, flow, 3), blobs, count)
    # A Gaussian amid the samples, half as wide: h / q is bounded.
    log_h = stats.multivariate_normal(np.median(z, axis=0), 0.25 * np.cov(z.T)).logpdf(z)
    ratio = np.exp(log_h - log_density)
    error = ratio.std() / np.sqrt(count)
    assert error < 0.03
    assert ratio.mean() == pytest.approx(1, abs=4.5 * error)


@pytest.mark.parametrize("flow", FLOWS)
def test_the_log_ratio_is_numpys(tiny, blobs, flow):
    model = bent(tiny, flow, 3)
    outputs = model.forward({"image": blobs}, training=False)
    (latent,) = outputs.latents
    q = latent.posterior
    parts = outputs.mean, outputs.log_stddev, outputs.z, q.start, q.log_det
    mean, log_stddev, z, start, log_det = (np.array(part, float) for part in parts)
    log_q = stats.norm.logpdf(start, mean, np.exp(log_stddev)).sum(1) - log_det
    expected = log_q - stats.norm.logpdf(z).sum(1)
    np.testing.assert_allclose(outputs.log_ratio(), expected, rtol=1e-4, atol=1e-4)
    kl, logs = model.regularizer(outputs)
    np.testing.assert_allclose(kl, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(logs["kl"], kl)
    np.testing.assert_array_equal(logs["log_det"], q.log_det)
    assert np.abs(z - start).max() > 0.1


def test_flows_that_do_nothing_give_the_vae(tiny, blobs):
    model = make(tiny)
    for flow in model.flows:
        *others, bias = flow.get_weights()
        bias[3:] = 50  # the gate is 1
        flow.set_weights([*others[:-1], 0 * others[-1], bias])
    outputs = model.forward({"image": blobs}, training=False)
    np.testing.assert_array_equal(outputs.z, outputs.latents[0].posterior.start)
    many = model.forward({"image": np.concatenate([blobs] * 100)}, training=False)
    sampled = np.array(model.regularizer(many)[0], float)
    expected = np.mean(gaussian_kl(outputs.mean, outputs.log_stddev))
    assert sampled.mean() == pytest.approx(expected, abs=4 * sampled.std() / np.sqrt(6400))


@pytest.mark.parametrize("flow", FLOWS)
def test_encode_gives_moments_of_the_posterior(tiny, blobs, flow):
    model = bent(tiny, flow, 2)
    mean, log_stddev = (part[0] for part in model.encode(blobs))
    z, _ = samples(model, blobs, 20_000)
    # From 64 samples: the mean is off by stddev / 8, the variance by the spread of squares / 8.
    assert np.all(np.abs(mean - z.mean(0)) < 4.5 * z.std(0) / 8)
    squares = (z - z.mean(0)) ** 2
    assert np.all(np.abs(np.exp(2 * log_stddev) - z.var(0)) < 4.5 * squares.std(0) / 8)
    noise = np.random.default_rng(0).standard_normal((64, 1, 2))
    start_mean, start_log_stddev, context = model.heads(blobs[:1])
    start = np.array(start_mean + np.exp(start_log_stddev) * noise[:, 0])
    exact = np.array(model.bend(start.astype("float32"), repeated(context, 64))[0])
    np.testing.assert_allclose(mean, exact.mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.exp(log_stddev), exact.std(0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("flow", FLOWS)
def test_weights_estimate_the_likelihood_whatever_the_flow(tiny, blobs, flow):
    """For a decoder that ignores z, p(x) = p(x|z): the mean of p(z) / q(z|x) is 1."""
    # Bent less: with a posterior that is narrow somewhere, samples would miss parts of the prior.
    model = bent(tiny, flow, 2, scale=0.1)
    first = model.decoder.get_layer("dense_1")
    first.set_weights([0 * first.kernel, first.bias])
    # Wider than the prior, so that the weights have a variance.
    model.encoder.get_layer("log_stddev").bias.assign([1.5, 1.5])
    x = blobs[:1]
    weights = np.array(model.log_importance_weights(x, 40_000), float)[:, 0]
    logits = np.array(model.decoder(np.zeros((1, 2), "float32")), float)
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum()
    ratio = np.exp(weights - log_likelihood)
    error = ratio.std() / np.sqrt(len(ratio))
    assert error < 0.03
    assert ratio.mean() == pytest.approx(1, abs=4.5 * error)
    estimate = special.logsumexp(weights) - np.log(len(weights))
    assert estimate == pytest.approx(log_likelihood, abs=0.15)


def test_every_other_flow_runs_backwards(tiny):
    assert [flow.reverse for flow in make(tiny).flows] == [False, True, False, True]


def test_flows_see_the_image(tiny, blobs):
    model = make(tiny)
    context = np.array(model.heads(blobs)[2])
    features = model.encoder.get_layer("mean").input
    assert context.shape == (64, features.shape[-1]) and context.std(0).max() > 0


@pytest.mark.parametrize(
    ("hyperparameters", "message"),
    [
        ({"num_flows": 0}, "`num_flows`.*1 to 100"),
        ({"num_flows": True}, "`num_flows`"),
        ({"hidden_size": 2.5}, "`hidden_size`"),
        ({"flow": "plane"}, "'plane'.*'planar'"),
        ({"flow": [1]}, "Unknown flow"),
    ],
)
def test_wrong_hyperparameters(tiny, hyperparameters, message):
    with pytest.raises(UserError, match=message):
        make(tiny, **hyperparameters)


def inverse(flow, y, context):
    """Inverse of a planar flow by bisection, and its log |det df/dz|, both float64."""
    u, w, b = np.split(np.array(flow.parameters(context[None]), float)[0], [2, 4])
    dot = w @ u
    u = u + (np.logaddexp(0, dot) - 1 - dot) / (w @ w) * w
    slope, along = w @ u, y @ w  # along is a + slope tanh(a + b), which rises with a
    low, high = along - abs(slope) - 1, along + abs(slope) + 1
    for _ in range(60):
        a = 0.5 * (low + high)
        below = a + slope * np.tanh(a + b) < along
        low, high = np.where(below, a, low), np.where(below, high, a)
    bent = np.tanh(a + b)
    return y - bent[:, None] * u, np.log1p(slope * (1 - bent**2))


def test_planar_flows_are_inverted_and_their_determinant_is_that_of_the_jacobian(tiny, blobs):
    import tensorflow as tf

    model = bent(tiny, "planar", 2, scale=1.0)
    context = np.array(model.heads(blobs[:1])[2])[0]
    z = tf.constant(2 * np.random.default_rng(0).standard_normal((300, 2)), tf.float32)
    for flow in model.flows:
        with tf.GradientTape() as tape:
            tape.watch(z)
            y, log_det = flow(z, np.tile(context, (300, 1)))
        jacobian = np.linalg.slogdet(np.array(tape.batch_jacobian(y, z), float))
        assert np.all(jacobian.sign > 0)
        np.testing.assert_allclose(log_det, jacobian.logabsdet, atol=2e-3)
        back, by_inverse = inverse(flow, np.array(y, float), context)
        np.testing.assert_allclose(back, z, atol=1e-3)
        np.testing.assert_allclose(by_inverse, log_det, atol=1e-2)


def test_likelihoods_of_all_images_of_three_pixels_sum_to_1(tiny):
    """Half of the samples are the prior's: a bent posterior alone misses regions.

    Weights p(x, z) / (q(z|x) / 2 + p(z) / 2) sum to 1 only if q is the density of its samples.
    """
    count = 4_000
    images = np.array(list(np.ndindex(2, 2, 2)), "float32").reshape(8, 3, 1, 1)
    params = replace(tiny, model="flow_vae", latent_size=2, encoder=[[8]])
    model = build_model(replace(params, hyper={"flow": "planar"}), (3, 1, 1), 64)
    rng = np.random.default_rng(0)
    for layer in (*model.flows, model.decoder):
        weights = layer.get_weights()
        layer.set_weights([each + rng.normal(0, 0.5, each.shape) for each in weights])
    means, log_stddevs, contexts = (np.array(part) for part in model.heads(images))
    totals, errors = [], []
    for x, mean, log_stddev, context in zip(images, means, log_stddevs, contexts, strict=True):
        bent_z, log_q = samples(model, x[None], count)
        prior_z = rng.standard_normal((count, 2))
        start, log_dets = prior_z, []
        for flow in model.flows[::-1]:
            start, log_det = inverse(flow, start, context)
            log_dets.append(log_det)
        of_prior = stats.norm.logpdf(start, mean, np.exp(log_stddev)).sum(axis=1) - sum(log_dets)
        z, log_q = np.concatenate([bent_z, prior_z]), np.concatenate([log_q, of_prior])
        logits = np.array(model.decoder(z.astype("float32")), float).reshape(-1, 3)
        log_prior = stats.norm.logpdf(z).sum(axis=1)
        log_joint = (x.ravel() * logits - np.logaddexp(0, logits)).sum(axis=1) + log_prior
        ratios = np.exp(log_joint - np.logaddexp(log_q, log_prior) + np.log(2))
        totals.append(ratios.mean())
        errors.append(ratios.std() / np.sqrt(len(ratios)))
    error = np.linalg.norm(errors)
    assert error < 0.01
    assert sum(totals) == pytest.approx(1, abs=4.5 * error)
