import numpy as np

from vae_tf.plots.animations import enhance_dark, training_frames, traversal_frames


def test_dark_pixels_are_enhanced_and_the_ends_stay():
    ramp = np.arange(256, dtype="uint8")
    enhanced = enhance_dark(ramp)
    assert enhanced[0] == 0 and enhanced[255] == 255
    assert np.all(enhanced[1:128] > ramp[1:128]) and np.all(np.diff(enhanced.astype(int)) >= 0)
    np.testing.assert_array_equal(enhance_dark(ramp, 1.0), ramp)


def test_training_frames_hold_the_pictures_and_differ_by_step():
    picture = np.random.default_rng(0).integers(0, 256, (30, 90, 3)).astype("uint8")
    first, second = training_frames({0: picture, 7_000: picture}, "run")
    assert first.shape == second.shape
    np.testing.assert_array_equal(first[50:80, -102:-12], picture)
    assert np.any(first[:40] != second[:40])  # the step, and how far it is
    np.testing.assert_array_equal(first[50:], second[50:])
    (bright,) = training_frames({0: picture}, "run", gamma=0.5)
    np.testing.assert_array_equal(bright[50:80, -102:-12], enhance_dark(picture))


def test_traversal_frames_are_one_a_position():
    images = np.random.default_rng(0).random((3, 4, 16, 16, 3))
    frames = traversal_frames(images, np.linspace(0, 1, 4), ["a", "b", "c"], "run", columns=2)
    assert len(frames) == 4 and len({frame.shape for frame in frames}) == 1
    expected = np.round(images[0, 2] * 255)
    np.testing.assert_array_equal(frames[2][69:85, 12:28], expected)
