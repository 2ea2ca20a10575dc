"""Run folders: what a training leaves behind, and how it is read again.

    params.json        exact Params        log.csv      one row a logged step
    environment.json   versions, commands  samples/     pictures at the sampled steps
    checkpoints/       see checkpoints.py  metrics.json scores

Loading a run executes nothing from its folder: JSON, CSV, PNG and arrays only.
"""

import contextlib
import csv
import fcntl
import functools
import importlib.metadata
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from vae_tf import checkpoints
from vae_tf.atomic import written_whole
from vae_tf.config import Params, differences
from vae_tf.data import ImageSet, load
from vae_tf.errors import UserError
from vae_tf.version import VERSION

_LOCK = ".lock"


class Run:
    """A run folder, read on demand.

    Args:
        path: The folder.

    Attributes:
        path: The folder.
        params: Its `Params`.

    Raises:
        UserError: If the folder is no run.
    """

    def __init__(self, path: "str | os.PathLike"):
        self.path = Path(path)
        if not self.params_path.is_file():
            what = "holds no params.json" if self.path.is_dir() else "does not exist"
            raise UserError(
                f"'{self.path}' is no run folder: it {what}. Name a folder that train.py made, "
                f"such as predictions/RUN."
            )
        try:
            self.params = Params.from_json(self.params_path.read_text())
        except (UserError, UnicodeDecodeError) as error:
            raise UserError(f"{self.params_path} cannot be read: {error}") from None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def params_path(self) -> Path:
        return self.path / "params.json"

    @property
    def log_path(self) -> Path:
        return self.path / "log.csv"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    @functools.cached_property
    def _checkpoint(self) -> tuple[dict[str, np.ndarray], dict]:
        found = checkpoints.load_newest(self.checkpoints, set_aside=False)
        if found is None:
            raise UserError(
                f"Run '{self.path}' has no checkpoint to load. Train it: "
                f"python train.py RUN --name {self.name} --resume"
            )
        return found

    @property
    def details(self) -> dict:
        """Step, image shape and state of early stopping at the newest checkpoint."""
        return self._checkpoint[1]

    @functools.cached_property
    def model(self):
        """The model with the weights of the newest checkpoint."""
        from vae_tf.models.build import build_model

        arrays, details = self._checkpoint
        model = build_model(self.params, tuple(details["image_shape"]), details["dataset_size"])
        checkpoints.restore(model, arrays, weights_only=self.slimmed)
        return model

    @property
    def slimmed(self) -> bool:
        """Whether the newest checkpoint holds weights in half precision and nothing else."""
        return self.details.get("slim", False)

    @property
    def history(self) -> dict[str, np.ndarray]:
        """Columns of log.csv by name: `[rows]`, `step` int, others float, NaN where empty."""
        columns, rows = read_log(self.log_path)
        table = [[float(cell or "nan") for cell in row] for row in rows]
        history = {name: np.array([row[i] for row in table]) for i, name in enumerate(columns)}
        return history | {"step": history["step"].astype(int)} if history else {}

    @functools.cached_property
    def data(self) -> ImageSet:
        """The images it was trained on."""
        return self._load_data("train")

    @functools.cached_property
    def validation_data(self) -> ImageSet:
        """The images it was validated on."""
        return self._load_data("validation")

    def _load_data(self, split: str) -> ImageSet:
        if any(self.checkpoints.glob("step_*.npz")) and self.details["own_data"]:
            raise UserError(
                f"'{self.path}' was trained on images given to train(data=...), which cannot be "
                f"loaded by name. Use your images in their place."
            )
        return load_data(self.params, split)


def load_run(path: "str | os.PathLike") -> Run:
    """Loads a run; its model, history and data are read when they are asked for.

    Args:
        path: Run folder.

    Raises:
        UserError: If the folder is no run.
    """
    return Run(path)


def load_data(params: Params, split: str) -> ImageSet:
    """The data of a run.

    Args:
        params: Of the run.
        split: "train", "validation", "test" or "all".
    """
    return load(
        params.dataset,
        split,
        params.image_size,
        channels=params.channels,
        validation=params.validation,
    )


def slim(run: Run):
    """Makes a run small enough to publish: to be analysed, not to be resumed.

    Of its checkpoints the newest weights are kept, in half precision, and its pictures keep 128
    colours each.
    """
    checkpoints.slim(run.checkpoints)
    for path in run.samples.glob("step_*.png"):
        with Image.open(path) as picture:
            if picture.mode == "P":
                continue
            small = picture.quantize(128)
        with written_whole(path) as partial:
            small.save(partial, format="PNG", optimize=True)
    run.__dict__.pop("_checkpoint", None)


def write_text(path: Path, text: str):
    """Writes a file wholly or not at all."""
    with written_whole(path) as partial:
        partial.write_text(text)


def create(path: Path, params: Params, *, overwrite: bool) -> Run:
    """Makes a new run in a folder that is locked, in place of what is there.

    Args:
        path: Of the folder.
        params: Of the run.
        overwrite: Whether a run that is there may be replaced.

    Raises:
        UserError: If it may not; another process may have made one since it was last checked.
    """
    check_new(path, overwrite=overwrite)
    for old in path.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old.name != _LOCK:
            old.unlink()
    write_text(path / "params.json", params.to_json())
    return Run(path)


def check_new(path: Path, *, overwrite: bool):
    """Checks that a new run may be made here, without touching anything.

    Raises:
        UserError: If it may not.
    """
    if path.is_dir() and all(inside.name == _LOCK for inside in path.iterdir()):
        return
    if path.exists() and not overwrite:
        raise UserError(
            f"The run folder '{path}' exists already. Go on with --resume, start anew with "
            f"--overwrite, or choose another --name."
        )
    if path.exists() and not (path / "params.json").is_file():
        raise UserError(
            f"'{path}' exists and is no run folder, so --overwrite does not delete it. Choose "
            f"another --name."
        )
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise UserError(
            f"The run folder '{path}' cannot be made: '{parent}' is not a folder that can be "
            f"written. Choose another place with --predictions."
        )


def check_resumable(run: Run, params: Params):
    """Checks that a run may go on with these parameters.

    Raises:
        UserError: If they are not its own but for more steps; the message names them.
    """
    changed = differences(run.params, params)
    if "steps" in changed and params.steps > run.params.steps:
        del changed["steps"]
    if changed:
        listing = "; ".join(f"{name}: {was!r} -> {now!r}" for name, (was, now) in changed.items())
        raise UserError(
            f"'{run.path}' was started with other parameters ({listing}). A run goes on with its "
            f"own; only `steps` may grow. Undo the change, or start anew under another --name."
        )


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps a second training out of a run folder, which is made if it is not there.

    Raises:
        UserError: If another process trains there, or the folder cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        file = open(path / _LOCK, "w")
    except OSError as error:
        raise UserError(
            f"The run folder '{path}' cannot be written: {error.strerror or error}. Choose "
            f"another place with --predictions."
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                f"Another process is training in '{path}'. Wait for it or stop it."
            ) from None
        yield


def record_environment(run: Run, step: int):
    """Adds to environment.json what is needed to repeat the session that begins."""
    path = run.path / "environment.json"
    try:
        sessions = list(json.loads(path.read_text())["sessions"])
    except FileNotFoundError:
        sessions = []
    except (ValueError, KeyError, TypeError):
        logging.warning("%s is damaged and starts anew: earlier sessions are forgotten.", path)
        sessions = []
    packages = ("keras", "numpy", "tensorflow")
    session = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "from_step": step,
        "command": [os.path.basename(sys.argv[0]), *sys.argv[1:]],
        "commit": _commit(),
        "versions": {"python": platform.python_version(), "vae_tf": VERSION}
        | {name: importlib.metadata.version(name) for name in packages},
        "machine": {"platform": platform.platform(), "cpus": os.cpu_count()},
    }
    write_text(path, json.dumps({"sessions": [*sessions, session]}, indent=2) + "\n")


def _commit() -> str | None:
    """Commit of the source in use, with "+changes" where it was edited; None outside git."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        ask = functools.partial(subprocess.run, capture_output=True, text=True, check=True)
        commit = ask([*git, "rev-parse", "HEAD"]).stdout.strip()
        changed = ask([*git, "status", "--porcelain", "--untracked-files=no"]).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+changes" if changed else "")


def read_log(path: Path) -> tuple[list[str], list[list[str]]]:
    """Reads log.csv.

    Returns:
        Names of the columns, and the rows as text; a last row cut short is left out.
    """
    if not path.is_file():
        return [], []
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1]
    rows = list(csv.reader(whole.splitlines()))
    if not rows:
        return [], []
    return rows[0], [row for row in rows[1:] if len(row) == len(rows[0]) and row[0].isdigit()]


class Log:
    """Writes log.csv, a row at a time, each on disk as soon as it is written.

    Args:
        path: Of the file.
        columns: Names, `step` first.
        before: Rows of this step and later ones, left by a session that got further than its last
            checkpoint, are removed.
    """

    def __init__(self, path: Path, columns: list[str], before: int):
        self._columns = columns
        kept = [row for row in read_log(path)[1] if int(row[0]) < before]
        lines = [",".join(row) + "\n" for row in [columns, *kept]]
        write_text(path, "".join(lines))
        self._file = open(path, "a")

    def write(self, row: dict[str, float]):
        """Writes a row; missing columns stay empty. Nine digits hold a float32 exactly."""
        cells = [f"{row[name]:.9g}" if name in row else "" for name in self._columns]
        self._file.write(",".join(cells) + "\n")
        self._file.flush()

    def sync(self):
        """Makes sure the rows outlast a power cut, as the checkpoint does that counts on them."""
        os.fsync(self._file.fileno())

    def close(self):
        self._file.close()
