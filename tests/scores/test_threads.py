import threading

import pytest

from vae_tf.scores.threads import map_in_threads


def test_results_keep_the_order_of_items():
    assert list(map_in_threads(lambda n: n**2, [3, 1, 2], description="")) == [3, 1, 2]


def test_an_error_stops_the_rest():
    started, stop = [], threading.Event()

    def work(item):
        started.append(item)
        if item == 0:
            raise ZeroDivisionError
        assert stop.wait(timeout=30)

    with pytest.raises(ZeroDivisionError):
        map_in_threads(work, range(500), description="", stop=stop)
    assert stop.is_set()
    assert len(started) < 500


def test_progress_goes_to_stderr(capsys):
    map_in_threads(abs, [1], description="demo", progress=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("share", "expected"), [("1", 1), ("0", 1), ("99999", None), ("", None)])
def test_processes_share_the_cores(monkeypatch, share, expected):
    from vae_tf.scores.threads import _num_cores

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    every = _num_cores()
    monkeypatch.setenv("OMP_NUM_THREADS", share)
    assert _num_cores() == (expected or every)
