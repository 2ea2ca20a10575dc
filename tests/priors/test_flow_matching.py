import numpy as np
import pytest

from vae_tf.priors.flow_matching import match_flow


def ring(count, seed):
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi, count)
    return 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)


@pytest.fixture(scope="module")
def flow():
    return match_flow(ring(2_000, 0), steps=400)


def test_the_density_integrates_to_one(flow):
    side = np.linspace(-5, 5, 27)
    z = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    total = np.exp(flow.log_prob(z)).sum() * (side[1] - side[0]) ** 2
    assert total == pytest.approx(1, abs=0.05)


def test_samples_are_on_the_ring_that_the_codes_are_on(flow):
    samples = flow.sample(1_000, np.random.default_rng(0))
    assert samples.dtype == np.float32 and samples.shape == (1_000, 2)
    length = np.linalg.norm(samples, axis=1)
    of_gaussian = np.linalg.norm(
        match_flow(ring(2_000, 0), steps=0).sample(1_000, np.random.default_rng(0)), axis=1
    )
    assert np.abs(length - 3).mean() < 0.3 < np.abs(of_gaussian - 3).mean()


def test_noise_and_codes_are_inverses(flow):
    codes = ring(50, 1)
    np.testing.assert_allclose(flow.codes_of(flow.noise_of(codes)), codes, atol=0.1)
