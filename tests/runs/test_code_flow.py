import shutil

import numpy as np
import pytest

import vae_tf
from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.priors import code_flow, flow_matching
from vae_tf.runs.code_flow import CODE_FLOW, kept_code_flow
from vae_tf.training import train


@pytest.fixture
def run(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setattr(code_flow.fit_flow, "__kwdefaults__", {"steps": 2, "seed": 0})
    return vae_tf.load_run(shutil.copytree(tiny_run.path, tmp_path / "copy"))


def test_a_flow_of_the_codes_generates_and_is_kept(run):
    images = run.generate(4, seed=1, prior="flow")
    assert images.shape == (4, 8, 8, 1)
    codes = run.code_flow.sample(4, np.random.default_rng(1))
    np.testing.assert_array_equal(images, run.model.decode(codes))
    again = vae_tf.load_run(run.path)
    for one, other in zip(kept_code_flow(again).weights, run.code_flow.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(again.generate(4, seed=1, prior="flow"), images)


def test_a_flow_of_other_weights_is_not_used(run, tiny):
    run.code_flow  # noqa: B018
    run.model.decoder.weights[0].assign_add([[1e-3]])
    assert kept_code_flow(run) is None


def test_a_damaged_flow_is_fitted_again(run, caplog):
    (run.path / CODE_FLOW).write_bytes(b"nothing")
    assert run.generate(2, prior="flow").shape == (2, 8, 8, 1)
    assert "is damaged" in caplog.text and kept_code_flow(run) is not None


def test_codes_without_noise_are_learned_by_flow_matching(tmp_path, tiny, blobs, monkeypatch):
    monkeypatch.setattr(flow_matching.match_flow, "__kwdefaults__", {"steps": 2, "seed": 0})
    images = ArrayImages("blobs", blobs)
    params = replace(tiny, model="plain_ae", kl_weight=0.0)
    run = train(params, tmp_path / "run", data=(images, images))
    images = run.generate(3, prior="flow")
    assert np.isfinite(images).all() and isinstance(run.code_flow, flow_matching.MatchedFlow)
    again = vae_tf.load_run(run.path)
    assert isinstance(kept_code_flow(again), flow_matching.MatchedFlow)
    np.testing.assert_array_equal(again.generate(3, prior="flow"), images)
