import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.data.image_set import ArrayImages
from vae_tf.models.template.build import build_model
from vae_tf.models.template.output_bias import begin_at_mean
from vae_tf.training.plateau import plateau_advice


@pytest.fixture
def sparse() -> ArrayImages:
    """Images of which one pixel in fifty is white."""
    return ArrayImages("sparse", np.random.default_rng(0).random((100, 8, 8, 1)) < 0.02)


def advice(tiny, images, *, at_mean=False, **changes):
    model = build_model(replace(tiny, **changes), images.image_shape, dataset_size=len(images))
    if at_mean:
        begin_at_mean(model, images)
    return plateau_advice(model, images)


def test_a_start_far_from_the_mean_image_is_named(tiny, sparse):
    words = advice(tiny, sparse, initializer="glorot", encoder=((8,), (8,), (8,)))
    assert "output_bias=mean" in words
    # 64 pixels of log 2 = 0.69 nats, against the entropy of the mean image.
    begins = float(words.partition("begins at ")[2].partition(" ")[0])
    assert begins == pytest.approx(64 * np.log(2), abs=1.5)


@pytest.mark.parametrize(
    "changes",
    [
        {"initializer": "glorot", "at_mean": True},
        {"initializer": "he", "encoder": ((64,), (64,))},  # draws what depends on the code
        {"model": "info_vae"},
    ],
)
def test_other_starts_are_not(tiny, sparse, blobs, changes):
    images = sparse if changes.get("initializer") else ArrayImages("blobs", blobs)
    assert advice(tiny, images, **changes) is None
