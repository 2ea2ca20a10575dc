"""Hierarchies with and without the ladder, against closed forms, Monte Carlo and quadrature."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from scipy import special, stats

from vae_tf.config import Params
from vae_tf.models.ladder_vae import precision_weighted
from vae_tf.models.template.build import build_model
from vae_tf.models.vae import VAE
from vae_tf.probability.distributions import Gaussian
from vae_tf.process.errors import UserError

MODELS = ("hierarchical_vae", "ladder_vae")


def build(model, latent_size=3, sizes=(2, 1), **changes):
    hyper = {"sizes": list(sizes), "hidden": [6] * len(sizes)} | changes.pop("hyper", {})
    params = Params(
        dataset="digits", model=model, hyper=hyper, encoder=((12,),), latent_size=latent_size,
        initializer="glorot", **changes,
    )  # fmt: skip
    built = build_model(params, (8, 8, 1), dataset_size=64)
    rng = np.random.default_rng(0)
    for network in (*built.ups, *built.downs):  # which begin near N(0, I)
        for variable in network.trainable_weights:
            variable.assign(np.array(variable) + rng.normal(0, 0.2, variable.shape))
    return built


def log_normal(z, distribution):
    if not hasattr(distribution, "mean"):
        return stats.norm.logpdf(np.array(z, float)).sum(1)
    mean, log_stddev = (np.array(p, float) for p in (distribution.mean, distribution.log_stddev))
    return stats.norm(mean, np.exp(log_stddev)).logpdf(np.array(z, float)).sum(1)


def test_merged_gaussians_are_their_normalized_product():
    rng = np.random.default_rng(0)
    one, other = (Gaussian(*rng.normal(size=(2, 5, 3)).astype("float32")) for _ in range(2))
    merged = precision_weighted(one, other)
    precisions = [np.exp(-2 * np.array(each.log_stddev, float)) for each in (one, other)]
    variance = 1 / sum(precisions)
    mean = variance * (precisions[0] * one.mean + precisions[1] * other.mean)
    np.testing.assert_allclose(merged.mean, mean, rtol=1e-4)
    np.testing.assert_allclose(np.exp(2 * np.array(merged.log_stddev)), variance, rtol=1e-4)


def test_a_ladder_of_one_layer_is_the_vae(blobs):
    """The same networks and noise give the same terms and the same gradient."""
    ladder = build("ladder_vae", sizes=())
    encoder = keras.Model(ladder.encoder.input, ladder.encoder.outputs[:2])
    terms, gradients = [], []
    for model in (ladder, VAE(encoder, ladder.decoder)):
        model.seed_generator.state.assign([5, 0])
        with tf.GradientTape() as tape:
            terms.append(model.compute_terms({"image": blobs}, True))
        gradients.append(tape.gradient(terms[-1]["loss"], encoder.trainable_variables))
    for name, value in terms[1].items():
        assert float(terms[0][name]) == pytest.approx(float(value), rel=1e-6), name
    assert float(terms[0]["kl_1"]) == pytest.approx(float(terms[1]["kl"]), rel=1e-6)
    for ours, theirs in zip(*gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("model", MODELS)
def test_every_divergence_is_monte_carlos(model, blobs):
    built = build(model)
    outputs = built.forward({"image": np.repeat(blobs[:1], 4_000, axis=0)}, False)
    assert [latent.z.shape[1] for latent in outputs.latents] == [1, 2, 3]  # top first
    for latent in outputs.latents:
        ratio = log_normal(latent.z, latent.posterior) - log_normal(latent.z, latent.prior)
        kl = np.array(latent.posterior.kl(latent.prior, latent.z), float)
        error = (ratio - kl).std() / np.sqrt(len(kl))
        assert abs(np.mean(ratio - kl)) < 4.5 * error + 1e-4
    terms = built.compute_terms({"image": blobs}, False)
    parts = sum(float(terms[f"kl_{layer}"]) for layer in (1, 2, 3))
    assert float(terms["kl"]) == pytest.approx(parts, rel=1e-5)
    assert all(0 <= float(terms[f"active_{k}"]) <= n for k, n in ((1, 3), (2, 2), (3, 1)))


@pytest.mark.parametrize("model", MODELS)
def test_importance_weights_find_the_likelihood(model, blobs):
    """The integral over a grid of two latents, one a layer."""
    built = build(model, latent_size=1, sizes=(1,))
    grid = np.linspace(-6, 6, 241)
    step = np.log(grid[1] - grid[0])
    prior = Gaussian(*built.downs[0]([grid[:, None].astype("float32")]))
    mean, log_stddev = (np.array(part, float) for part in (prior.mean, prior.log_stddev))
    log_p = (
        stats.norm(mean, np.exp(log_stddev)).logpdf(grid[None]) + stats.norm.logpdf(grid)[:, None]
    )
    log_z1 = special.logsumexp(log_p + step, axis=0)  # [grid]
    logits = np.array(built.decoder(grid[:, None].astype("float32")), float)
    x = blobs[:1].astype(float)
    log_x = (x * logits - np.logaddexp(0, logits)).sum((1, 2, 3))
    exact = special.logsumexp(log_x + log_z1 + step)
    ratio = np.exp(built.log_importance_weights(blobs[:1], 20_000).astype(float)[:, 0] - exact)
    error = ratio.std() / np.sqrt(len(ratio))
    assert ratio.mean() == pytest.approx(1, abs=4.5 * error) and error < 0.05


@pytest.mark.parametrize("model", MODELS)
def test_lower_layers_follow_the_upper_ones(model):
    built = build(model)
    codes = np.random.default_rng(1).normal(size=(5, 6)).astype("float32")
    np.testing.assert_array_equal(built.propagate_down(codes, 5), codes)
    middle = built.propagate_down(codes, 2)
    np.testing.assert_array_equal(middle[:, :3], codes[:, :3])
    np.testing.assert_allclose(middle[:, 3:], built.downs[0]([codes[:, 1:3]])[0], rtol=1e-5)
    top = built.propagate_down(codes, 0)
    np.testing.assert_allclose(top[:, 1:3], built.downs[1]([codes[:, :1]])[0], rtol=1e-5)
    drawn = built.sample_prior(4_000, np.random.default_rng(0))
    prior = Gaussian(*built.downs[0]([drawn[:, 1:3]]))
    noise = (drawn[:, 3:] - prior.mean) / np.exp(prior.log_stddev)
    assert stats.kstest(np.ravel(noise), "norm").pvalue > 1e-3


@pytest.mark.parametrize(
    ("hyper", "message"),
    [
        ({"sizes": [2, 0]}, "each of sizes"),
        ({"sizes": [2], "hidden": [3, 4]}, "as many numbers"),
        ({"sizes": 3}, "must be a list"),
        ({"batch_normalization": 1}, "true or false"),
    ],
)
def test_hyperparameters_that_are_none(hyper, message):
    with pytest.raises(UserError, match=message):
        build("ladder_vae", sizes=(2,), hyper=hyper)


@pytest.mark.parametrize("model", MODELS)
def test_the_likelihood_of_a_linear_hierarchy_is_exact(model):
    """z2 ~ N(0, 1), z1 = A z2 + N(0, s^2), x = 0.5 + W z1 + N(0, 0.03^2): x is Gaussian.

    Images are so near 0.5 that the sigmoid is a line.
    """
    built = build(model, latent_size=2, sizes=(1,), likelihood="gaussian(stddev=0.03)")
    rng = np.random.default_rng(3)
    a, log_s, w = np.array([[0.6], [-0.4]]), np.log(0.7), rng.normal(0, 0.006, (64, 2))

    def down(above, training=False):
        mean = ops.matmul(above[0], a.T.astype("float32"))
        return mean, ops.full_like(mean, log_s)

    def decoder(z, training=False):
        return ops.reshape(ops.matmul(z, 4 * w.T.astype("float32")), (-1, 8, 8, 1))

    built.downs, built.decoder = [down], decoder
    covariance = w @ (a @ a.T + np.exp(2 * log_s) * np.eye(2)) @ w.T + 0.03**2 * np.eye(64)
    exact = stats.multivariate_normal(np.full(64, 0.5), covariance)
    x = exact.rvs(random_state=rng).reshape(1, 8, 8, 1).astype("float32")
    ratio = built.log_importance_weights(x, 200_000).astype(float)[:, 0] - exact.logpdf(x.ravel())
    ratio = np.exp(ratio)
    error = ratio.std() / np.sqrt(len(ratio))
    assert ratio.mean() == pytest.approx(1, abs=4.5 * error) and error < 0.05
