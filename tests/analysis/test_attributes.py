from types import SimpleNamespace

import numpy as np
import pytest

from vae_tf.analysis.attributes import attribute_directions, known_attributes
from vae_tf.data import ArrayImages
from vae_tf.runs import Run
from vae_tf.scores.directions import direction


class FakeRun:
    """Codes that are known, in place of a trained model."""

    def __init__(self, codes, labels):
        images = np.zeros((len(codes), 2, 2), "uint8")
        images[0] = 255
        self.data = ArrayImages("fake", images, labels)
        self.training_codes = np.arange(len(codes)), codes, np.zeros_like(codes)
        self.model = type("Model", (), {"conditional": False})


@pytest.fixture
def run():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 600)
    codes = rng.normal(size=(600, 4))
    codes[:, 2] -= 3 * labels
    return FakeRun(codes, labels)


def test_each_value_has_a_direction_and_those_come_first_that_tell_most(run):
    found = attribute_directions(run)
    assert sorted(each.name for each in found) == ["label 0", "label 1", "label 2"]
    assert [each.area for each in found] == sorted((each.area for each in found), reverse=True)
    codes, labels = run.training_codes[1], run.data.labels
    by_name = {each.name: each for each in found}
    np.testing.assert_allclose(by_name["label 0"].vector, direction(codes, labels == 0))
    assert by_name["label 0"].area > 0.95 > by_name["label 1"].area


def test_without_labels_or_with_one_class_there_is_nothing(run):
    codes = run.training_codes[1]
    for labels in (None, np.ones(600, int)):
        assert attribute_directions(FakeRun(codes, labels)) == []


def test_factors_are_attributes(runs):
    run = Run(runs / "sprites")
    rows = np.arange(5)
    known = known_attributes(run.data, rows)
    assert list(known) == [*run.data.factor_names] == [*run.data.attributes][1:]  # the label is one
    np.testing.assert_array_equal(known["scale"], run.data.factors(rows)[:, 1])
    np.testing.assert_array_equal(run.data.attributes["scale"][rows], known["scale"])
    names = [each.name for each in attribute_directions(run)]
    assert "shape heart" in names
    assert any(name.startswith("scale ") for name in names)
    assert not any(name.startswith("orientation") for name in names)  # 40 values


def test_names_are_words():
    images = SimpleNamespace(labels=None, attributes={"skin_tone": np.zeros(2, int)})
    assert list(known_attributes(images, np.arange(2))) == ["skin tone"]
