"""How far the run folder of a point is, and whether it belongs to this very study."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from vae_tf.config import differences
from vae_tf.config.studies import Point
from vae_tf.process.errors import UserError
from vae_tf.runs import PARAMS, STUDY, Run
from vae_tf.runs.progress import progress_of

WAITING, STOPPED, TRAINED, DONE, FAILED = "waiting", "stopped", "trained", "done", "failed"
PRESETS = ("fast", "full")  # of scores, the larger one last


class Standing(NamedTuple):
    """How far a point is.

    Attributes:
        state: `WAITING` (not begun), `STOPPED` (begun), `TRAINED` (not scored yet), `DONE` or
            `FAILED`.
        step: Step of the last row of its log.
        error: Why it failed.
    """

    state: str
    step: int
    error: str = ""


def standing(folder: Path, preset: str | None) -> Standing:
    """Reads how far the run folder of a point is.

    Args:
        folder: The run folder; it may be missing.
        preset: Scores that are asked for: "fast", "full", or None for none.
    """
    try:
        if not (folder / PARAMS).is_file():
            return Standing(WAITING, 0)
        step, finished = progress_of(Run(folder))
    except (OSError, UserError) as error:  # also a folder that may not be entered
        return Standing(FAILED, 0, str(error))
    if not finished:
        return Standing(STOPPED, step)
    return Standing(DONE if preset is None or _scored(folder, preset) else TRAINED, step)


def _scored(folder: Path, preset: str) -> bool:
    record = score_record(folder)
    enough = PRESETS[PRESETS.index(preset) :]
    return bool(record and record.get("complete") and record["preset"] in enough)


def score_record(folder: Path) -> dict | None:
    """The scores of a point, as `load_record` gives them."""
    from vae_tf.results.score_records import RECORD, load_record  # scientific packages, a second

    return load_record(folder / RECORD)


def check_same_study(folder: Path, points: Sequence[Point], anew: Collection[str] = ()):
    """Refuses to mix the runs of a study with runs of an edited one; new points may join.

    Runs whose parameters cannot be read are left to `standing`. A study.csv that is missing is no
    reason to refuse a folder in which all runs are points of the study.

    Args:
        folder: Folder of the study; it may be missing.
        points: Points of the study as it is now.
        anew: Names of the points that are done anew, whatever they were.

    Raises:
        UserError: If runs that are there have other parameters, or are no points of it any longer;
            the message says what changed. Or if the folder is something else.
    """
    if (folder / PARAMS).exists():
        raise UserError(f"'{folder}' is a run, not a study. Choose another --name.")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"'{folder}' is no folder. Choose another --name.")
    runs = [path for path in sorted(folder.iterdir()) if _is_run(path)]
    known = {point.name: point.params for point in points}
    if not (folder / STUDY).exists() and any(path.name not in known for path in runs):
        raise UserError(
            f"'{folder}' holds other runs and no {STUDY}: it is not this study. Choose another "
            f"--name."
        )
    changed: dict[str, int] = {}
    for path in runs:
        if path.name in known and path.name not in anew:
            try:
                params = Run(path).params
            except (OSError, UserError):
                continue
            for name, (was, now) in differences(params, known[path.name]).items():
                text = f"{name}: {was!r} -> {now!r}"
                changed[text] = changed.get(text, 0) + 1
    listing = [f"{text} ({count} of {len(runs)} runs)" for text, count in changed.items()]
    listing += [f"no longer in it: {path.name}" for path in runs if path.name not in known]
    if listing:
        raise UserError(
            f"The study '{folder}' was edited after it ran ({'; '.join(listing)}). Runs of two "
            f"studies are not mixed; only new points may join. Undo the change, do these runs "
            f"anew with --overwrite, or choose another --name."
        )


def _is_run(path: Path) -> bool:
    try:
        return (path / PARAMS).is_file()
    except OSError:  # a folder that may not be entered
        return False
