"""Our own VAE without hidden layers, at its optimum, beside every closed form of the forecast."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import minimize

from vae_tf.config import replace
from vae_tf.forecasts.linear_vae import forecast
from vae_tf.models.template.build import build_model
from vae_tf.scores import active_units

ROWS = 512  # samples of each image's posterior in the loss


@pytest.fixture(scope="module")
def images():
    """`[48, 1, 6, 1]` in 0.5 +- 0.03, where a sigmoid is a line to 0.1 %."""
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    spread = [0.012, 0.008, 0.005, 0.003, 0.0015, 0.0008]
    deviations = rng.standard_normal((48, 6)) * spread @ turn.T
    assert np.abs(deviations).max() < 0.04
    return (0.5 + deviations).astype("float32").reshape(48, 1, 6, 1)


KERNELS = ("mean/kernel", "log_stddev/kernel")


def scale_of(path):
    """The size of weights at the optimum, with which the minimum is round."""
    sizes = {"mean/kernel": 50.0, "log_stddev/kernel": 20.0, "mean/bias": 1.0}
    return sizes.get(path, 1.0 if "log_stddev" in path else 0.05)


def at_its_optimum(model, images):
    """Minimizes the model's own loss under one fixed noise of many samples; returns its terms."""
    batch = {"image": tf.constant(np.repeat(images, ROWS, axis=0))}
    variables = model.trainable_variables
    scales = [scale_of(variable.path) for variable in variables]

    @tf.function
    def terms_and_gradients():
        model.seed_generator.state.assign([0, 0])
        with tf.GradientTape() as tape:
            terms = model.compute_terms(batch, True)
        return terms, tape.gradient(terms["loss"], [v.value for v in variables])

    center = images.reshape(len(images), -1).mean(axis=0).astype(float)
    ends = np.cumsum([np.prod(v.shape) for v in variables])[:-1].astype(int)
    biases = {index + 1 for index, v in enumerate(variables) if v.path in KERNELS}

    def put(vector):
        """Biases belong to centered images, so that the minimum is round."""
        parts = np.split(vector, ends)
        parts = [s * p.reshape(v.shape) for v, s, p in zip(variables, scales, parts, strict=True)]
        for index, part in enumerate(parts):
            part = part - center @ parts[index - 1] if index in biases else part
            variables[index].assign(part.astype("float32"))

    def loss(vector):
        put(vector)
        terms, gradients = terms_and_gradients()
        gradients = [np.array(gradient, float) for gradient in gradients]
        for index in biases:
            gradients[index - 1] = gradients[index - 1] - np.outer(center, gradients[index])
        parts = [s * g.ravel() for s, g in zip(scales, gradients, strict=True)]
        return float(terms["loss"]), np.concatenate(parts)

    rng = np.random.default_rng(0)
    start = 0.2 * rng.standard_normal(sum(int(np.prod(v.shape)) for v in variables))
    put(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 60, "maxcor": 30}).x)
    return {name: float(value) for name, value in terms_and_gradients()[0].items()}


@pytest.mark.parametrize(("weight", "latents", "used"), [(1.0, 3, 3), (2.0, 2, 2), (14.0, 2, 0)])
def test_our_vae_without_hidden_layers_is_the_forecast(tiny, images, weight, latents, used):
    stddev = 0.0035
    params = replace(
        tiny, encoder=(), latent_size=latents, kl_weight=weight,
        likelihood=f"gaussian(stddev={stddev})",
    )  # fmt: skip
    model = build_model(params, images.shape[1:], len(images))
    terms = at_its_optimum(model, images)
    result = forecast(images, weight, latents, stddev)
    mean, _ = model.encode(images)
    assert result.used == used == active_units(mean)
    assert terms["kl"] == pytest.approx(result.kl, rel=0.01, abs=5e-3)
    # The squared error that the likelihood saw, samples included.
    nats = terms["reconstruction"] - 6 * np.log(stddev * np.sqrt(2))
    assert nats * 2 * stddev**2 == pytest.approx(result.squared_error, rel=0.01)
