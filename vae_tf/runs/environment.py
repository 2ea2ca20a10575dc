"""Recording what is needed to repeat a training: versions, command, commit, machine."""

import functools
import importlib.metadata
import json
import logging
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import TypeGuard

from vae_tf import __version__
from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import read_json, require_fields
from vae_tf.process.files.saving import write_text
from vae_tf.runs.folder import Run


def record_environment(run: Run, step: int, start: dict | None = None):
    """Adds to environment.json what is needed to repeat the session that begins.

    Args:
        run: The run that is trained.
        step: Optimizer updates done when the session begins.
        start: JSON values that say which weights it began with, where they were copied.
    """
    path = run.path / "environment.json"
    try:
        sessions = require_fields(read_json(path), {"sessions": list})["sessions"]
    except FileNotFoundError:
        sessions = []
    except UserError as error:
        logging.warning(
            "%s is damaged and starts anew, so earlier sessions are forgotten: %s", path, error
        )
        sessions = []
    session = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "from_step": step,
        "command": [os.path.basename(sys.argv[0]), *sys.argv[1:]],
        "commit": _commit(),
        "versions": versions(),
        "machine": {"platform": platform.platform(), "cpus": os.cpu_count()},
    }
    if start is not None:
        session["start"] = start
    write_text(path, json.dumps({"sessions": [*sessions, session]}, indent=2) + "\n")


def versions() -> dict[str, str]:
    """Versions in use, of Python, of this package and of those that numbers depend on."""
    packages = ("keras", "numpy", "tensorflow")
    return {"python": platform.python_version(), "vae_tf": __version__} | {
        name: importlib.metadata.version(name) for name in packages
    }


def recorded_versions(path: Path) -> list[dict[str, str]]:
    """Versions that a run was trained with, its first session's first, each once.

    Args:
        path: The run folder; missing or damaged files in it give no versions.
    """
    try:
        content = require_fields(read_json(path / "environment.json"), {"sessions": list})
    except (OSError, UserError):
        return []
    found: list[dict[str, str]] = []
    for session in content["sessions"]:
        known = session.get("versions") if isinstance(session, dict) else None
        if is_versions(known) and known not in found:
            found.append(known)
    return found


def is_versions(value: object) -> TypeGuard[dict[str, str]]:
    """Whether a value of a file has the form of `versions`."""
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


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
