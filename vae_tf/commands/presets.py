"""Reading params.py, the experimenter's file, so that a mistake in it is answered with its line."""

import importlib.util
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from vae_tf.config import Params, preset, replace
from vae_tf.config.studies import Study
from vae_tf.presets import RENAMED
from vae_tf.process import scripts
from vae_tf.process.errors import UserError, shown


def read_presets(script: str) -> ModuleType:
    """Imports params.py, from the working folder for a command of the installed package.

    Args:
        script: Path of the script beside which it should be otherwise, for messages.

    Returns:
        The module: RUNS and DEFAULT_RUN, and STUDIES where it has them.

    Raises:
        UserError: If it cannot be imported, naming its line, or does not define runs.
    """
    if scripts.is_installed():
        _use_working_folder()
    try:
        import params as presets
    except Exception as error:
        raise UserError(_where_it_failed(error, script)) from None
    runs = getattr(presets, "RUNS", None)
    if not isinstance(runs, dict) or not runs or getattr(presets, "DEFAULT_RUN", 0) not in runs:
        raise UserError(
            "params.py must define RUNS, a dict of `Params` by name, and DEFAULT_RUN, one of these "
            "names."
        )
    _check_entries("RUNS", runs, Params)
    studies = getattr(presets, "STUDIES", {})
    if not isinstance(studies, dict):
        raise UserError("STUDIES in params.py must be a dict of `Study` by name.")
    _check_entries("STUDIES", studies, Study)
    if both := sorted(runs.keys() & studies.keys()):
        raise UserError(
            f"params.py calls a run and a study by one name, {shown(both[0])}, and their folders "
            f"would be one. Rename the study."
        )
    return presets


def _use_working_folder():
    """Takes params.py from the working folder, whatever else is to be found."""
    if not Path("params.py").is_file():
        raise UserError(
            f"There is no params.py in this folder, '{os.getcwd()}', and runs are written there. "
            f"Make one to start from: vae-init"
        )
    sys.path.insert(0, os.getcwd())


def _check_entries(where: str, entries: Mapping, kind: type):
    for name, value in entries.items():
        if not isinstance(value, kind):
            raise UserError(
                f"{where}[{shown(name)}] in params.py must be `{kind.__name__}`. Received: "
                f"{shown(value)}"
            )
        check_name(name, f"A name in {where} of params.py")


def _where_it_failed(error: Exception, script: str) -> str:
    """Error while params.py was imported, with its file and line."""
    spec = importlib.util.find_spec("params")
    if spec is None:
        return f"There is no params.py beside '{script}'. Runs are written there."
    path, line = spec.origin, None
    if isinstance(error, SyntaxError):
        path, line = error.filename, error.lineno
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == spec.origin:
            line = frame.lineno
    kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
    what = error.msg if isinstance(error, SyntaxError) else error
    at = f"'{path}'" if line is None else f"'{path}', line {line}"
    return f"{at}: {kind}{what}"


def run_named(runs: Mapping[str, Params], name: str) -> Params:
    """Looks a run up by its name, or the name that it had.

    Raises:
        UserError: If there is none of that name, naming the nearest.
    """
    renamed = RENAMED.get(name)
    if name in runs or renamed is None or renamed not in runs:
        return preset(runs, name)
    scripts.say(f"The run '{name}' is now called {renamed}. Its folder has the name you gave.")
    return runs[renamed]


def located(params: Params) -> Params:
    """The parameters with a folder of images by its absolute path, for wherever they are loaded.

    Raises:
        UserError: If there is no such folder.
    """
    from vae_tf.data import with_absolute_path  # here, as it imports half of NumPy

    return replace(params, dataset=with_absolute_path(params.dataset))


def check_name(name: str, what: str):
    """Refuses what cannot be the name of a folder everywhere.

    Args:
        name: The name.
        what: Kind of thing it names, for the message.

    Raises:
        UserError: If it has a path, characters that are not printable or more than 200 bytes.
    """
    fits = isinstance(name, str) and Path(name).name == name and name not in ("", "..")
    if not fits or not name.isprintable() or len(os.fsencode(name)) > 200:
        raise UserError(
            f"{what} must be the name of a folder, without a path, printable and of at most 200 "
            f"bytes. Received: {shown(name)}. Say where it is with --predictions."
        )
