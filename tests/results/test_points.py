import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from vae_tf.config import replace
from vae_tf.process.errors import UserError
from vae_tf.results.points import check_same_study, standing
from vae_tf.results.study_csv import numbers_of
from vae_tf.runs import Run
from vae_tf.runs.progress import progress_of
from vae_tf.studies import Study
from vae_tf.studies.start import StudyRun


@pytest.fixture
def study_folder(run_folder, tmp_path):
    """A study of one finished run, `seed=0`."""
    folder = tmp_path / "study"
    folder.mkdir()
    shutil.copytree(run_folder, folder / "seed=0")
    (folder / "study.csv").write_text("run\n")
    return folder


def test_how_far_a_run_is(study_folder, tmp_path, tiny):
    run = study_folder / "seed=0"
    assert standing(tmp_path / "absent", None) == ("waiting", 0, "")
    assert standing(run, None) == ("done", 12, "")
    assert standing(run, "fast") == ("trained", 12, "")
    assert Run(run).name == "study/seed=0"

    log = (run / "log.csv").read_text().splitlines()
    (run / "log.csv").write_text("\n".join(log[:-1]) + "\n")  # killed before the last row
    assert standing(run, None) == ("stopped", 8, "")
    (run / "log.csv").write_text("\n".join(log) + "\n" + "13,0.")  # a row cut short
    assert standing(run, None).state == "done"
    (run / "params.json").write_text(replace(tiny, steps=20).to_json())
    assert standing(run, None) == ("stopped", 12, "")
    (run / "params.json").write_text("{")
    assert standing(run, None).state == "failed" and "params.json" in standing(run, None).error


def test_a_folder_that_may_not_be_entered_is_a_damaged_run(study_folder, tiny, monkeypatch):
    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    points = Study(tiny, vary={"seed": (0,)}).points()
    monkeypatch.setattr(Path, "is_file", refused)
    now = standing(study_folder / "seed=0", None)
    assert now.state == "failed" and "Permission denied" in now.error
    check_same_study(study_folder, points)
    assert numbers_of(study_folder / "seed=0") == {}


def test_points_that_are_done_anew_may_have_been_edited(study_folder, tiny):
    points = Study(replace(tiny, latent_size=4), vary={"seed": (0,)}).points()
    with pytest.raises(UserError, match="--overwrite"):
        StudyRun(study_folder, points)
    study = StudyRun(study_folder, points, overwrite=["seed=0"])
    assert study.standings["seed=0"].state == "waiting" and study.left == points


def test_a_run_that_stopped_early_is_finished(study_folder, tiny):
    from vae_tf.runs import checkpoints

    run = study_folder / "seed=0"
    newest = checkpoints.newest(run / "checkpoints")
    arrays, details = checkpoints.load(newest)
    checkpoints.save(newest.parent, 12, arrays, details | {"waited": 3})
    (run / "params.json").write_text(dataclasses.replace(tiny, steps=90, patience=3).to_json())
    assert progress_of(Run(run)) == (12, True)
    (run / "params.json").write_text(dataclasses.replace(tiny, steps=90, patience=4).to_json())
    assert progress_of(Run(run)) == (12, False)


def test_scores_are_done_when_the_last_is_there(study_folder):
    from tests.runs_to_show import scored

    run = study_folder / "seed=0"
    record = scored("study/seed=0", [8, 8, 1], None) | {"preset": "full"}
    for complete, state in ((False, "trained"), (True, "done")):
        (run / "metrics.json").write_text(json.dumps(record | {"complete": complete}))
        # The full scores are more than enough where the fast ones are asked for.
        assert standing(run, "fast").state == standing(run, "full").state == state
    (run / "metrics.json").write_text(json.dumps(record | {"complete": True, "preset": "fast"}))
    assert standing(run, "fast").state == "done" and standing(run, "full").state == "trained"


def test_fast_scores_do_not_come_beside_full_ones(study_folder, tiny):
    from tests.runs_to_show import scored

    record = scored("study/seed=0", [8, 8, 1], None) | {"preset": "full", "complete": True}
    (study_folder / "seed=0" / "metrics.json").write_text(json.dumps(record))
    one, two = (Study(tiny, vary={"seed": seeds}).points() for seeds in ((0,), (0, 1)))
    assert not StudyRun(study_folder, one, "fast").left  # nothing to mix
    with pytest.raises(UserError, match="--metrics"):
        StudyRun(study_folder, two, "fast")
    assert len(StudyRun(study_folder, two, "full").left) == 1


def test_an_edited_study_is_refused_and_a_grown_one_goes_on(study_folder, tiny):
    def check(params, seeds):
        check_same_study(study_folder, Study(params, vary={"seed": seeds}).points())

    check(tiny, (0,))
    check(tiny, (0, 1, 2))
    with pytest.raises(UserError, match=r"edited after it ran \(latent_size: 3 -> 4 \(1 of 1 run"):
        check(replace(tiny, latent_size=4), (0, 1))
    with pytest.raises(UserError, match="seed=0"):
        check(tiny, (1, 2))
    with pytest.raises(UserError, match="is a run, not a study"):
        check_same_study(study_folder / "seed=0", [])
    (study_folder / "study.csv").unlink()
    check(tiny, (0,))  # its table is written again from its runs
    with pytest.raises(UserError, match="study.csv"):
        check(tiny, (1, 2))
