import csv
import json
import shutil

from vae_tf.config import Params
from vae_tf.results.points import Standing
from vae_tf.results.study_csv import numbers_of, table_text
from vae_tf.studies import Study


def test_a_row_a_run_with_what_varies_and_its_numbers(run_folder, tmp_path):
    from tests.runs_to_show import scored

    shutil.copytree(run_folder, tmp_path / "kl_weight=1,seed=0")
    record = scored("digits", [8, 8, 1], None, mig={"values": {"mig": 0.25}, "sizes": {}})
    (tmp_path / "kl_weight=1,seed=0" / "metrics.json").write_text(json.dumps(record))
    points = Study(Params(), vary={"kl_weight": (1, 4), "seed": (0,)}).points()
    numbers = {point.name: numbers_of(tmp_path / point.name) for point in points}
    standings = {
        points[0].name: Standing("done", 12),
        points[1].name: Standing("failed", 3, "=not\x1bfinite"),
    }
    versions = {points[0].name: {"keras": "2, 3", "scored_with": "0.9"}, points[1].name: {}}
    text = table_text(points, standings, numbers, versions)
    (tmp_path / "study.csv").write_text(text)
    with open(tmp_path / "study.csv", newline="") as file:
        done, failed = csv.DictReader(file)
    assert list(done)[:6] == ["run", "kl_weight", "seed", "state", "error", "step"]
    assert (done["run"], done["kl_weight"], done["seed"]) == ("kl_weight=1,seed=0", "1", "0")
    assert (done["state"], done["step"], done["mig"]) == ("done", "12", "0.25")
    assert (done["keras"], done["scored_with"], done["numpy"]) == ("2, 3", "0.9", "")
    last = (run_folder / "log.csv").read_text().splitlines()
    value = dict(zip(last[0].split(","), last[-1].split(","), strict=True))["val_kl"]
    assert done["kl"] == "3" and float(done["train_kl"]) != 3  # a score and a column of the log
    assert abs(float(done["val_kl"]) - float(value)) < 1e-5 * float(value)
    assert (failed["state"], failed["step"], failed["mig"]) == ("failed", "3", "")
    assert failed["error"] == "'=not\\x1bfinite"  # no formula of a spreadsheet
    shutil.rmtree(tmp_path / points[0].name / "checkpoints")  # which know another log
    (tmp_path / points[0].name / "log.csv").write_text("step,loss,test_error\n0,2,0.5\n")
    known = numbers_of(tmp_path / points[0].name)
    assert known["train_loss"] == 2 and known["test_error"] == 0.5
