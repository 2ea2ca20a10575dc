import numpy as np
import pytest
from scipy.stats import norm

from vae_tf.runs.compression import codes
from vae_tf.runs.compression.pixels import BinaryPixels, GreyPixels
from vae_tf.runs.compression.stack import Stack
from vae_tf.runs.compression.tables import level_probabilities, white_probabilities


def test_length_is_the_negative_binary_logarithm_of_the_probability():
    rng = np.random.default_rng(0)
    logits, pixels = rng.normal(0, 3, 20_000), rng.integers(0, 2, 20_000)
    white = white_probabilities()[np.clip(np.rint(logits * 32), -512, 512).astype(int) + 512]
    expected = -np.log2(np.where(pixels, white, 1 - white)).sum()
    stack = Stack(0)
    start = stack.num_bits
    BinaryPixels().push(stack, pixels, logits)
    assert stack.num_bits - start == pytest.approx(expected, rel=1e-4)
    np.testing.assert_array_equal(BinaryPixels().pop(stack, logits), pixels)
    assert stack.is_initial


def test_length_of_grey_pixels():
    rng = np.random.default_rng(0)
    coder = GreyPixels(-3.0)
    logits = rng.normal(0, 2, 5_000)
    levels = np.clip(np.rint(255 / (1 + np.exp(-logits)) + rng.normal(0, 20, 5_000)), 0, 255)
    center = np.rint(4080 / (1 + np.exp(-logits))).astype(int)
    expected = -np.log2(level_probabilities(-3.0)[center, levels.astype(int)] / 2**24).sum()
    stack = Stack(0)
    start = stack.num_bits
    coder.push(stack, levels, logits)
    assert stack.num_bits - start == pytest.approx(expected, rel=1e-4)
    np.testing.assert_array_equal(coder.pop(stack, logits), levels)


def test_codes_are_drawn_from_the_posterior_and_cost_the_divergence():
    # KL(N(m, s^2) || N(0, 1)) = (m^2 + s^2 - 1) / 2 - log s, as by an endless stack.
    count, mean, stddev = 4_000, 0.75, 0.25
    points, eighths = codes.quantize(np.full(count, mean), np.full(count, np.log(stddev)))
    stack = Stack(count)
    start = stack.num_bits
    drawn = codes.pop_posterior(stack, points, eighths)
    codes.push_prior(stack, drawn)
    kl = (mean**2 + stddev**2 - 1) / 2 - np.log(stddev)
    assert (stack.num_bits - start) / count == pytest.approx(kl / np.log(2), rel=0.02)
    assert drawn.mean() / 256 == pytest.approx(mean, abs=0.02)
    assert drawn.std() / 256 == pytest.approx(stddev, rel=0.05)
    np.testing.assert_array_equal(codes.pop_prior(stack, count), drawn)
    codes.push_posterior(stack, drawn, points, eighths)
    assert stack.is_initial


def test_codes_under_a_gaussian_take_their_log_probability():
    # A grid of 256 points in a unit; standard deviations are quantized to 2^(1/8).
    rng = np.random.default_rng(0)
    mean, stddev = rng.normal(0, 2, 500), 2.0 ** (rng.integers(-40, 9, 500) / 8)
    points, eighths = codes.quantize(mean, np.log(stddev))
    drawn = np.rint(points + 256 * stddev * rng.standard_normal(500)).astype(int)
    mass = norm.cdf(drawn + 0.5, points, 256 * stddev) - norm.cdf(drawn - 0.5, points, 256 * stddev)
    stack = Stack(0)
    start = stack.num_bits
    codes.push_conditional(stack, drawn, points, eighths)
    assert stack.num_bits - start == pytest.approx(-np.log2(mass).sum(), rel=0.005)
    np.testing.assert_array_equal(codes.pop_conditional(stack, points, eighths), drawn)
    assert stack.is_initial


def test_a_code_far_from_its_mean_is_coded():
    points, eighths = codes.quantize(np.array([1e6, -1e6]), np.array([-30.0, 5.0]))
    drawn = np.array([-7_168, 7_168])  # what the farthest and widest posterior can give
    stack = Stack(0)
    codes.push_conditional(stack, drawn, points, eighths)
    np.testing.assert_array_equal(codes.pop_conditional(stack, points, eighths), drawn)


@pytest.mark.parametrize("mean, log_stddev", [(0.0, -30.0), (1e6, 5.0), (-1e6, -3.0)])
def test_any_posterior_is_coded(mean, log_stddev):
    points, eighths = codes.quantize(np.array([mean]), np.array([log_stddev]))
    stack = Stack(1)
    drawn = codes.pop_posterior(stack, points, eighths)
    codes.push_prior(stack, drawn)
    np.testing.assert_array_equal(codes.pop_prior(stack, 1), drawn)
    codes.push_posterior(stack, drawn, points, eighths)
    assert stack.is_initial


def test_untouched_initial_words_are_not_kept():
    stack = Stack(1_000)
    assert len(stack.to_words()) == 1
    BinaryPixels().push(stack, np.ones(320, int), np.zeros(320))
    words = stack.to_words()
    assert len(words) <= 1 + 12
    restored = Stack(1_000, words)
    assert BinaryPixels().pop(restored, np.zeros(320)).all() and restored.is_initial
