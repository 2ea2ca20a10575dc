import resource

from vae_tf.process import machine
from vae_tf.process.machine import machine_memory, num_cores


def test_limits_of_containers_and_processes_count(tmp_path, monkeypatch):
    whole = machine_memory()
    assert 10**8 < whole < 10**15
    (tmp_path / "memory.max").write_text("123456789\n")
    (tmp_path / "none").write_text("max\n")
    paths = (str(tmp_path / "none"), str(tmp_path / "memory.max"), str(tmp_path / "absent"))
    monkeypatch.setattr(machine, "_LIMITS", paths)
    assert machine_memory() == 123_456_789
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (1_000, 1_000))
    assert machine_memory() == 1_000


def test_there_is_a_core():
    assert 1 <= num_cores() < 10_000
