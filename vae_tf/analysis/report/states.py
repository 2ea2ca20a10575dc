"""Badges: warnings about the state of a run (compute)."""

from typing import NamedTuple

import numpy as np

from vae_tf.analysis.collapse import is_collapsed
from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import read_json, require_fields
from vae_tf.results.score_records import RECORD
from vae_tf.runs import Run, checkpoints
from vae_tf.runs.lock import is_locked
from vae_tf.runs.progress import progress_of


class Badge(NamedTuple):
    """A word about the state of a run, and a sentence with the reason."""

    word: str
    why: str


def badges(run: Run, summary: dict, history: dict[str, np.ndarray]) -> list[Badge]:
    """Judges the state of a run.

    Args:
        run: The run.
        summary: Its summary, see `summaries.summarize`.
        history: Columns of its log.csv, empty if they cannot be read.

    Returns:
        Badges from "collapsed", "diverged", "still training", "stopped" and "old scores" that
        apply.
    """
    found = []
    if is_collapsed(summary):
        found.append(
            Badge("collapsed", "None of its latents is active: no code distinguishes images.")
        )
    if why := _divergence(summary, history):
        found.append(Badge("diverged", why))
    step, steps = summary["step"], summary["steps"]
    if step < steps and not progress_of(run).finished:
        word = "still training" if is_locked(run.path) else "stopped"
        found.append(Badge(word, f"Drawn at step {step:,} of {steps:,}."))
    scored = _stale_step(run)
    if scored is not None:
        why = f"Its scores are of step {scored:,}, not of its weights, and are left out."
        found.append(Badge("old scores", why))
    return found


def _divergence(summary, history) -> str:
    """Returns the reason why a run diverged, empty if it did not.

    The reconstruction is used because it does not depend on the KL weight. A training whose loss is
    not finite ends before it is saved, and has the badge "stopped".
    """
    if summary["images"] is not None and summary["mse"] is None:
        return "Its images are not finite."
    values = history.get("reconstruction", np.zeros(0))
    values = values[~np.isnan(values)]
    if len(values) and not np.isfinite(values[-1]):
        return "Its reconstruction is not finite."
    if len(values) > 1 and values[-1] > values[0]:
        return (
            f"Its reconstruction was {values[0]:,.1f} nats at the beginning and is worse at the "
            f"end, {values[-1]:,.1f} nats."
        )
    return ""


def _stale_step(run: Run) -> int | None:
    """Returns the step of the scores if it is not the step of the newest checkpoint, else None."""
    try:
        record = read_json(run.path / RECORD)
        require_fields(record, {"step": int})
    except (OSError, UserError):
        return None
    newest = checkpoints.newest(run.checkpoints)
    if newest is None or checkpoints.step_of(newest) == record["step"]:
        return None
    return record["step"]
