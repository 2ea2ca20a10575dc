import os

import numpy as np
import pytest
from PIL import Image

from tests.conftest import TINY
from vae_tf.analysis import analyze
from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.products import training, traversals
from vae_tf.analysis.products.anomalies import anomalies
from vae_tf.analysis.products.factors import position_factors
from vae_tf.analysis.products.scores import importance_matrix, information_matrix
from vae_tf.analysis.products.training import training_animation
from vae_tf.analysis.products.traversals import all_traversals, traversal
from vae_tf.config import replace
from vae_tf.plots.code_statistics import code_statistics
from vae_tf.runs import Run
from vae_tf.training import train


def test_a_damaged_picture_is_left_out_of_the_animation(runs, caplog):
    first, *_ = sorted((runs / "digits" / "samples").glob("*.png"))
    analyzed = AnalyzedRun(Run(runs / "digits"))
    count = len(training_animation(analyzed).frames)
    first.write_bytes(first.read_bytes()[:100])
    animation = training_animation(analyzed)
    assert len(animation.frames) == count - 1 == len(animation.durations)
    assert "damaged" in caplog.text
    assert animation.durations[-1] > 1_000


def test_pictures_that_do_not_belong_to_the_others_are_left_out(runs, caplog, monkeypatch):
    folder = runs / "digits" / "samples"
    with Image.open(min(folder.iterdir())) as picture:
        size = picture.size
    for path in folder.iterdir():
        path.unlink()
    for step in range(50):
        Image.new("RGB", size if step != 49 else (7, 7)).save(folder / f"step_{step:08d}.png")
    os.mkfifo(folder / "step_00000050.png")
    Image.new("RGB", size).save(folder / "step_x.png")
    analyzed = AnalyzedRun(Run(runs / "digits"))
    count = len(training_animation(analyzed).frames)
    assert 34 <= count <= 35
    assert "not a regular file" in caplog.text
    monkeypatch.setattr(training, "_MOST_PIXELS", 10 * size[0] * size[1])
    assert 8 <= len(training_animation(analyzed).frames) <= 10


@pytest.mark.parametrize("mode", ["prior", "fitted", "minmax"])
def test_traversals_in_every_range(runs, mode):
    analyzed = AnalyzedRun(Run(runs / "digits"))
    figure = all_traversals(analyzed, mode)
    used = int(analyzed.statistics.active.sum()) or 3
    order = [f"z{latent}" for latent in analyzed.statistics.order[:used]]
    texts = [text.get_text() for text in figure.texts]
    assert [text for text in texts if text in order] == order


def test_layers_are_traversed_with_what_follows_from_them(tmp_path):
    params = replace(TINY, model="ladder_vae", hyper={"sizes": [2, 2], "hidden": [6, 6]}, steps=2)
    analyzed = AnalyzedRun(train(params, tmp_path / "run"))
    analyzed.statistics = analyzed.statistics._replace(kl=np.array([1, 2, 0, 4, 3, 2, 1.0]))
    decoded = []
    decode = analyzed.decode
    analyzed.decode = lambda z: decoded.append(z) or decode(z)
    figure = all_traversals(analyzed)
    model, (codes,) = analyzed.model, decoded
    texts = [text.get_text() for text in figure.texts]
    headings = [text for text in texts if text.startswith("Layer ")]
    assert headings == [
        "Layer 3, the top: 3.00 nats, 2 of 2 latents active",
        "Layer 2: 4.00 nats, 1 of 2 latents active",
        "Layer 1, the lowest: 6.00 nats, 3 of 3 latents active",
    ]
    rows = [int(text[1:]) for text in texts if text[1:].isdecimal()]
    assert rows == [1, 0, 3, 4, 5, 6]
    codes = codes.reshape(2, 6, -1, 7)
    for block in codes:
        for latent, row in zip(rows, block, strict=True):
            assert np.ptp(row[:, latent]) > 0.1
            layer = 3 if latent < 2 else 2 if latent < 4 else 1
            np.testing.assert_allclose(row, model.propagate_down(row, latent), rtol=1e-5)
            above = [k for k in range(7) if k < {3: 2, 2: 4, 1: 7}[layer] and k != latent]
            assert np.ptp(row[:, above], axis=0).max(initial=0) == 0


def test_unused_latents_fold_into_a_line_and_the_grid_names_the_busiest(runs, monkeypatch):
    analyzed = AnalyzedRun(Run(runs / "digits"))
    mean = np.array([[3.0, 0.5, 0.0, 0.0], [3.0, -0.5, 0.0, 0.0]], "float32")
    mean = np.repeat(mean, 45, axis=0)[:, :3]
    kl = np.array([0.05, 2.0, 0.0])  # the farthest mean has no information
    analyzed.__dict__["statistics"] = code_statistics(mean, np.zeros_like(mean), kl)
    figure = all_traversals(analyzed)
    words = " ".join(text.get_text() for text in figure.texts)
    assert "2 inactive latents of at most 0.05 nats change nothing: z0, z2" in words
    assert [t.get_text() for t in figure.texts if t.get_text() in ("z0", "z1", "z2")] == ["z1"]
    monkeypatch.setattr(traversals, "MOST_SHOWN", 1)
    analyzed.__dict__["statistics"] = code_statistics(mean, np.zeros_like(mean), kl + [1, 0, 0])
    words = " ".join(text.get_text() for text in all_traversals(analyzed).texts)
    assert "1 more active latents are not shown" in words and "1 inactive latents" in words
    analyzed.__dict__["statistics"] = code_statistics(mean, np.zeros_like(mean), kl)
    words = " ".join(text.get_text() for text in traversal(analyzed).texts)
    most = "the latent with the highest KL is z1, 2 nats"
    assert f"the farthest from zero; KL 0.05 nats; {most}" in words


def test_the_animation_of_latents_loops(runs, tmp_path):
    analyze([runs / "digits"], tmp_path, only=["traversals.gif"])
    with Image.open(tmp_path / "digits" / "traversals.gif") as image:
        assert image.info["loop"] == 0 and image.n_frames > 10


def test_heat_maps_of_scores_show_latents_by_kl(runs):
    analyzed = AnalyzedRun(Run(runs / "sprites"))
    bins, chance, densities, _ = information_matrix(analyzed).axes
    assert chance.get_title(loc="left") == "the same bins by chance: MIG 0.12"
    np.testing.assert_array_equal(chance.images[0].get_array(), [[0.0, 0.125], [0.125, 0.0]])
    assert bins.get_title(loc="left") == "20 bins, 1,000 points: MIG 0.25"
    assert densities.get_title(loc="left") == "densities, 2,000 images: MIG 0.50"
    np.testing.assert_array_equal(bins.images[0].get_array(), [[0.25, 1.0], [0.5, 0.0]])
    assert [text.get_text() for text in bins.get_yticklabels()] == ["z1", "z0"]
    assert importance_matrix(analyzed).axes[1].get_ylabel() == "importance"


def test_position_factors_of_the_known_sets():
    assert position_factors(("shape", "scale", "orientation", "x", "y")) == (3, 4)
    assert position_factors(("shape", "x_position", "y_position")) == (1, 2)
    assert position_factors(("category", "elevation", "azimuth")) == (None, None)


def test_the_oddest_images_of_both_splits(runs, tmp_path):
    analyzed = AnalyzedRun(Run(runs / "digits"))
    figure = anomalies(analyzed)
    headings = [text.get_text() for text in figure.texts if text.get_weight() == "bold"]
    assert "The oddest of 90 validation images" in headings
    assert "The oddest of 1,000 training images" in headings
    (scores,) = [axes for axes in figure.axes if axes.get_label() == "Scores"]
    names = [text.get_text() for text in scores.get_legend().get_texts()]
    assert names == ["validation: 90", "training: 1,000", "threshold"]
