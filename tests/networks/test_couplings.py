import numpy as np
import pytest

from vae_tf.networks.couplings import RealNVP


def bent(size, num_couplings=6, hidden_size=16, seed=0):
    """A flow away from the identity."""
    flow = RealNVP(size, num_couplings, hidden_size, seed)
    rng = np.random.default_rng(seed)
    for weight in flow.weights:
        weight.assign(0.2 * rng.standard_normal(weight.shape).astype("float32"))
    return flow


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_inverse_is_the_inverse(size):
    flow = bent(size)
    z = np.random.default_rng(1).standard_normal((50, size)).astype("float32")
    u, _ = flow(z)
    assert np.abs(u - z).max() > 0.05
    np.testing.assert_allclose(flow.inverse(u), z, atol=1e-5)
    np.testing.assert_allclose(flow(flow.inverse(z))[0], z, atol=1e-5)


def test_a_new_flow_is_the_identity():
    z = np.random.default_rng(0).standard_normal((9, 4)).astype("float32")
    u, log_det = RealNVP(4, 3, 8)(z)
    np.testing.assert_array_equal(u, z)
    np.testing.assert_array_equal(log_det, 0.0)


def test_the_determinant_is_that_of_finite_differences():
    flow, size, step = bent(3), 3, 1e-2
    z = np.random.default_rng(2).standard_normal((1, size)).astype("float32")
    offsets = step * np.eye(size, dtype="float32")
    jacobian = np.array(flow(z + offsets)[0] - flow(z - offsets)[0]) / (2 * step)
    expected = np.log(abs(np.linalg.det(jacobian.astype(float))))
    assert float(flow(z)[1][0]) == pytest.approx(expected, abs=5e-3)


def test_the_change_of_variables_sums_to_one_on_a_grid():
    flow, side = bent(2), np.linspace(-12, 12, 481, dtype="float32")
    z = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    u, log_det = map(np.array, flow(z))
    density = np.exp(-0.5 * (u**2).sum(axis=1) - np.log(2 * np.pi) + log_det)
    assert density.sum() * (side[1] - side[0]) ** 2 == pytest.approx(1, abs=2e-3)


def test_every_entry_is_changed_by_a_pair_of_couplings():
    z = np.random.default_rng(0).standard_normal((4, 5)).astype("float32")
    assert (np.abs(bent(5, num_couplings=2)(z)[0] - z) > 1e-6).all()
