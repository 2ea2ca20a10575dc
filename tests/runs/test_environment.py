import json

import pytest

from vae_tf.config import replace
from vae_tf.runs import Run
from vae_tf.runs.environment import record_environment, recorded_versions, versions
from vae_tf.training import train


def test_environment_makes_it_repeatable(run_folder, tiny):
    train(replace(tiny, steps=14), run_folder, resume=True)
    sessions = json.loads((run_folder / "environment.json").read_text())["sessions"]
    assert [session["from_step"] for session in sessions] == [0, 12]
    assert {"python", "keras", "tensorflow", "numpy", "vae_tf"} == set(sessions[0]["versions"])
    assert sessions[0]["command"]


@pytest.mark.parametrize("text", ["{", "[]", '{"sessions": 3}'])
def test_a_damaged_record_of_sessions_starts_anew(run_folder, caplog, text):
    (run_folder / "environment.json").write_text(text)
    record_environment(Run(run_folder), 12)
    assert "is damaged" in caplog.text
    assert len(json.loads((run_folder / "environment.json").read_text())["sessions"]) == 1


def test_versions_are_read_from_all_sessions(run_folder):
    path = run_folder / "environment.json"
    assert recorded_versions(run_folder) == [versions()]
    content = json.loads(path.read_text())
    old = {"versions": {"vae_tf": "0.0.9"}}
    content["sessions"] = [old, {"versions": 3}, 4, *content["sessions"], old]
    path.write_text(json.dumps(content))
    assert recorded_versions(run_folder) == [{"vae_tf": "0.0.9"}, versions()]
    path.write_text("{")
    assert recorded_versions(run_folder) == []
    path.unlink()
    assert recorded_versions(run_folder) == []
