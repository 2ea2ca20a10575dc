"""How scripts begin and end, each in a process of its own."""

import fcntl
import os
import signal
import subprocess
import sys
import termios

import pytest

from vae_tf.process import scripts
from vae_tf.process.errors import Stopped, TrainingStopped, UserError
from vae_tf.process.stop_signals import STOP_SIGNALS, acts_at_once, after

WORK = """
from vae_tf.process import scripts
import sys, time, os
from vae_tf.process.errors import TrainingStopped, UserError
def work():
{body}
sys.exit(scripts.answer("this.py", work, lambda: "Type this."))
"""


def run(body, **options):
    code = WORK.format(body="\n".join("    " + line for line in body.splitlines()))
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, **options
    )


def started(code, **options):
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    return process


SIGNALS = pytest.mark.parametrize("number", STOP_SIGNALS)


@SIGNALS
def test_a_signal_while_a_script_imports(number):
    process = started(
        "from vae_tf.process import scripts\n"
        "print('ready', flush=True)\nimport time; time.sleep(60)"
    )
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert stderr.strip() == "Stopped before it began. The same command starts it."


@SIGNALS
def test_a_signal_while_it_works(number):
    process = started(WORK.format(body="    print('ready', flush=True); time.sleep(60)"))
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert stderr.strip() == "Stopped. Type this."


@SIGNALS
def test_a_signal_that_a_library_swallows(number):
    body = f"""\
try:
    os.kill(os.getpid(), {int(number)}); time.sleep(60)
except BaseException:
    pass
return 0"""
    done = run(body)
    assert done.returncode == 128 + number and done.stderr.strip() == "Stopped. Type this."


def test_a_second_signal_ends_it_at_once():
    body = """\
try:
    os.kill(os.getpid(), 2); time.sleep(60)
except BaseException:
    os.kill(os.getpid(), 15); time.sleep(60)"""
    done = run(body)
    assert done.returncode == 143 and "Stopped at once" in done.stderr


@pytest.mark.parametrize(
    ("first", "second"),
    [("SIGXCPU", "SIGXCPU"), ("SIGTERM", "SIGHUP"), ("SIGUSR1", "SIGTERM")],
)
def test_a_warning_beside_another_signal_ends_nothing_at_once(first, second):
    first, second = getattr(signal, first), getattr(signal, second)
    body = f"""\
try:
    os.kill(os.getpid(), {int(first)}); time.sleep(60)
finally:
    os.kill(os.getpid(), {int(second)}); print("saved")"""
    done = run(body)
    assert done.returncode == 128 + first and done.stdout == "saved\n"
    assert done.stderr.strip() == "Stopped. Type this."
    assert not acts_at_once(first, second)
    assert acts_at_once(after(first, second), signal.SIGINT) == (signal.SIGTERM in (first, second))


@pytest.mark.parametrize("imported", [False, True])
def test_a_terminal_that_is_gone(imported):
    """It takes no words; the work is left in order all the same."""
    body = """\
try:
    print('ready'); print('ready', file=sys.stderr); time.sleep(60)
finally:
    os.write(saved, b'saved'); scripts.say('nobody reads'); print('this', 'neither')"""
    lines = "\n".join("    " + line for line in body.splitlines())
    code = WORK.format(body=lines) if imported else _IMPORTING
    saved, writes = os.pipe()
    master, slave = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", f"saved = {writes}\n{code}"],
        stdin=slave, stdout=slave, stderr=slave, pass_fds=[writes], start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    ) as process:  # fmt: skip
        os.close(slave)
        os.close(writes)
        assert os.read(master, 100).startswith(b"ready")
        os.close(master)  # the kernel sends SIGHUP, and each write fails with EIO
        assert process.wait(60) == 128 + signal.SIGHUP
    with open(saved, "rb") as file:
        assert file.read() == (b"saved" if imported else b"")


_IMPORTING = (
    "from vae_tf.process import scripts\nimport time; print('ready', flush=True); time.sleep(60)"
)


def test_who_outlives_its_terminal_goes_on():
    """Like after `disown`: no signal comes, and the next line is written nowhere."""
    code = WORK.format(body="    scripts.say('ready'); time.sleep(0.2)\n" * 3 + "    return 0")
    master, slave = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=slave, stdout=slave, stderr=slave,
        start_new_session=True,
    ) as process:  # fmt: skip
        os.close(slave)
        assert os.read(master, 100).startswith(b"ready")
        os.close(master)
        assert process.wait(60) == 0


def test_a_signal_after_the_end_changes_nothing():
    code = WORK.format(body="    return 0").replace("sys.exit(", "done = (")
    code += "\nos.kill(os.getpid(), 15); print('whole'); sys.exit(done)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == "whole\n"


@SIGNALS
def test_ignored_signals_stay_ignored(number):
    """Like SIGHUP under nohup."""
    done = run(
        f"import signal; os.kill(os.getpid(), {int(number)}); return 0",
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
    )
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("raise UserError('a mistake')", 2, "this.py: a mistake"),
        ("raise TrainingStopped('full')", 1, "this.py: full"),
        ("import absent_package.part", 1, "The package 'absent_package' is missing"),
        ("raise MemoryError", 1, "not enough memory"),
        ("open('/absent/file')", 1, "'/absent/file': No such file or directory."),
        ("raise UserError('a\\x1b[2Jb')", 2, r"this.py: a\x1b[2Jb"),
        ("import logging; logging.warning('a\\x1b[2Jb'); return 0", 0, r"WARNING: a\x1b[2Jb"),
    ],
)
def test_ends(body, code, message):
    done = run(body)
    assert done.returncode == code
    assert message in done.stderr and "Traceback" not in done.stderr


def test_our_own_mistakes_keep_their_traceback():
    done = run("return 1 / 0")
    assert done.returncode == 1 and "ZeroDivisionError" in done.stderr


def test_a_package_that_is_missing_at_the_head():
    code = "from vae_tf.process import scripts\nimport absent_package"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("The package 'absent_package' is miss")


def test_a_closed_pipe():
    body = "for _ in range(10**6): print('line')"
    code = WORK.format(body=f"    {body}")
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "line\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_names_that_are_not_utf8_are_printed():
    done = run("print('a\\udcffb'); return 0")
    assert done.returncode == 0 and done.stdout == "a\\udcffb\n"


def test_a_working_folder_that_was_deleted(tmp_path):
    root = os.path.dirname(os.path.dirname(scripts.__file__))
    gone = tmp_path / "gone"
    gone.mkdir()
    code = f"import os, sys; os.rmdir(os.getcwd()); sys.path[0] = {root!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", code + WORK.format(body="    return 0")],
        cwd=gone, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2 and "working folder was deleted" in done.stderr


def test_used_from_python_it_leaves_the_signals_as_they_were():
    before = [signal.getsignal(number) for number in STOP_SIGNALS]
    for error, code in ((UserError("x"), 2), (TrainingStopped("x"), 1), (Stopped(15), 143)):

        def work(error=error):
            raise error

        assert scripts.answer("x", work, str) == code
    assert [signal.getsignal(number) for number in STOP_SIGNALS] == before
    scripts._State.received = 0


def test_progress_bars_of_scripts_do_not_fill_files():
    code = "import vae_tf.process.scripts; from tqdm import tqdm; print(tqdm(total=9).mininterval)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "30.0\n"
