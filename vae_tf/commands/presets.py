"""Read params.py, the user's file. Messages name the line of an error in it."""

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
    """Imports params.py. A command of the installed package reads it from the working folder.

    Args:
        script: Path of the script, for messages; otherwise params.py is beside the script.

    Returns:
        The module, with RUNS, DEFAULT_RUN and perhaps STUDIES.

    Raises:
        UserError: If the file cannot be imported, or does not define runs. The message has the line
            of the error.
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
            f"params.py has a run and a study with the same name, {shown(both[0])}, so they would "
            f"have the same folder. Rename the study."
        )
    return presets


def _use_working_folder():
    """Makes sure that params.py is imported from the working folder."""
    if not Path("params.py").is_file():
        raise UserError(
            f"There is no params.py in this folder, '{os.getcwd()}'. It defines the runs. "
            f"Write a first params.py: vae-init"
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
        return f"There is no params.py beside '{script}'. It defines the runs."
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
    """Returns the parameters of a run by its name, or by its old name.

    Raises:
        UserError: If there is no such run. The message has the nearest name.
    """
    renamed = RENAMED.get(name)
    if name in runs or renamed is None or renamed not in runs:
        return preset(runs, name)
    scripts.say(f"The run '{name}' is now called {renamed}. Its folder has the name you gave.")
    return runs[renamed]


def located(params: Params) -> Params:
    """Returns the parameters with the absolute path of a folder of images.

    Raises:
        UserError: If there is no such folder.
    """
    from vae_tf.data import with_absolute_path  # imported here, because the import is slow

    return replace(params, dataset=with_absolute_path(params.dataset))


def check_name(name: str, what: str):
    """Checks that a name can be the name of a folder on every system.

    Args:
        name: The name.
        what: Kind of name, for the message.

    Raises:
        UserError: If the name is empty, or has a path, characters that are not printable or more
            than 200 bytes.
    """
    fits = isinstance(name, str) and Path(name).name == name and name not in ("", "..")
    if not fits or not name.isprintable() or len(os.fsencode(name)) > 200:
        raise UserError(
            f"{what} must be the name of a folder, without a path, printable and of at most 200 "
            f"bytes. Received: {shown(name)}. Give the path with --predictions."
        )
