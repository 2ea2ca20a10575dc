import json

import pytest

from vae_tf.config import replace
from vae_tf.training import train


def test_environment_makes_it_repeatable(trained, tiny):
    train(replace(tiny, steps=14), trained.path, resume=True)
    sessions = json.loads((trained.path / "environment.json").read_text())["sessions"]
    assert [session["from_step"] for session in sessions] == [0, 12]
    assert {"python", "keras", "tensorflow", "numpy", "vae_tf"} == set(sessions[0]["versions"])
    assert sessions[0]["command"]


@pytest.mark.parametrize("text", ["{", "[]", '{"sessions": 3}'])
def test_a_damaged_record_of_sessions_starts_anew(trained, tiny, caplog, text):
    (trained.path / "environment.json").write_text(text)
    train(replace(tiny, steps=13), trained.path, resume=True)
    assert "is damaged" in caplog.text
    assert len(json.loads((trained.path / "environment.json").read_text())["sessions"]) == 1
