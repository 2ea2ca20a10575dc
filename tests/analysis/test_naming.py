from types import SimpleNamespace

import numpy as np
import pytest

from tests.analysis.test_edits import PixelModel
from vae_tf.analysis.attributes import attribute_directions
from vae_tf.analysis.edits import image_classifiers
from vae_tf.analysis.naming import latent_names
from vae_tf.data import ArrayImages
from vae_tf.plots.code_statistics import code_statistics


class TwoOfThree(PixelModel):
    """Three latents, of which the first is not drawn."""

    conditional = False

    def decode(self, codes):
        return super().decode(codes[:, 1:])

    def propagate_down(self, z, latent):
        return z


class FakeRun:
    model = TwoOfThree()

    def __init__(self, codes, labels):
        images = np.random.default_rng(1).integers(0, 256, (len(codes), 2, 2), "uint8")
        self.data = ArrayImages("fake", images, labels)
        self.training_codes = np.arange(len(codes)), codes, np.zeros_like(codes)


@pytest.fixture
def run():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 900)
    codes = rng.normal(size=(900, 3), scale=0.2)
    codes[:, 0] += labels
    codes[:, 1] -= labels
    return FakeRun(codes, labels)


def named(run, kl):
    directions = attribute_directions(run)
    codes = run.training_codes[1]
    statistics = code_statistics(codes, np.full(codes.shape, -2.0), np.array(kl))
    return latent_names(run, statistics, directions, image_classifiers(run, directions))


def test_a_latent_is_named_after_what_it_tells_and_is_seen_to_change(run):
    (latent, name), = named(run, [1.0, 1.0, 1.0]).items()  # fmt: skip
    assert latent == 1 and name.startswith("label 2 to 0, information 0.")


def test_values_are_named_only_where_most_images_go_from_one_to_the_other(run, monkeypatch):
    monkeypatch.setattr("vae_tf.analysis.naming._LEAST_TOLD", 0.999)
    (name,) = named(run, [1.0, 1.0, 1.0]).values()
    assert name.startswith("label, information 0.")


def test_a_latent_that_is_not_used_has_no_name(run):
    assert named(run, [1.0, 0.01, 1.0]) == {}


def test_of_many_latents_the_most_used_are_named(run):
    """The latent that predicts the label is number 201 of 203, and the second in use."""
    few = run.training_codes[1]
    noise = np.random.default_rng(2).normal(size=(900, 200))
    run.training_codes = (run.training_codes[0], np.concatenate([noise, few], axis=1), None)
    run.model = SimpleNamespace(
        conditional=False,
        decode=lambda codes: TwoOfThree().decode(codes[:, 200:]),
        propagate_down=TwoOfThree().propagate_down,
    )
    kl = np.full(203, 0.5)
    assert list(named(run, np.r_[kl[:200], 2.0, 1.0, 2.0])) == [201]
    assert named(run, np.r_[kl[:200], 2.0, 0.4, 2.0]) == {}


def test_without_labels_or_with_one_class_there_are_no_names(run):
    codes = run.training_codes[1]
    statistics = code_statistics(codes, np.full(codes.shape, -2.0), np.ones(3))
    for labels in (None, np.ones(900, int)):
        assert latent_names(FakeRun(codes, labels), statistics, [], None) == {}
