import os

import numpy as np
import pytest

from vae_tf import runs
from vae_tf.process.errors import UserError


def test_the_log_drops_what_came_after_the_checkpoint(tmp_path):
    path = tmp_path / "log.csv"
    log = runs.Log(path, ["step", "loss", "val_loss"], before=0)
    for step in (0, 5, 10):
        log.write({"step": step, "loss": np.float32(0.1) + step})
    log.close()
    with open(path, "a") as file:
        file.write("15,0.")  # cut short
    assert len(runs.read_log(path)[1]) == 3
    log = runs.Log(path, ["step", "loss", "val_loss"], before=10)
    log.write({"step": 10, "loss": 1 / 3, "val_loss": 2})
    log.close()
    assert (
        path.read_text() == "step,loss,val_loss\n0,0.100000001,\n5,5.0999999,\n10,0.333333333,2\n"
    )


HEAD = b"step,loss\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(range(256)), "cannot be read"),
        ("step,loss\n0,1\n".encode("utf-16"), "cannot be read"),
        (b"\x00\x00\n", "line 1 must name"),
        (b"loss,step\n", "line 1 must name"),
        (b"step,loss,loss\n", "line 1 must name"),
        (b"step,\x1b[31m\n", "line 1 must name"),
        (b"\n\n", "line 1 must name"),
        (HEAD + b"0,many\n", "line 2 must be numbers"),
        (HEAD + b"0,1\nx,1\n", "line 3 must be numbers"),
        (HEAD + b"0,1\n0,1\n", "line 3 must be numbers"),
        (HEAD + b"0,1,2\n", "line 2 must be numbers"),
        (HEAD + b"0\n", "line 2 must be numbers"),
        (HEAD + b"0,\x00\n", "line 2 must be numbers"),
        (HEAD + b"0," + b"1" * 500 + b"x" * 10**6 + b"\n", "line 2 must be numbers"),
        (HEAD + b"9" * 40 + b",1\n", "line 2 must be numbers"),
        (HEAD + "\u00b2,1\n".encode(), "line 2 must be numbers"),
        (HEAD + b'"0\n",1\n', "line 2 must be numbers"),
    ],
)
def test_a_damaged_log_says_so(tmp_path, content, message):
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        runs.read_log(path)
    assert "log.csv" in str(caught.value) and len(str(caught.value)) < 600


def test_an_empty_log_and_one_cut_in_its_first_line(tmp_path):
    for content in (b"", b"step,lo"):
        (tmp_path / "log.csv").write_bytes(content)
        assert runs.read_log(tmp_path / "log.csv") == ([], [])


def test_a_pipe_is_no_log(tmp_path):
    os.mkfifo(tmp_path / "log.csv")
    with pytest.raises(UserError, match="not a regular file"):
        runs.read_log(tmp_path / "log.csv")
    with pytest.raises(UserError, match="not a regular file"):
        runs.read_proven_log(tmp_path / "log.csv", 5, {"bytes": 10**15, "sha256": ""})


def test_a_log_is_not_written_through_a_link(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = tmp_path / "run" / "log.csv"
    path.parent.mkdir()
    path.symlink_to(victim)
    runs.Log(path, ["step", "loss"], before=0).close()
    assert victim.read_text() == "precious" and path.read_text() == "step,loss\n"


def test_the_proof_covers_the_rows_before_the_step(tmp_path):
    path = tmp_path / "log.csv"
    log = runs.Log(path, ["step", "loss"], before=0)
    for step in (0, 5, 10):
        log.write({"step": step, "loss": 1.5})
    proofs = {step: log.proof(step) for step in (10, 11)}
    log.close()
    for step, count in ((10, 2), (11, 3)):
        assert len(runs.read_proven_log(path, step, proofs[step])[1]) == count
    path.write_text(path.read_text().replace("10,1.5", "10,2.5"))
    assert len(runs.read_proven_log(path, 10, proofs[10])[1]) == 2
    with pytest.raises(UserError, match="is not the log that the checkpoint of step 11"):
        runs.read_proven_log(path, 11, proofs[11])


def test_a_resumed_log_proves_the_same(tmp_path):
    straight, resumed = tmp_path / "straight.csv", tmp_path / "resumed.csv"
    logs = [runs.Log(path, ["step", "loss"], before=0) for path in (straight, resumed)]
    for log in logs:
        log.write({"step": 0, "loss": 1})
    logs[1].write({"step": 5, "loss": 7})
    proof = logs[1].proof(5)
    logs[1].close()
    logs[1] = runs.Log(resumed, ["step", "loss"], 5, proof)
    for log in logs:
        log.write({"step": 5, "loss": 2})
        log.close()
    assert logs[0].proof(6) == logs[1].proof(6) and straight.read_bytes() == resumed.read_bytes()


def test_columns_of_another_version(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(HEAD + b"0,1\n")
    runs.Log(path, ["step", "more", "loss"], before=5).close()
    assert path.read_text() == "step,more,loss\n0,,1\n"
    with pytest.raises(UserError, match="does not write: more"):
        runs.Log(path, ["step", "loss"], before=5)
