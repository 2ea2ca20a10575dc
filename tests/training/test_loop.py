import contextlib
import functools
import itertools
import math
import os
import shutil
import signal

import numpy as np
import pytest

from tests.conftest import CONVOLUTIONS, assert_same_bytes, killed_copy
from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.presets.sprites import MUON
from vae_tf.process.errors import Stopped, TrainingStopped, UserError
from vae_tf.process.stop_signals import STOP_SIGNALS
from vae_tf.runs import checkpoints, load_run
from vae_tf.runs.progress import progress_of
from vae_tf.training import loop, train
from vae_tf.training.divergence import has_diverged, is_saturated


def final_state(run):
    arrays, details = checkpoints.load_newest(run.checkpoints, set_aside=False)
    return arrays, details, run.log_path.read_bytes()


def assert_same(one, other):
    assert one[1] == other[1]
    assert one[2] == other[2]
    for name in one[0]:
        assert one[0][name].tobytes() == other[0][name].tobytes(), name


@pytest.fixture(scope="module")
def params(tiny):
    weight = "triggered(60, linear(0, 1, 10))"
    tiny = replace(tiny, optimizer="sgd(momentum=0.9)", log_every=3, validate_every=4)
    return replace(tiny, kl_weight=weight, steps=23)


@pytest.fixture(scope="module")
def run(params, tmp_path_factory):
    """A run that was left alone."""
    return train(params, tmp_path_factory.mktemp("straight") / "run")


@pytest.fixture(scope="module")
def last_state(run):
    return final_state(run)


class Killed(BaseException):
    pass


@pytest.fixture
def at_step(monkeypatch):
    """Context in which something happens just before the update of a step."""

    @contextlib.contextmanager
    def context(step, action):
        original = loop.Training._update_on

        def update(self, batch):
            if self.step == step:
                action()
            return original(self, batch)

        with monkeypatch.context() as patch:
            patch.setattr(loop.Training, "_update_on", update)
            yield

    return context


def kill():
    """Like kill -9: without a chance to save anything."""
    raise Killed


def test_resume_is_exact_to_the_last_bit(params, last_state, tmp_path, at_step):
    """After four kills: before any checkpoint but the first, between two, at one, at the end."""
    assert last_state[1]["step"] == 23
    for step in (1, 7, 10, 22):
        with at_step(step, kill), pytest.raises(Killed):
            train(params, tmp_path / "killed", resume=step > 1)
    assert_same(final_state(train(params, tmp_path / "killed", resume=True)), last_state)


def test_muon_goes_on_exactly(tiny, tmp_path):
    """It has moments of matrices only; all other weights have Adam's two."""
    run = train(replace(tiny, optimizer=MUON), tmp_path / "run")
    assert_same_bytes(train(run.params, killed_copy(run, tmp_path / "again"), resume=True), run)


def test_a_signal_saves_and_goes_on_exactly(params, last_state, tmp_path, at_step):
    folder = tmp_path / "stopped"
    for step, number in enumerate(STOP_SIGNALS, 13):
        interrupt = functools.partial(os.kill, os.getpid(), number)
        with at_step(step, interrupt), pytest.raises(Stopped) as stopped:
            train(params, folder, resume=step > 13)
        assert stopped.value.number == number
        saved = checkpoints.load_newest(folder / "checkpoints", set_aside=False)
        assert saved[1]["step"] == step + 1
    assert_same(final_state(train(params, folder, resume=True)), last_state)


@pytest.fixture
def clock(monkeypatch):
    """Lets each look at the clock take four minutes."""
    ticks = itertools.count(step=240.0)
    monkeypatch.setattr(loop, "monotonic", lambda: next(ticks))


def test_the_clock_saves_and_changes_nothing(params, last_state, tmp_path, clock, at_step):
    with at_step(4, kill), pytest.raises(Killed):
        train(params, tmp_path / "killed")
    saved = checkpoints.load_newest(tmp_path / "killed" / "checkpoints", set_aside=False)
    assert saved[1]["step"] == 4  # of 5, which is the next that `checkpoint_every` names
    assert_same(final_state(train(params, tmp_path / "killed", resume=True)), last_state)
    assert_same(final_state(train(params, tmp_path / "timed")), last_state)


def test_five_minutes_pass_between_checkpoints(params, tmp_path, monkeypatch, clock):
    saved = []
    monkeypatch.setattr(checkpoints, "save", lambda folder, step, *rest: saved.append(step))
    train(replace(params, steps=12, checkpoint_every=8), tmp_path / "run")
    assert saved == [0, 2, 4, 6, 8, 10, 12]


def test_the_clock_changes_nothing_that_depends_on_validations(tiny, tmp_path, request):
    params = replace(tiny, steps=60, validate_every=2, patience=2)
    params = replace(params, optimizer="adam", learning_rate=0.3)
    params = replace(params, keep_steps=[3], checkpoint_every=1000, sample_steps=[5])
    slow = train(params, tmp_path / "slow")
    request.getfixturevalue("clock")
    timed = train(params, tmp_path / "timed")
    assert slow.details["step"] < 60  # stopped early
    assert_same(final_state(timed), final_state(slow))
    for name in ("kept/step_00000003.safetensors", "samples/step_00000005.png"):
        assert (timed.path / name).read_bytes() == (slow.path / name).read_bytes()


def test_the_clock_stops_no_run(tiny, tmp_path, monkeypatch, request):
    """Where a variable is not finite, the next checkpoint that is due says so."""
    arrays_of = checkpoints.arrays_of

    def spoiled(model):
        return arrays_of(model) | ({"bad": np.array(np.inf)} if model.step > 1 else {})

    monkeypatch.setattr(checkpoints, "arrays_of", spoiled)
    for name in ("slow", "timed"):
        with pytest.raises(TrainingStopped, match="At step 5 the variable bad is not finite"):
            train(tiny, tmp_path / name)
        request.getfixturevalue("clock")
    logs = [(tmp_path / name / "log.csv").read_bytes() for name in ("slow", "timed")]
    assert logs[0] == logs[1]


def test_a_folder_that_is_renamed_stops_the_run(params, last_state, tmp_path, at_step):
    folder, moved = tmp_path / "run", tmp_path / "moved"
    message = "was moved to '.*/moved'.*last good checkpoint is .*/moved/checkpoints/step_00000010"
    with at_step(13, lambda: folder.rename(moved)), pytest.raises(TrainingStopped, match=message):
        train(params, folder)
    assert not folder.exists()
    assert_same(final_state(train(params, moved, resume=True)), last_state)


def test_a_folder_that_is_renamed_while_a_checkpoint_is_written(
    params, last_state, tmp_path, monkeypatch
):
    folder, moved = tmp_path / "run", tmp_path / "moved"
    write = checkpoints.write_tensors

    def rename(path, arrays, details):
        if details["step"] == 10:
            folder.rename(moved)
        write(moved / path.relative_to(folder) if moved.exists() else path, arrays, details)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "write_tensors", rename)
        with pytest.raises(TrainingStopped, match="was moved to .*step_00000005"):
            train(params, folder)
    assert not folder.exists()
    assert_same(final_state(train(params, moved, resume=True)), last_state)


@pytest.mark.parametrize("at", [3, 4, 5, 7])
def test_a_folder_made_anew_is_not_written_to(params, tmp_path, at_step, at):
    """Before a row, a validation, a checkpoint and a sample picture."""
    folder = tmp_path / "run"

    def replace_folder():
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / "mine").touch()

    params = replace(params, sample_steps=[8])
    with at_step(at, replace_folder), pytest.raises(TrainingStopped, match="moved or deleted"):
        train(params, folder)
    assert [path.name for path in folder.iterdir()] == ["mine"]


def test_a_signal_after_a_folder_was_deleted(params, tmp_path, at_step):
    def action():
        shutil.rmtree(tmp_path / "run")
        os.kill(os.getpid(), signal.SIGHUP)

    with at_step(7, action), pytest.raises(TrainingStopped, match="moved or deleted"):
        train(params, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_more_steps_are_those_of_the_longer_run(params, last_state, tmp_path):
    """From a damaged checkpoint, too: then it is the one before that is resumed from."""
    train(replace(params, steps=11), tmp_path / "grown")
    assert_same(final_state(train(params, tmp_path / "grown", resume=True)), last_state)
    newest = checkpoints.newest(tmp_path / "grown" / "checkpoints")
    newest.write_bytes(newest.read_bytes()[:-1000])
    run = train(params, tmp_path / "grown", resume=True)
    assert_same(final_state(run), last_state)
    assert (newest.parent / "step_00000023.safetensors.damaged").exists()


def test_resuming_a_finished_run_changes_nothing(params, run, last_state):
    assert_same(final_state(train(params, run.path, resume=True)), last_state)


def test_resume_with_other_data_is_refused(tiny, tmp_path, blobs):
    both = [ArrayImages("blobs", blobs[:n]) for n in (40, 64)]
    train(replace(tiny, steps=1), tmp_path / "run", data=(both[0], both[0]))
    with pytest.raises(UserError, match="dataset_size was 40"):
        train(replace(tiny, steps=2), tmp_path / "run", resume=True, data=(both[1], both[1]))


def test_the_trigger_waits_for_a_window_and_is_logged(run):
    history = run.history
    fired = int(history["trigger_step"][-1])
    assert fired == int(run.model.kl_weight.trigger_step) and fired > 3
    assert fired % 3 == 1  # after a logged step
    before = history["step"] < fired
    assert np.all(history["trigger_step"][before] == -1)
    np.testing.assert_allclose(
        history["kl_weight"], np.clip((history["step"] - fired) / 10, 0, 1), atol=1e-6
    )


def test_early_stopping_counts_validations(tiny, tmp_path, monkeypatch):
    values = iter([5.0, 4.0, 4.5, 4.2, 4.1, 9.0])
    real = loop.evaluate

    def scripted(*args, **kwargs):
        return real(*args, **kwargs) | {"loss": next(values)}

    monkeypatch.setattr(loop, "evaluate", scripted)
    params = replace(tiny, steps=100, validate_every=2, patience=3, kl_weight=1.0)
    run = train(params, tmp_path / "run")
    assert run.history["step"][-1] == run.details["step"] == 10
    before = final_state(run)
    assert_same(final_state(train(params, run.path, resume=True)), before)


def test_early_stopping_waits_until_the_weight_has_settled(tiny, tmp_path, monkeypatch):
    real = loop.evaluate
    monkeypatch.setattr(loop, "evaluate", lambda *a, **k: real(*a, **k) | {"loss": 1.0})
    weight = "linear(0, 1, 20)"
    params = replace(tiny, steps=100, validate_every=2, patience=3, kl_weight=weight)
    # Settled at 20, where the first comparable loss is the best one; then three without a better.
    assert train(params, tmp_path / "run").history["step"][-1] == 26


def test_divergence_names_step_term_and_checkpoint(tiny, tmp_path):
    params = replace(tiny, learning_rate=1e20, kl_weight=1.0, steps=50)
    with pytest.raises(TrainingStopped, match=r"step \d+ .*(kl|reconstruction|loss|variable).*"):
        train(params, tmp_path / "run")
    arrays, details = checkpoints.load_newest(tmp_path / "run" / "checkpoints", set_aside=False)
    assert all(np.all(np.isfinite(array)) for array in arrays.values())
    assert details["step"] == 0


def test_a_run_that_diverged_to_finite_numbers_says_so(tiny, tmp_path):
    params = replace(tiny, model="info_gan", hyper={"num_codes": 2}, learning_rate=1e9, steps=30)
    for resume in (False, True):  # it is never taken for finished
        with pytest.raises(TrainingStopped, match="step 30.*learning_rate"):
            train(params, tmp_path / "run", resume=resume)
    run = load_run(tmp_path / "run")
    assert not progress_of(run).finished and run.history["step"][-1] < 30
    train(replace(params, learning_rate=1e-3), run.path, overwrite=True)


@pytest.mark.parametrize(
    ("nats", "first", "diverged"),
    [
        ((4e21, 4e21), 44, True),
        ((math.nan, math.nan), 44, True),
        ((4e21, 30), 44, False),  # a batch alone
        ((20, 4e21), 44, False),  # nothing but its training images is fitted
        ((2_000, 2_000), 1e-3, True),
        ((1_900, 1_900), 1e-3, False),
        ((3e6, 3e6), -2e5, False),  # a density
    ],
)
def test_what_counts_as_diverged(nats, first, diverged):
    assert has_diverged(nats, first, num_values=64) is diverged


def test_an_autoencoder_whose_outputs_are_saturated_says_so(tiny, tmp_path):
    """Its squared errors are at most one a pixel: the reconstruction stays a small number."""
    params = replace(tiny, model="plain_ae", kl_weight=0.0, learning_rate=1_000.0, steps=30)
    params = replace(params, likelihood="gaussian")
    with pytest.raises(TrainingStopped, match="step 30.*learning_rate"):
        train(params, tmp_path / "run")


@pytest.mark.parametrize(
    ("nats", "first", "collapsed", "saturated"),
    [
        ((17.3, 17.7), 5.1, 4.6, True),
        ((17.3, 8.0), 5.1, 4.6, False),  # a batch alone
        ((17.3, 17.7), 9.0, 4.6, False),  # a start far from the best single image
        ((17.3, 17.7), 0.5, 9.0, False),  # a run that began with the weights of another
        ((17.3, 17.7), -40.0, -35.0, False),  # a density
        ((math.nan, 17.7), 5.1, 4.6, False),  # for the other rule
    ],
)
def test_what_counts_as_saturated(nats, first, collapsed, saturated):
    assert is_saturated(nats, first, collapsed) is saturated


def test_a_full_disk_stops_with_a_remedy(tiny, tmp_path, run_of_tiny, monkeypatch):
    real = checkpoints.save

    def full(folder, step, *rest):
        if step > 5:
            raise OSError(28, "No space left on device")
        return real(folder, step, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save", full)
        with pytest.raises(TrainingStopped, match="No space left.*step_00000005.*--resume"):
            train(tiny, tmp_path / "run")
    resumed = final_state(train(tiny, tmp_path / "run", resume=True))
    assert_same(resumed, final_state(load_run(run_of_tiny)))


@pytest.mark.usefixtures("optimized_graphs")
def test_300_steps_are_repeatable_to_the_last_bit(tiny, tmp_path):
    params = replace(tiny, encoder=CONVOLUTIONS, activation="leaky_relu", likelihood="gaussian")
    params = replace(params, steps=300, kl_weight="linear(0, 1, 200, delay=50)")
    params = replace(params, log_every=100, checkpoint_every=1000, validate_every=1000)
    one, other = (final_state(train(params, tmp_path / name)) for name in "ab")
    assert_same(one, other)
    assert math.isfinite(float(one[2].split(b",")[-1]))
