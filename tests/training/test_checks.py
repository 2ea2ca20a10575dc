import pytest

from vae_tf.data import ArrayImages
from vae_tf.errors import UserError
from vae_tf.training import train


def test_images_outside_the_unit_interval_are_refused(tiny, tmp_path, blobs):
    images = ArrayImages("blobs", blobs)
    images.images = lambda indices: 2 * blobs[indices]
    with pytest.raises(UserError, match=r"must lie in \[0, 1\].*Received values from 0 to 2"):
        train(tiny, tmp_path / "run", data=(images, images))
    assert not (tmp_path / "run").exists()
