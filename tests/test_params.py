"""Every preset starts, on its own images and on the sprites."""

import functools

import numpy as np
import pytest

import params
from vae_tf.config import override, replace
from vae_tf.data import INCLUDED, load
from vae_tf.models.template import memory
from vae_tf.models.template.build import build_model

# Images of sets that are not in the package.
SHAPES = {
    "celeb_a": (64, 64, 3),
    "folder:my-images": (64, 64, 3),
    "mnist": (28, 28, 1),
    "mnist_binary": (28, 28, 1),
    "shapes3d": (64, 64, 3),
}


@functools.cache
def shape_of(dataset):
    """Shape of the images of a set, at its own size."""
    return load(dataset).image_shape if dataset in INCLUDED else SHAPES[dataset]


def _kinds() -> dict:
    """Presets that differ in more than numbers: the last of each model, network and batch size."""
    kinds = {}
    for name, preset in params.RUNS.items():
        shape = shape_of(preset.dataset)
        networks = preset.encoder, preset.decoder, preset.latent_size, preset.activation
        sizes = preset.batch_size, tuple(sorted(preset.hyper))
        kinds[preset.model, preset.likelihood, *sizes, *networks, shape] = name
    return kinds


def first_loss(preset):
    """Loss of the model of a preset at its initial weights, on two images at random."""
    shape = shape_of(preset.dataset)
    # Without Adam's moments; the optimizer is no part of a kind.
    sgd = replace(preset, optimizer="sgd")
    model = build_model(sgd, shape, 1_000, num_classes=3, training=True)
    x = np.random.default_rng(0).uniform(size=(2, *shape)).astype("float32")
    batch = {
        "image": x,
        "label": np.int32([2, 0]),
        "mask": np.ones_like(x),
        "labeled_image": x,
        "partner": x[::-1],
        "second": x[::-1],
        "varying": np.eye(5, dtype="float32")[[0, 0]],
    }
    seen = {name: batch[name] for name in (*model.batch_keys, "label")}
    # test_conformance.py tests updates: here networks, hyperparameters and images must fit
    # together.
    return model.compute_terms(seen, True)["loss"]


@pytest.mark.parametrize("name", _kinds().values())
def test_a_preset_starts_in_four_gigabytes(name, monkeypatch):
    moments = 2 * 10**8  # more than Adam's of any preset
    monkeypatch.setattr(memory, "machine_memory", lambda: 4 * 10**9 - moments)
    assert np.isfinite(first_loss(params.RUNS[name]))


def test_presets_start_on_other_images():
    for name in ("MNIST-VAE", "MNIST-VAE-dense", "CelebA-VAE"):
        assert np.isfinite(first_loss(override(params.RUNS[name], ["dataset=sprites"])))


def test_the_default_run_needs_no_download():
    assert params.RUNS[params.DEFAULT_RUN].dataset in ("sprites", "digits", "emoji")


def test_the_first_projects_steps_of_pictures():
    from vae_tf.training.samples import is_sampled

    pictured = [step for step in range(1_500) if is_sampled(params.RUNS["MNIST-VAE"], step)]
    assert pictured == [0, 1, 3, 7, 10, 16, 30, 100, 300, 500, 700, 900, 1_100, 1_300]


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("CelebA-KLD_Anneal_40000_steps-10-Beta-VAE", lambda step: min(10, step / 4_000)),
        ("CelebA-KLD_Decrease_40000_steps-100to1-Beta-VAE", lambda step: max(1, 100 - step / 400)),
        (
            "CelebA-KLD_Decrease_100000_steps-10000to1-Beta-VAE",
            lambda step: max(1, 10_000 - step / 10),
        ),
        ("MNIST-KLD-Anneal", lambda step: min(1, max(0, (step - 3_000) / 50_000))),
    ],
)
def test_the_projects_ramps(name, formula):
    for step in range(0, 125_001, 2_500):
        assert params.RUNS[name].kl_weight(step) == pytest.approx(formula(step), abs=1e-9)
