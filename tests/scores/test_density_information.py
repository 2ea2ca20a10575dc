import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from vae_tf.process.errors import UserError
from vae_tf.scores import density_information_matrix, factor_entropies, mig_density_score

GRID = np.stack(np.meshgrid(range(3), range(4), indexing="ij"), -1).reshape(-1, 2)


def test_against_the_sampled_estimate_of_the_paper(rng):
    # Chen et al.: I = H(z) - mean over v of H(z | v), both from samples of q.
    mean = GRID[:, [0]] + 0.5 * GRID[:, [1]] + 0.1 * rng.normal(size=(12, 1))
    stddev = rng.uniform(0.2, 0.6, size=(12, 1))
    information = density_information_matrix(mean, np.log(stddev), GRID)
    for k, size in enumerate((3, 4)):
        gains = []
        for value in range(size):
            rows = np.flatnonzero(GRID[:, k] == value)
            picked = rng.choice(rows, size=20_000)
            z = rng.normal(mean[picked], stddev[picked])  # [S, 1]
            logs = norm.logpdf(z, mean[:, 0], stddev[:, 0])  # [S, N]
            inside = logsumexp(logs[:, rows], axis=1) - np.log(len(rows))
            gains.append(inside - (logsumexp(logs, axis=1) - np.log(12)))
        gains = np.concatenate(gains)
        error = gains.std() / np.sqrt(len(gains))
        assert information[0, k] == pytest.approx(gains.mean(), abs=5 * error)


def test_two_gaussians_by_quadrature():
    information = density_information_matrix([[-1.0], [1.0]], np.zeros((2, 1)), [[0], [1]])
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    expected = np.log(2) - weights @ np.log1p(np.exp(-2 * (1 + nodes))) / weights.sum()
    assert information[0, 0] == pytest.approx(expected, abs=1e-6)


def by_brute_force(mean, stddev, labels):
    """Every half standard deviation of every image is an interval of 20 Gauss-Legendre points."""
    ends = np.unique(mean[:, None] + stddev[:, None] * np.arange(-9, 9.25, 0.5))
    nodes, weights = np.polynomial.legendre.leggauss(20)
    widths = np.diff(ends)[:, None]
    z, weights = (
        (ends[:-1, None] + widths * (nodes + 1) / 2).ravel(),
        (widths * weights / 2).ravel(),
    )
    logs = norm.logpdf(z[:, None], mean, stddev)  # [G, N]
    total = 0.0
    for value in np.unique(labels):
        inside = logsumexp(logs[:, labels == value], axis=1) - np.log(np.sum(labels == value))
        ratio = inside - (logsumexp(logs, axis=1) - np.log(len(mean)))
        total += np.mean(labels == value) * np.sum(weights * np.exp(inside) * ratio)
    return total


@pytest.mark.parametrize("narrowest", [-1.0, -4.0, -9.0, -20.0])
@pytest.mark.parametrize("outlier", [0.0, 1e4])
def test_mixed_standard_deviations_by_brute_force(rng, narrowest, outlier):
    mean, stddev = rng.normal(size=40), np.exp(rng.uniform(narrowest, 0, size=40))
    mean[3] += outlier
    labels = rng.integers(0, 3, size=40)
    information = density_information_matrix(
        mean[:, None], np.log(stddev)[:, None], np.stack([labels, labels * 0], axis=1)
    )
    assert information[0] == pytest.approx([by_brute_force(mean, stddev, labels), 0], abs=3e-6)


def test_one_mean_far_away_does_not_blur_the_others(rng):
    labels = np.arange(2_000) % 10
    mean = np.stack([labels, rng.normal(size=2_000)], axis=1)
    log_stddev = np.full((2_000, 2), np.log(0.05))
    near = mig_density_score(mean, log_stddev, labels[:, None])
    mean[7, 0] = 1_000
    assert mig_density_score(mean, log_stddev, labels[:, None]) == pytest.approx(near, abs=1e-3)
    assert near > 0.96


def test_narrow_posteriors_are_not_widened(rng):
    # 3,000 peaks on a range of 6 identify every image, hence every label, though labels are random.
    mean, labels = np.linspace(-3, 3, 3_000)[:, None], rng.integers(0, 4, size=(3_000, 1))
    information = density_information_matrix(mean, np.full((3_000, 1), np.log(1e-5)), labels)
    assert information[0, 0] == pytest.approx(factor_entropies(labels)[0], abs=1e-5)


def test_sharp_identity_codes():
    assert mig_density_score(GRID, np.full((12, 2), -4.0), GRID) == pytest.approx(1, abs=1e-5)


def test_noise_lowers_the_score():
    scores = [mig_density_score(GRID, np.full((12, 2), s), GRID) for s in (-3.0, -1, 0, 1)]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < 0.2


def test_copies_and_collapsed_codes():
    sharp = np.full((12, 4), -4.0)
    assert mig_density_score(GRID[:, [0, 1, 0, 1]], sharp, GRID) == pytest.approx(0, abs=1e-6)
    assert mig_density_score(np.zeros((12, 2)), np.zeros((12, 2)), GRID) == pytest.approx(0)
    assert mig_density_score(GRID[:, :1], sharp[:, :1], GRID[:, :1]) == pytest.approx(1, abs=1e-4)
    assert mig_density_score(GRID, sharp[:, :2], GRID * 0) == 0


@pytest.mark.parametrize("log_stddev", [-39.0, -12.0, 39.0])
def test_extreme_standard_deviations(log_stddev):
    score = mig_density_score(GRID, np.full((12, 2), log_stddev), GRID)
    assert score == pytest.approx(0 if log_stddev > 0 else 1, abs=1e-3)
    same = np.full((12, 2), 1e3)
    assert mig_density_score(same, np.full((12, 2), log_stddev), GRID) == pytest.approx(0, abs=1e-6)


def test_blocks_do_not_change_the_result(rng, monkeypatch):
    from vae_tf.scores import density_information

    arrays = rng.normal(size=(300, 2)), rng.normal(size=(300, 2)), rng.integers(0, 3, (300, 1))
    expected = density_information_matrix(*arrays)
    monkeypatch.setattr(density_information, "_CELLS_PER_BLOCK", 700)
    monkeypatch.setattr(density_information, "_PANELS_AT_ONCE", 4)
    monkeypatch.setattr(density_information, "_PANELS_NEAR", 3)
    np.testing.assert_allclose(density_information_matrix(*arrays), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("mean", "factors", "message"),
    [
        (np.zeros((12, 3)), GRID, "must have the same shape"),
        (np.zeros((12, 2)), GRID[:5], "one row for each image. Received: 12 and 5"),
        (np.zeros((12, 2)), GRID + 0.5, "must hold integers"),
    ],
)
def test_errors(mean, factors, message):
    with pytest.raises(UserError, match=message):
        mig_density_score(mean, np.zeros((12, 2)), factors)
