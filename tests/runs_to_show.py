"""Run folders to analyze, trained once: digits, and sprites with known factors and scores."""

import dataclasses
import json
import shutil

import pytest

from tests.conftest import TINY
from vae_tf.plots.kl_decomposition import PARTS
from vae_tf.training import train


def scored(run, image_shape, factors, **entries):
    """Content of a metrics.json."""
    about = {"run": run, "step": 12, "dataset": run, "image_shape": image_shape}
    about |= {"likelihood": "bernoulli", "preset": "<b>", "seed": 0, "version": "0"}
    parts = {name: 1.0 for part in PARTS for name in (part, f"{part}_error")}
    decomposition = {
        "values": {**parts, "kl": 3.0}, "sizes": {"num_samples": 10, "num_images": 100},
    }  # fmt: skip
    scores = {"elbo_decomposition": decomposition, **entries}
    left_out = [] if factors else ["no factors"]
    return about | {"factors": factors, "left_out": left_out, "scores": scores}


def score_folders(folder):
    matrix = [[0.5, 0.0], [0.25, 1.0]]
    sizes = {"num_train": 1_000, "num_bins": 20}
    mig = {"values": {"mig": 0.25, "mig_chance": 0.125}, "matrix": matrix, "sizes": sizes}
    mig["chance_matrix"] = [[0.125, 0.0], [0.0, 0.125]]
    density = {"values": {"mig_density": 0.5}, "matrix": matrix, "sizes": {"num_images": 2_000}}
    kl = {"values": {"kl_0": 1.0, "kl_1": 2.0}, "sizes": {"num_images": 2_000}}
    names = ("disentanglement", "completeness", "informativeness_test")
    dci = {"values": {f"dci_{name}": 0.75 for name in names}, "matrix": matrix}
    dci["sizes"] = {"num_train": 1_000, "num_test": 500}
    scores = {"mig": mig, "mig_density": density, "dci": dci, "kl_per_code": kl}
    for record in (
        scored("digits", [8, 8, 1], None),
        scored("sprites", [64, 64, 1], ["x", "y"], **scores),
    ):
        (folder / record["run"] / "metrics.json").write_text(json.dumps(record))


@pytest.fixture(scope="session")
def two_runs(made_once):
    """Run folders to copy."""
    return made_once("runs-to-show", train_them)


def train_them(folder):
    train(dataclasses.replace(TINY, sample_steps=(0, 4)), folder / "digits")
    sprites = dataclasses.replace(
        TINY, dataset="sprites", validation=60, encoder=((4, 4, 4), (8,)), latent_size=2
    )
    train(sprites, folder / "sprites")
    score_folders(folder)


@pytest.fixture
def runs(two_runs, tmp_path):
    return shutil.copytree(two_runs, tmp_path / "predictions")
