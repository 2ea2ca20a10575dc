import json

import pytest

from vae_tf.config import replace
from vae_tf.runs import Run
from vae_tf.runs.environment import record_environment
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
