"""Fixtures: tiny images, tiny models, caches in a temporary folder."""

import os

# Before NumPy and TensorFlow are imported. There is a process of tests a core: threads that share
# one operation wait for one another, and BLAS' threads made small sums ten times as long.
# Operations beside each other, whose order is what may differ from run to run, still have threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
# Tests say what a user sees who has set nothing.
os.environ.pop("TF_CPP_MIN_LOG_LEVEL", None)

# isort: split
import gc
import logging
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import filelock
import numpy as np
import pytest

from vae_tf.config import Params

# Like in an environment that is activated: commands that are printed begin with `python`.
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])

# Collections walk through a million objects of TensorFlow that stay: a tenth of all tests' time.
gc.set_threshold(50_000, 20, 20)

CONVOLUTIONS = ((4, 3, 2), (8,))

# Dense and without Adam's moments, which would be a third of its time: a training this short is
# mostly TensorFlow's tracing of layers and of their updates.
TINY = Params(
    dataset="digits",
    encoder=((8,),),
    latent_size=3,
    batch_size=16,
    optimizer="sgd",
    steps=12,
    log_every=4,
    sample_every=100,
    checkpoint_every=5,
    validate_every=6,
)

# Files that take more than ten seconds of a processor, the longest first.
LONGEST = (
    *("test_conformance.py", "test_study_script.py", "test_drawing.py", "test_loop.py"),
    *("test_params.py", "test_analyze_script.py", "test_train_script.py", "test_score_runs.py"),
    *("test_pixels.py", "test_estimators.py", "test_semi_supervised.py", "test_compression.py"),
    *("test_readme.py", "test_ray_jobs.py", "test_networks.py", "test_devices.py"),
)

_TEMPORARY = pytest.StashKey[str]()
_FAILED = pytest.StashKey[bool]()


def pytest_sessionstart(session):
    """Keeps messages of scripts on one line, so that tests find their words; pytest's stay."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        writer = reporter._tw
        writer.fullwidth = writer.fullwidth
    os.environ["COLUMNS"] = "1000"


def pytest_configure(config):
    """Prepares the process that starts the tests, before its workers inherit it.

    Signals are heard by tests and their processes: after & a process is deaf to Ctrl-C, after
    nohup to a terminal that is closed. Files that TFDS, Ray and killed processes leave in the
    temporary folder go to one of the session's own.
    """
    heard = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    for number, handler in heard.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    if not hasattr(config, "workerinput"):  # else xdist started this process
        folder = tempfile.mkdtemp(prefix="vae-")  # short: Ray puts sockets there
        os.environ["TMPDIR"] = tempfile.tempdir = config.stash[_TEMPORARY] = folder


def pytest_sessionfinish(session, exitstatus):
    session.config.stash[_FAILED] = exitstatus == pytest.ExitCode.TESTS_FAILED
    plugins = session.config.pluginmanager
    # It would import Hypothesis to sum up tests that this process did not run.
    if "hypothesis" not in sys.modules and plugins.has_plugin("hypothesispytest"):
        plugins.unregister(name="hypothesispytest")


def pytest_unconfigure(config):
    """Removes the temporary folder, unless it may show why a test failed."""
    folder = config.stash.get(_TEMPORARY, None)
    if folder is None:
        return
    if config.stash.get(_FAILED, False):
        print(f"\nThe files of the tests are kept in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_addoption(parser):
    parser.addoption(
        "--stride", type=int, default=1, help="run every n-th trial of the slow campaign alone"
    )


@pytest.fixture(scope="session")
def stride(request) -> int:
    """Distance of the trials of the slow campaign that are run; 1 is all."""
    return request.config.getoption("--stride")


def optimize_graphs(on: bool):
    """Sets whether TensorFlow optimizes graphs before their first run, as it does at a user's."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not on})


def leave_origins_out():
    """Makes operations of graphs forget the lines of Python that made them.

    TensorFlow walks up all frames of Python, pytest too, for each operation that it traces: a tenth
    of the time of tests of models. Messages of operations that fail do not show these lines.
    """
    from tensorflow.python.util import tf_stack

    here = tf_stack.extract_stack()
    tf_stack.extract_stack = lambda stacklevel=1: here


def pytest_collection_modifyitems(items):
    """Begins with the longest files, so that no process of tests waits for another at the end."""
    items.sort(key=lambda item: (*LONGEST, item.path.name).index(item.path.name))


def pytest_collection_finish():
    """Leaves present imports out of garbage collections, also out of the last one.

    Graphs are run as traced: to optimize them is a quarter of the time of a run of a few steps.
    """
    if "tensorflow" in sys.modules:
        optimize_graphs(False)
        leave_origins_out()
    gc.freeze()


@pytest.fixture
def optimized_graphs():
    """Optimizes graphs as TensorFlow does at a user's, for what the order of sums may change."""
    optimize_graphs(True)
    yield
    optimize_graphs(False)


def collect_garbage():
    """Frees models that are gone; the objects that are left are not looked at again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def graphs_collected():
    """Keeps a process of tests from growing by models that are gone: few collections are whole."""
    yield
    if any(gc.get_count()[1:]):  # since the last one there were 50,000 objects more
        collect_garbage()


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Keeps prepared sets of the tests out of the user's cache, also sets of wider fixtures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_TF_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


@pytest.fixture(scope="session", autouse=True)
def disk_not_awaited():
    """Files of tests need not outlive a power failure: a short run waits for the disk 24 times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Function that returns a folder of all processes of tests, which the first of them fills."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def folder_of(name, fill) -> Path:
        folder = root / name
        with filelock.FileLock(root / f"{name}.lock"):
            if not folder.exists():
                fill(folder)
        return folder

    return folder_of


@pytest.fixture(scope="session")
def tiny() -> Params:
    """Parameters of a run that takes a second."""
    return TINY


@pytest.fixture(scope="session")
def run_of_tiny(tiny, made_once) -> Path:
    """A run of `tiny`, trained once for all tests, to be copied."""
    from vae_tf.training import train

    return made_once("run-of-tiny", lambda folder: train(tiny, folder))


@pytest.fixture
def run_folder(run_of_tiny, tmp_path) -> Path:
    """A copy of the run of `tiny`."""
    return Path(shutil.copytree(run_of_tiny, tmp_path / "run"))


def killed_copy(run, folder: Path) -> Path:
    """A copy of a run, killed between its last checkpoint but one and the last.

    The rows it wrote since are there, to be written again; tests/training/test_loop.py kills runs.
    """
    from vae_tf.runs import checkpoints

    shutil.copytree(run.path, folder)
    checkpoints.newest(folder / "checkpoints").unlink()
    return folder


def assert_same_bytes(one, other):
    """Two runs have the same log and the same newest checkpoint, byte for byte."""
    from vae_tf.runs import checkpoints

    assert one.log_path.read_bytes() == other.log_path.read_bytes()
    newest = [checkpoints.newest(run.checkpoints).read_bytes() for run in (one, other)]
    assert newest[0] == newest[1]


@pytest.fixture(scope="session")
def blobs() -> np.ndarray:
    """`[64, 8, 8, 1]` smooth images in [0, 1]: discs of random place and size."""
    rng = np.random.default_rng(0)
    grid = np.indices((8, 8))[None]
    center = rng.uniform(2, 6, (64, 2, 1, 1))
    radius = rng.uniform(1, 3, (64, 1, 1))
    distance = np.sqrt(((grid - center) ** 2).sum(1))
    return np.clip(radius - distance + 0.5, 0, 1)[..., None].astype("float32")


@pytest.fixture(autouse=True)
def plain_logging():
    """Leaves the root logger as it was; scripts configure it."""
    handlers = logging.root.handlers[:]
    yield
    logging.root.handlers[:] = handlers


def score_few(patch: pytest.MonkeyPatch):
    """Makes the preset "fast" one of a second: with few points, draws and samples."""
    from vae_tf import metrics

    draws = {"num_samples": 50, "likelihood_images": 10, "likelihood_samples": 10}
    patch.setitem(metrics.PRESETS, "fast", metrics.Sizes(60, 30, 60, 30, **draws))


@pytest.fixture
def few_scores(monkeypatch):
    score_few(monkeypatch)


@pytest.fixture
def call(capsys, monkeypatch):
    """Calls the `main` of a script in this process and a folder: TensorFlow takes its time.

    Its result is the result of `subprocess.run`.
    """

    def run(main, *arguments, cwd):
        words = [os.fsdecode(word) for word in arguments]
        with monkeypatch.context() as patch:
            patch.chdir(cwd)
            try:
                code = main(words)
            except SystemExit as stop:  # of argparse
                code = stop.code
        return subprocess.CompletedProcess(words, code, *capsys.readouterr())

    return run
