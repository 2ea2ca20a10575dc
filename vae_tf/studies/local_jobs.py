"""Points in processes of their own on this machine."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vae_tf.config.studies import Point
from vae_tf.studies.jobs import Ended, ended

_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


class LocalJob:
    """A process that trains and scores a point.

    It has a session of its own, so that Ctrl-C reaches the study alone, which then stops its jobs
    one way: by closing their stdin. That happens, too, when the study is killed.

    Args:
        point: The point.
        folder: Its run folder.
        preset: Scores: "fast", "full", or None for none.
        threads: Threads that it may compute with.
        command: Command line of the study, for environment.json.
    """

    def __init__(
        self, point: Point, folder: Path, preset: str | None, threads: int, command: Sequence[str]
    ):
        self._stderr = tempfile.TemporaryFile()
        root = Path(__file__).parents[2]  # of this package, wherever the study was started
        path = os.pathsep.join(filter(None, (os.fspath(root), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vae_tf.studies.worker", point.name],  # named for `ps`
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._stderr,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": path} | dict.fromkeys(_THREADS, str(threads)),
        )
        task = {
            "folder": os.fspath(folder),
            "params": point.params.to_json(),
            "preset": preset,
            "command": list(command),
        }
        with contextlib.suppress(BrokenPipeError):  # it has ended: `poll` says why
            self._stdin.write(json.dumps(task).encode() + b"\n")
            self._stdin.flush()
        self._peak = 0

    @property
    def _stdin(self):
        stdin = self._process.stdin
        if stdin is None:
            raise RuntimeError("opened as a pipe")
        return stdin

    def poll(self) -> Ended | None:
        code = self._process.poll()
        if code is None:
            return None
        self._close()
        with self._stderr as stderr:
            stderr.seek(0)
            return ended(code, stderr.read().decode(errors="replace"))

    def stop(self):
        self._close()

    def wait(self):
        self._process.wait()

    def peak_memory(self) -> int:
        with contextlib.suppress(OSError):  # not Linux, or it has ended
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            if found := _PEAK.search(status):
                self._peak = 1024 * int(found[1])
        return self._peak

    def _close(self):
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
