import io

import pytest

from vae_tf.config import Params
from vae_tf.results.points import Standing
from vae_tf.studies import Study
from vae_tf.studies import progress_table as module
from vae_tf.studies.progress_table import ProgressTable

POINTS = Study(Params(steps=100), vary={"seed": range(4)}).points()


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_the_time_left_is_that_of_the_steps_left(clock, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(module.sys, "stderr", terminal)
    states = [Standing("done", 100), Standing("failed", 30, "x"), Standing("stopped", 40)]
    standings = dict(zip((p.name for p in POINTS), [*states, Standing("waiting", 0)], strict=True))
    steps = {"seed=2": 40}
    table = ProgressTable("demo", POINTS, standings, lambda point: steps.get(point.name))
    table.update(["seed=2"])
    assert "1 done, 1 failed, 1 running, 1 waiting of 4" in terminal.getvalue()
    assert "left" not in terminal.getvalue().splitlines()[0]  # no step yet to go by
    clock[0], steps["seed=2"] = 10.0, 60
    table.update(["seed=2"])
    # 20 steps in 10 s; 40 of this point and 100 of the next are left: 70 s.
    assert "demo: 1 done, 1 failed, 1 running, 1 waiting of 4; about 70 s left" in (
        terminal.getvalue()
    )
    assert "60 of 100      2.0      20 s" in terminal.getvalue()
    assert "\x1b[3F\x1b[J" in terminal.getvalue()  # the one before is drawn over


def test_a_file_gets_a_line_a_minute(clock, monkeypatch, capsys):
    table = ProgressTable("demo", POINTS, {p.name: Standing("waiting", 0) for p in POINTS}, str)
    table._step_of = lambda point: None
    for second in range(130):
        clock[0] = float(second)
        table.update(["seed=0"])
    table.say("seed=0: \x1b[2J done")
    out, err = capsys.readouterr()
    assert err == "demo: 1 running, 3 waiting of 4\n" * 3
    assert out == "seed=0: \\x1b[2J done\n"
