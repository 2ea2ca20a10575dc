"""Damages every file of a run folder at random: it works, or says so, and never hangs."""

import collections
import contextlib
import itertools
import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vae_tf
from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.products.training import training_animation
from vae_tf.config import replace
from vae_tf.process.errors import UserError
from vae_tf.results.score_records import load_record
from vae_tf.runs import checkpoints
from vae_tf.training import train

pytestmark = pytest.mark.slow

FILES = (
    "params.json",
    "environment.json",
    "log.csv",
    "metrics.json",
    ".lock",
    "samples/step_00000012.png",
    "checkpoints/step_00000012.safetensors",
    "checkpoints/step_00000010.safetensors",
)
TIMEOUT = 600  # seconds after which a reading counts as hanging, even on a loaded machine
RECORD = {
    "run": "run", "step": 12, "dataset": "digits", "image_shape": [8, 8, 1],
    "likelihood": "bernoulli", "preset": "fast", "seed": 0, "version": "0", "factors": None,
    "left_out": [], "scores": {"mig": {"values": {"mig": 0.5}, "sizes": {"num_train": 3}}},
}  # fmt: skip

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def counts(stride):
    counts = Counts(stride)
    yield counts
    print("\n" + "\n".join(f"{what}: {count}" for what, count in sorted(counts.items())))


class Counts(collections.Counter):
    """Results of the trials; knows which are of the sample."""

    def __init__(self, stride):
        super().__init__()
        self._numbers, self._stride = itertools.count(), stride

    def leaves_out(self) -> bool:
        return next(self._numbers) % self._stride != 0


@contextlib.contextmanager
def in_time():
    def late(*_):
        raise AssertionError("It hangs.")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(TIMEOUT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@st.composite
def damages(draw):
    """A file of a run folder, and what becomes of it: bytes -> bytes, or another kind of file."""
    name = draw(st.sampled_from(FILES))
    kind = draw(st.sampled_from(["flip", "cut", "insert", "zero", "replace", "json", "other"]))
    place, some = draw(st.floats(0, 1)), draw(st.binary(min_size=1, max_size=64))
    if kind == "other":
        return name, draw(st.sampled_from(["pipe", "folder", "link", "absent", "device"]))
    if kind == "json":
        return name, draw(st.tuples(st.floats(0, 1), json_values))

    def change(content: bytes) -> bytes:
        at = int(place * len(content))
        return {
            "flip": content[:at] + bytes(b ^ 1 for b in content[at : at + 1]) + content[at + 1 :],
            "cut": content[:at],
            "insert": content[:at] + some + content[at:],
            "zero": content[:at] + bytes(len(some)) + content[at + len(some) :],
            "replace": some,
        }[kind]

    return name, change


def damage(folder: Path, name: str, change):
    path = folder / name
    content = path.read_bytes()
    if callable(change):
        path.write_bytes(change(content))
    elif isinstance(change, tuple):
        change_value(path, *change)
    else:
        path.unlink()
        make = {
            "pipe": os.mkfifo,
            "folder": Path.mkdir,
            "link": lambda path: path.symlink_to(folder.parent / "victim"),
            "device": lambda path: path.symlink_to("/dev/zero"),
            "absent": lambda path: None,
        }
        make[change](path)


def change_value(path: Path, place: float, value):
    """Puts a JSON value in the place of one; in a checkpoint, among its details."""
    if path.suffix == ".safetensors":
        arrays, details = checkpoints.load(path)
        details[sorted(details)[int(place * (len(details) - 1))]] = value
        with contextlib.suppress(UserError, TypeError, ValueError):
            step = details["step"] if isinstance(details["step"], int) else 12
            written = checkpoints.save(path.parent / "new", step, arrays, details)
            os.replace(written, path)
        shutil.rmtree(path.parent / "new", ignore_errors=True)
    elif path.suffix == ".json":
        record = json.loads(path.read_bytes())
        record[sorted(record)[int(place * (len(record) - 1))]] = value
        path.write_text(json.dumps(record))
    else:
        path.write_text(json.dumps(value))


def read(folder: Path):
    load_record(folder / "metrics.json")
    run = vae_tf.load_run(folder)
    outcomes = []
    for part in ("history", "details", "data", "model"):
        try:
            getattr(run, part)
            outcomes.append("works")
        except UserError:
            outcomes.append("says so")
    with contextlib.suppress(UserError):
        training_animation(AnalyzedRun(run))
    return "works" if set(outcomes) == {"works"} else "says so"


SETTINGS = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@settings(SETTINGS, max_examples=600)
@given(damages=st.lists(damages(), min_size=1, max_size=2))
def test_a_damaged_folder_is_read_or_says_so(run_folder, tmp_path, counts, damages):
    if counts.leaves_out():
        return
    folder = broken_copy(run_folder, tmp_path, damages)
    try:
        with in_time():
            outcome = read(folder)
    except UserError:
        outcome = "says so"
    counts[f"read, {outcome}"] += 1


@settings(SETTINGS, max_examples=100)
@given(damages=st.lists(damages(), min_size=1, max_size=2))
def test_a_damaged_run_goes_on_exactly_or_says_so(tiny, run_folder, tmp_path, counts, damages):
    if counts.leaves_out():
        return
    straight = tmp_path / "straight"
    if not straight.exists():
        train(replace(tiny, steps=13), straight)
    folder = broken_copy(run_folder, tmp_path, damages)
    try:
        with in_time():
            run = train(replace(tiny, steps=13), folder, resume=True)
        assert run.log_path.read_bytes() == (straight / "log.csv").read_bytes()
        newest = checkpoints.newest(run.checkpoints)
        assert newest.read_bytes() == (straight / "checkpoints" / newest.name).read_bytes()
        counts["resumed, exact"] += 1
    except UserError:
        counts["resumed, says so"] += 1
    assert (tmp_path / "victim").read_text() == "precious"


def broken_copy(run_folder: Path, tmp_path: Path, damages) -> Path:
    folder = tmp_path / "broken"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run_folder, folder)
    (folder / "metrics.json").write_text(json.dumps(RECORD))
    (tmp_path / "victim").write_text("precious")
    for name, change in dict(damages).items():
        damage(folder, name, change)
    return folder
