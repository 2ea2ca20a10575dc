import json
import shutil

import numpy as np
import pytest

from vae_tf.analysis import analyze
from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.image_sets import ImageSets
from vae_tf.process.errors import UserError
from vae_tf.runs import Run, checkpoints


@pytest.fixture
def run_on_other_images(runs):
    """A copy of the run on digits that was given other images under the same name."""
    folder = shutil.copytree(runs / "digits", runs / "own")
    arrays, details = checkpoints.load(checkpoints.newest(folder / "checkpoints"))
    details |= {"own_data": True}
    checkpoints.save(folder / "checkpoints", details["step"], arrays, details)
    return folder


@pytest.mark.parametrize("first", ["own", "digits"])
def test_images_of_ones_own_are_not_those_of_the_named_data_set(runs, run_on_other_images, first):
    image_sets = ImageSets()
    for name in sorted(("own", "digits"), key=lambda name: name != first):
        analyzed = AnalyzedRun(Run(runs / name), image_sets)
        if name == "digits":
            assert len(analyzed.images) == 90
        else:
            with pytest.raises(UserError, match=r"own' was trained on images given to train"):
                _ = analyzed.images


def test_nothing_is_forecast_of_a_run_on_images_of_ones_own(run_on_other_images, tmp_path):
    path = run_on_other_images / "params.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"likelihood": "gaussian"}))
    arrays, details = checkpoints.load(checkpoints.newest(run_on_other_images / "checkpoints"))
    details["params"]["likelihood"] = "gaussian"
    checkpoints.save(run_on_other_images / "checkpoints", details["step"], arrays, details)
    analyze([run_on_other_images], tmp_path, only=["summary.csv"])
    summary = json.loads((tmp_path / "own" / "summary.json").read_text())
    assert summary["mse"] is None and summary["forecast"] is None
    assert np.isfinite(summary["loss"])
