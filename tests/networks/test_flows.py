import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from vae_tf.networks.flows import InverseAutoregressiveFlow, PlanarFlow

SIZES = [1, 2, 5]


def jacobian(function, x):
    """`[B, ...]` derivatives of the rows of `function(x)` by the rows of x."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        after = function(x)
    return np.array(tape.batch_jacobian(after, x), float)


# --- planar ---


def planar(u, w, b):
    """A planar flow with these parameters, whatever the context: z `[B, L]` -> its two results."""
    flow = PlanarFlow(0)
    flow.build((None, len(u)), (None, 1))
    flow.parameters.set_weights([np.zeros((1, 2 * len(u) + 1)), np.concatenate([u, w, [b]])])
    return lambda z: flow(z, np.ones((len(z), 1), "float32"))


def planar_by_the_paper(z, u, w, b):
    """Rezende & Mohamed, Eq. 10 and App. A.1, in float64."""
    u = u + (np.logaddexp(0, w @ u) - 1 - w @ u) * w / (w @ w)
    return z + u * np.tanh(w @ z + b)


@pytest.mark.parametrize("scale", [0.3, 3.0, 30.0])
@pytest.mark.parametrize("size", SIZES)
def test_planar_determinant_is_that_of_a_numerical_jacobian(size, scale):
    rng = np.random.default_rng(0)
    for _ in range(20):
        u, w = rng.normal(0, scale, (2, size)).astype("float32").astype(float)
        z = rng.normal(size=size).astype("float32").astype(float)
        # Where tanh bends; elsewhere every determinant is 1.
        b = float(np.float32(rng.choice([-1, 1]) * rng.uniform(0.2, 1) - w @ z))
        after, log_det = (np.array(part) for part in planar(u, w, b)(np.float32([z])))
        np.testing.assert_allclose(
            after[0], planar_by_the_paper(z, u, w, b), rtol=1e-3, atol=1e-4 * scale
        )
        # Complex steps: without the difference of large numbers that costs digits.
        columns = [planar_by_the_paper(z + 1e-20j * e, u, w, b).imag / 1e-20 for e in np.eye(size)]
        sign, numerical = np.linalg.slogdet(np.stack(columns, axis=1))
        assert sign == 1
        assert log_det[0] == pytest.approx(numerical, rel=1e-3, abs=1e-3)


def test_planar_flow_goes_one_way_along_w():
    """w f(z) rises with w z exactly where w u > -1, whatever u was before it was bent."""
    rng = np.random.default_rng(1)
    folds = 0
    for _ in range(50):
        u, w = rng.normal(0, 2, (2, 3))
        b = rng.normal()
        line = np.linspace(-3, 3, 400)[:, None] * w / (w @ w)
        after, log_det = planar(u, w, b)(np.float32(line))
        assert np.all(np.diff(np.array(after, float) @ w) > -1e-6)
        assert np.all(np.isfinite(log_det))
        unbent = line + u * np.tanh(line @ w + b)[:, None]
        folds += np.any(np.diff(unbent @ w) < 0)
    assert folds > 10  # the raw parameters would often not be invertible


def test_planar_determinant_where_one_plus_w_u_rounds_to_zero():
    # At tanh 0 the determinant is 1 + w u = softplus(-50), e^-50; in float32 1 + (-1) is 0.
    flow = planar(np.array([-25.0, 5.0]), np.array([2.0, 0.0]), 0.0)
    assert float(flow(np.zeros((1, 2), "float32"))[1][0]) == pytest.approx(-50, rel=1e-5)


@pytest.mark.parametrize("size", [0.0, 1e-6, 1e-3])
def test_planar_flow_with_hardly_any_direction(size):
    flow = planar(np.array([1.0, -2.0]), np.array([size, 0.5 * size]), 0.3)
    z = np.float32([[0.5, 1.0]])
    log_det = np.linalg.slogdet(jacobian(lambda z: flow(z)[0], z)[0])[1]
    assert float(flow(z)[1][0]) == pytest.approx(log_det, abs=1e-4)


def test_parameters_of_the_planar_flow_are_the_contexts():
    flow = PlanarFlow(3)
    flow.build((None, 2), (None, 4))
    contexts = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    after, _ = flow(np.zeros((2, 2), "float32") + 1, contexts)
    assert np.abs(after[0] - after[1]).max() > 1e-3


# --- inverse autoregressive ---


def iaf(size, reverse=False, scale=1.0, hidden_size=32):
    """A flow whose weights are normal with a spread of `scale`."""
    flow = InverseAutoregressiveFlow(hidden_size, reverse, 0)
    flow.build((None, size), (None, 4))
    rng = np.random.default_rng(0)
    flow.set_weights([rng.normal(0, scale, weight.shape) for weight in flow.get_weights()])
    return flow


@pytest.fixture
def inputs():
    """`z [6, L]` and `context [6, 4]`."""

    def draw(size):
        rng = np.random.default_rng(2)
        return rng.normal(size=(6, size)).astype("float32"), rng.normal(size=(6, 4)).astype(
            "float32"
        )

    return draw


def determinant(matrix):
    """By Leibniz' formula: nothing is eliminated, so a zero stays one and no pivot is rounded."""
    size = len(matrix)
    total = 0.0
    for columns in itertools.permutations(range(size)):
        inversions = sum(a > b for a, b in itertools.combinations(columns, 2))
        total += (-1) ** inversions * math.prod(matrix[range(size), columns])
    return total


@pytest.mark.parametrize("scale", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_iaf_is_triangular_and_its_determinant_the_diagonals(inputs, size, reverse, scale):
    flow = iaf(size, reverse, scale)
    z, context = inputs(size)
    matrices = jacobian(lambda z: flow(z, context)[0], z)
    if reverse:
        matrices = matrices[:, ::-1, ::-1]
    above = np.triu(np.ones((size, size), bool), 1)
    assert np.all(matrices[:, above] == 0)
    assert np.all(np.abs(matrices[:, above.T]).max(axis=0) > 0)  # all earlier ones count
    diagonal = np.diagonal(matrices, axis1=1, axis2=2)
    assert np.all((diagonal > 0) & (diagonal <= 1))
    log_det = flow(z, context)[1]
    np.testing.assert_allclose(log_det, np.log(diagonal).sum(1), rtol=1e-4, atol=1e-4)
    # Not slogdet: gates near 0 beside large entries cost its elimination all digits.
    determinants = [determinant(matrix) for matrix in matrices]
    np.testing.assert_allclose(log_det, np.log(determinants), rtol=1e-4, atol=1e-4)


def test_iaf_is_the_gated_mean_of_the_paper(inputs):
    """Eq. 12 to 14 with the masked network in NumPy, unit by unit."""
    size, flow = 3, iaf(3)
    z, context = inputs(size)
    kernel, context_kernel, bias, output, output_bias = (
        np.array(weight, float) for weight in flow.get_weights()
    )
    degrees = [unit % size - 1 for unit in range(32)]
    hidden = np.stack(
        [
            z[:, : degree + 1] @ kernel[: degree + 1, unit]
            + context @ context_kernel[:, unit]
            + bias[unit]
            for unit, degree in enumerate(degrees)
        ],
        axis=1,
    )
    hidden = np.where(hidden > 0, hidden, np.expm1(hidden))
    after, log_det = np.zeros((6, size)), np.zeros(6)
    for latent in range(size):
        seen = np.array(degrees) < latent
        m, s = (
            hidden[:, seen] @ output[seen, column] + output_bias[column]
            for column in (latent, size + latent)
        )
        gate = 1 / (1 + np.exp(-s))
        after[:, latent] = gate * z[:, latent] + (1 - gate) * m
        log_det += np.log(gate)
    received = flow(z, context)
    np.testing.assert_allclose(received[0], after, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(received[1], log_det, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", SIZES)
def test_every_latent_of_the_iaf_depends_on_the_context(inputs, size):
    z, context = inputs(size)
    flow = iaf(size)
    derivatives = jacobian(lambda context: flow(z, context)[0], context)  # [B, L, C]
    assert np.all(np.abs(derivatives).max(axis=(0, 2)) > 0)


def test_iaf_starts_as_a_gate_near_one(inputs):
    flow = InverseAutoregressiveFlow(32, False, 0)
    flow.build((None, 3), (None, 4))
    z, _ = inputs(3)
    _, log_det = flow(z, np.zeros((6, 4), "float32"))
    expected = 3 * np.log(1 / (1 + np.exp(-1.5)))
    assert np.mean(log_det) == pytest.approx(expected, abs=0.5)
