import shutil

import numpy as np
import pytest

import vae_tf
from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.config import replace
from vae_tf.data import ArrayImages, load
from vae_tf.process.errors import UserError
from vae_tf.runs.kept_images import KEPT_IMAGES, keep_images, kept_images
from vae_tf.training import train


def test_a_sample_is_evenly_spaced_and_exact_in_8_bits(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (600, 4, 4), np.uint8)
    images = ArrayImages("noise", pixels, labels=np.arange(600) % 3)
    keep_images(tmp_path, images)
    kept, rows = kept_images(tmp_path, "noise"), images.evenly_spaced(256)
    assert len(kept) == 256
    np.testing.assert_array_equal(kept.images(np.arange(256)), images.images(rows))
    np.testing.assert_array_equal(kept.labels, images.labels[rows])


def test_images_of_the_package_and_values_that_are_missing_are_not_kept(tmp_path):
    keep_images(tmp_path, load("digits"))
    partly = np.full((4, 2, 2, 1), 0.5, np.float32)
    partly[0] = np.nan
    keep_images(tmp_path, ArrayImages("partly", partly))
    assert not list(tmp_path.iterdir()) and kept_images(tmp_path, "digits") is None


def test_of_large_images_fewer_are_kept(tmp_path):
    pixels = np.full((20, 300, 300), np.eye(300, dtype=np.uint8) * 255)
    keep_images(tmp_path, ArrayImages("large", pixels))
    assert len(kept_images(tmp_path, "large")) == 11


@pytest.fixture
def run_dir(tmp_path, tiny, blobs):
    images = ArrayImages("blobs", blobs)
    train(replace(tiny, dataset="blobs", steps=1), tmp_path / "run", data=(images, images))
    return tmp_path / "run"


def test_a_run_is_analyzed_without_its_images(run_dir, caplog):
    analyzed = AnalyzedRun(vae_tf.load_run(run_dir))
    assert analyzed.originals.shape == (10, 8, 8, 1)
    assert "saved in the run folder" in caplog.text
    with pytest.raises(UserError, match="It needs the training images of 'blobs'"):
        _ = analyzed.training_images


def test_a_folder_without_a_sample_or_with_a_damaged_sample_says_why(run_dir, tmp_path, caplog):
    copy = shutil.copytree(run_dir, tmp_path / "copy")
    (copy / KEPT_IMAGES).unlink()
    (run_dir / KEPT_IMAGES).write_bytes(b"nothing")
    for folder in (copy, run_dir):
        with pytest.raises(UserError, match="It needs the images of 'blobs'"):
            _ = AnalyzedRun(vae_tf.load_run(folder)).images
    assert "is damaged and not used" in caplog.text
