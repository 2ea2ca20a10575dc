import numpy as np
import pytest

from vae_tf.analysis.attributes import NamedDirection
from vae_tf.analysis.edits import image_classifiers, scored_directions


class PixelModel:
    """Two latents that are two pixels."""

    def decode(self, codes):
        return 1 / (1 + np.exp(-codes.reshape(len(codes), 1, 2, 1)))


class FakeRun:
    def __init__(self, codes):
        self.model = PixelModel()
        self.training_codes = np.arange(len(codes)), codes, np.zeros_like(codes)


@pytest.fixture(scope="module")
def scored():
    rng = np.random.default_rng(0)
    bright, wide = rng.integers(0, 2, (2, 1_500))
    codes = rng.normal(size=(1_500, 2), scale=0.3) + 4.0 * np.stack([bright, wide], axis=1)
    directions = [
        NamedDirection("bright", np.array([4.0, 0.0]), 1.0, bright),
        NamedDirection("wide", np.array([4.0, 4.0]), 1.0, wide),  # it adds brightness, too
        NamedDirection("rare", np.array([0.0, 1.0]), 0.5, (np.arange(1_500) < 1).astype(int)),
    ]
    run = FakeRun(codes)
    return scored_directions(run, directions, image_classifiers(run, directions))


def test_a_direction_that_changes_its_attribute_alone_comes_first(scored):
    assert [each.direction.name for each in scored] == ["bright", "wide"]
    first, second = scored
    assert first.scores.wanted > 0.8 and first.scores.others["wide"] < 0.1
    assert second.scores.wanted > 0.8 and second.scores.others["bright"] > 0.3
    assert first.scores.selectivity > second.scores.selectivity + 0.2


def test_classifiers_say_how_well_they_tell(scored):
    assert all(each.accuracy > 0.95 for each in scored)
