"""The process that trains and scores one point: `python -m vae_tf.studies.worker POINT`.

It gets its task as a line of JSON on stdin and keeps listening there: when the other end is closed,
because the study is stopped or was killed, it stops as after a signal, with a checkpoint saved. A
process a point costs some seconds, and a point that crashes or fills the memory costs no other.
"""

from vae_tf.process import scripts  # first, see there

# isort: split
import json
import os
import signal
import sys
import threading
from pathlib import Path

from vae_tf.config import Params
from vae_tf.runs import PARAMS, Run
from vae_tf.runs.lock import wait_until_free
from vae_tf.runs.progress import progress_of

PROGRAM = "study.py"  # is before its last words on stderr

# A process that lost its study may still be saving.
_MOST_SECONDS_LOCKED = 120.0


def complete(folder: Path, params: Params, preset: str | None):
    """Trains and scores a point, from wherever it is.

    Args:
        folder: Its run folder; it may be missing.
        params: Its parameters.
        preset: Scores: "fast", "full", or None for none.

    Raises:
        UserError: If it cannot begin.
        TrainingStopped: If it cannot resume.
        Stopped: After a signal, with a checkpoint saved.
    """
    from vae_tf.process.quiet_tensorflow import import_tensorflow

    import_tensorflow()
    from vae_tf.training import train

    wait_until_free(folder, _MOST_SECONDS_LOCKED)
    begun = (folder / PARAMS).is_file()
    run = Run(folder) if begun else None
    if run is None or not progress_of(run).finished:
        run = train(params, folder, resume=begun)
    if preset is not None:
        from vae_tf.results.score_runs import score_run

        score_run(run, preset, progress=False, say=lambda line: scripts.check_stopped())


def main() -> int:
    """Completes the point that stdin names; returns the exit code."""

    def work() -> int:
        task = json.loads(sys.stdin.readline())
        threading.Thread(target=_stop_with_parent, daemon=True).start()
        sys.argv = task["command"]  # for environment.json
        complete(Path(task["folder"]), Params.from_json(task["params"]), task["preset"])
        return 0

    return scripts.answer(PROGRAM, work, lambda: "Everything written is complete.")


def _stop_with_parent():
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
