"""Trials on run folders, each in a process of its own: `python tests/campaigns/trials.py NAME`.

A number after the name takes a sample: with 5, every fifth operation and a fifth of the races.
TensorFlow is imported once; a trial is a fork of that process, before it has computed anything.
Prints what was counted; ends with an error at the first trial that breaks a promise.
"""

import builtins
import collections
import contextlib
import errno
import functools
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[2]))

from vae_tf import runs
from vae_tf.config import Params, replace
from vae_tf.process.errors import TrainingStopped, UserError
from vae_tf.runs import checkpoints

PARAMS = Params(
    dataset="digits",
    encoder=((8,),),
    latent_size=2,
    batch_size=8,
    steps=2,
    log_every=1,
    sample_every=100,
    checkpoint_every=1,
    validate_every=2,
    validation=8,
)
EXIT = {0: "trained", 1: "stopped", 2: "refused", -signal.SIGKILL: "killed"}
TIMEOUT = 300  # seconds after which a trial counts as hanging


def started(action) -> int:
    """Starts a trial; returns its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 3
    try:
        sys.stderr = open(os.devnull, "w")
        action()
        code = 0
    except TrainingStopped:
        code = 1
    except UserError:
        code = 2
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    os._exit(code)


def ended(pid: int) -> str:
    """Waits for a trial; returns how it ended."""
    for _ in range(TIMEOUT * 20):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return EXIT[os.waitstatus_to_exitcode(status)]
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("A trial hangs.")


def train(folder: Path, params: Params = PARAMS, **options):
    import tensorflow as tf

    from vae_tf.training import train

    tf.config.run_functions_eagerly(True)  # compiling takes longer than so few steps
    train(params, folder, **options)


@contextlib.contextmanager
def failing(n: int, fail, folder: Path, names: tuple[str, ...]):
    """Calls `fail` before each operation on the files of a folder from the n-th on."""
    count = 0

    def counted(function, concerns):
        def call(*args, **kwargs):
            nonlocal count
            if concerns(*args, **kwargs):
                count += 1
                if count >= n:
                    fail()
            return function(*args, **kwargs)

        return call

    def inside(path, *args, dir_fd=None, **kwargs):
        if isinstance(path, int) or dir_fd is not None:  # a descriptor, or a name beside one
            return True
        return os.path.abspath(os.fsdecode(path)).startswith(os.fspath(folder))

    def opens(path, flags, *args, **kwargs):
        return bool(flags & (os.O_WRONLY | os.O_RDWR)) and inside(path)

    def writes(path, mode="r", *args, **kwargs):
        return not isinstance(path, int) and bool(set(mode) & set("wax+")) and inside(path)

    originals = {name: getattr(os, name) for name in names}
    plain_open = builtins.open
    for name, function in originals.items():
        setattr(os, name, counted(function, opens if name == "open" else inside))
    builtins.open = counted(plain_open, writes)
    try:
        yield
    finally:
        for name, function in originals.items():
            setattr(os, name, function)
        builtins.open = plain_open


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def full():
    raise OSError(errno.ENOSPC, "No space left on device")


FAILURES = {
    "kill": (die, ("open", "mkdir", "rmdir", "unlink", "rename", "replace", "fsync")),
    "full": (full, ("open", "mkdir", "fsync", "replace")),
}


def state(folder: Path) -> str:
    """Hash of the newest checkpoint and the log: two runs that agree in it are the same."""
    newest = checkpoints.newest(folder / "checkpoints")
    both = newest.read_bytes() + (folder / "log.csv").read_bytes()
    return f"{newest.name} {hashlib.sha256(both).hexdigest()}"


def ways_on(folder: Path) -> list[str]:
    """The ways that a folder accepts; whatever refuses names another way."""
    ways = []
    for name, check in {
        "--resume": lambda: runs.check_resumable(runs.Run(folder), PARAMS),
        "plain": lambda: runs.check_new(folder, overwrite=False),
        "--overwrite": lambda: runs.check_new(folder, overwrite=True),
    }.items():
        try:
            check()
            ways.append(name)
        except UserError as error:
            message = str(error)
            named = "--resume" in message or "--overwrite" in message
            if not (named or "no run folder" in message or "other parameters" in message):
                raise AssertionError(f"No way on is named: {message}") from None
    if not ways:
        raise AssertionError(f"A stuck folder: {sorted(folder.rglob('*'))}")
    return ways


def go_on(folder: Path) -> str:
    """Resumes the way that keeps most; returns it."""
    options = {"--resume": {"resume": True}, "plain": {}, "--overwrite": {"overwrite": True}}
    way = ways_on(folder)[0]
    outcome = ended(started(functools.partial(train, folder, **options[way])))
    if outcome != "trained":
        raise AssertionError(f"{way} of {folder} ended as {outcome}")
    left = [
        path for path in folder.rglob("*") if ".partial" in path.name or "replaced" in path.name
    ]
    if left:
        raise AssertionError(f"Left over: {left}")
    return way


def failures(place: Path, stride: int, begin: str, failure: str):
    """A training that fails at one of its operations on files; then resumes."""
    straight, before = place / "straight", place / "before"
    ended(started(functools.partial(train, straight)))
    options = {}
    if begin == "resume":
        ended(started(functools.partial(train, before, replace(PARAMS, steps=1))))
        options = {"resume": True}
    elif begin == "overwrite":
        ended(started(functools.partial(train, before, replace(PARAMS, seed=1, steps=1))))
        options = {"overwrite": True}
    fail, names = FAILURES[failure]
    counts = collections.Counter()
    for n in range(1, 10_000, stride):
        folder = place / f"{begin}-{failure}-{n}"
        if before.exists():
            shutil.copytree(before, folder)

        def trial(n=n, folder=folder):
            with failing(n, fail, folder, names):
                train(folder, **options)

        outcome = ended(started(trial))
        counts[outcome] += 1
        counts[f"then {go_on(folder)}"] += 1
        if state(folder) != state(straight):
            raise AssertionError(f"{folder} is not the run it would have been")
        shutil.rmtree(folder)
        if outcome == "trained":
            break
    report(f"{begin}, {failure}", counts)


def races(place: Path, stride: int):
    """Two trainings on one folder at once."""
    straight, before, other = place / "straight", place / "before", place / "other"
    ended(started(functools.partial(train, straight)))
    ended(started(functools.partial(train, before, replace(PARAMS, steps=1))))
    ended(started(functools.partial(train, other, replace(PARAMS, seed=1, steps=1))))
    resume, overwrite = {"resume": True}, {"overwrite": True}
    for name, start, pair in (
        ("plain", None, ({}, {})),
        ("resume", before, (resume, resume)),
        ("overwrite", other, (overwrite, overwrite)),
        ("overwrite and resume", before, (overwrite, resume)),
    ):
        counts = collections.Counter()
        for number in range(0, 12, stride):
            folder = place / f"{name}-{number}"
            if start is not None:
                shutil.copytree(start, folder)
            pids = [started(functools.partial(train, folder, **options)) for options in pair]
            outcomes = [ended(pid) for pid in pids]
            counts[" and ".join(sorted(outcomes))] += 1
            if set(outcomes) - {"trained", "refused"} or "trained" not in outcomes:
                raise AssertionError(f"A race in {folder} ended as {outcomes}")
            if state(folder) != state(straight):
                raise AssertionError(f"{folder} is not the run it would have been")
            shutil.rmtree(folder)
        report(f"two processes, {name}", counts)


def small_disks(place: Path, stride: int):
    """A training on disks of growing size, until one is large enough; then on a large one."""
    straight, disk = place / "straight", place / "disk"
    ended(started(functools.partial(train, straight)))
    disk.mkdir()
    counts = collections.Counter()
    for kilobytes in range(4, 10_000, 4 * stride):
        if not _mounted(disk, f"size={kilobytes}k"):
            print("small disks: none can be mounted here, which takes root", flush=True)
            return
        try:
            outcome = ended(started(functools.partial(train, disk / "run")))
            counts[outcome] += 1
            _mounted(disk, "remount,size=100m")
            counts[f"then {go_on(disk / 'run')}"] += 1
            if state(disk / "run") != state(straight):
                raise AssertionError(f"After {kilobytes} kB it is not the run it would have been")
        finally:
            subprocess.run(["umount", disk], check=True)
        if outcome == "trained":
            break
    report(f"small disks, up to {kilobytes} kB", counts)


def _mounted(disk: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def report(what: str, counts: collections.Counter):
    listing = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    print(f"{what}: {listing}", flush=True)


TRIALS = {
    f"{begin}-{failure}": functools.partial(failures, begin=begin, failure=failure)
    for begin in ("start", "overwrite", "resume")
    for failure in FAILURES
} | {"races": races, "small-disks": small_disks}


if __name__ == "__main__":
    import vae_tf.training  # noqa: F401

    with tempfile.TemporaryDirectory() as place:
        os.environ["VAE_TF_CACHE"] = f"{place}/cache"
        TRIALS[sys.argv[1]](Path(place), *map(int, sys.argv[2:] or [1]))
