import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores.sharpness import BAND, power_spectrum, radial_spectrum, sharpness


def noise(count=200, side=16, channels=1):
    return np.random.default_rng(0).normal(size=(count, side, side, channels))


def blurred(images, width):
    """Images blurred by a Gaussian around the borders, and the blur's transfer function."""
    sides = images.shape[1:3]
    distances = [np.minimum(np.arange(n), n - np.arange(n)) for n in sides]
    row, column = (np.exp(-0.5 * (d / width) ** 2) for d in distances)
    kernel = np.outer(row / row.sum(), column / column.sum())
    out = np.zeros_like(images)
    for i, j in np.argwhere(kernel > 1e-15):  # the sum that convolution is
        out += kernel[i, j] * np.roll(images, (i, j), axis=(1, 2))
    return out, np.fft.fft2(kernel)


def test_identical_images_are_1_and_constant_ones_0():
    images = noise(channels=3)
    assert sharpness(images, images) == 1.0
    assert sharpness(images[::-1] + 3.0, images) == pytest.approx(1.0, rel=1e-9)
    assert sharpness(np.full((2, 16, 16, 3), 0.3), images) == 0.0
    assert sharpness(np.full((2, 8, 8, 1), 0.3), np.full((2, 8, 8, 1), 0.7)) == 1.0
    assert sharpness(noise(2, 8), np.full((2, 8, 8, 1), 0.7)) == np.inf


@pytest.mark.parametrize("cycles", [3, 4, 5])
def test_a_blurred_wave_has_the_squared_transfer_function(cycles):
    """exp(-(2 pi f s)^2) of a Gaussian blur of s pixels; one wave has one frequency."""
    phase = 2 * np.pi * cycles / 16 * np.arange(16)
    wave = np.broadcast_to(np.cos(phase), (1, 16, 16))[..., None]
    images, transfer = blurred(wave, 0.8)
    expected = abs(transfer[0, cycles]) ** 2
    assert expected == pytest.approx(np.exp(-((2 * np.pi * cycles / 16 * 0.8) ** 2)), rel=0.05)
    if cycles / 16 < BAND[0]:
        assert sharpness(wave, wave) == 1.0  # no power in the band, and none in the other
        _, before = radial_spectrum(wave)
        _, after = radial_spectrum(images)
        assert after[cycles - 1] / before[cycles - 1] == pytest.approx(expected)
    else:
        assert sharpness(images, wave) == pytest.approx(expected)


def test_blurred_noise_has_the_mean_of_the_squared_transfer_function():
    images = noise()
    after, transfer = blurred(images, 0.6)
    frequency, power = power_spectrum(images)
    inside = (frequency >= 0.25) & (frequency <= 0.5)
    exact = (np.abs(transfer) ** 2 * power)[inside].sum() / power[inside].sum()
    assert sharpness(after, images) == pytest.approx(exact)
    mean = (np.abs(transfer[inside]) ** 2).mean()
    assert sharpness(after, images) == pytest.approx(mean, abs=0.01)


def test_white_noise_is_flat_and_adds_to_sharpness():
    frequencies, power = radial_spectrum(noise(count=2_000, side=8))
    np.testing.assert_allclose(frequencies, [1 / 8, 2 / 8, 3 / 8, 4 / 8])
    np.testing.assert_allclose(power, 1.0, atol=0.05)  # the variance of a pixel
    one, other = noise(2_000, 8), np.random.default_rng(1).normal(size=(2_000, 8, 8, 1))
    assert sharpness(one + 0.5 * other, one) == pytest.approx(1.25, abs=0.02)


def test_the_spectrum_keeps_the_squares_of_pixels():
    images = np.random.default_rng(0).random((3, 6, 10, 2))
    frequency, power = power_spectrum(images)
    assert power.sum() / 60 == pytest.approx(np.mean(images**2))
    assert frequency.shape == (6, 10) and frequency[3, 0] == frequency[0, 5] == 0.5


def test_unfit_images_are_refused():
    with pytest.raises(UserError, match="finite images"):
        sharpness(np.full((2, 4, 4, 1), np.nan), noise(side=4))
    with pytest.raises(UserError, match="Received: .4, 4, 1. and .8, 8, 1."):
        sharpness(noise(side=4), noise(side=8))
    with pytest.raises(UserError, match="at least 2"):
        radial_spectrum(np.zeros((3, 1, 5, 1)))
