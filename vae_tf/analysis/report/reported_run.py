"""A run in the report."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vae_tf.analysis.report.states import Badge
from vae_tf.config import Params


class ReportedRun(NamedTuple):
    """A run with its content in the report.

    Attributes:
        folder: Folder of its pictures.
        params: Its parameters.
        summary: Its summary, see `summaries.summarize`.
        record: Content of its metrics.json, None if it has no scores.
        badges: Warnings about its state.
        shown: Whether it has a page.
    """

    folder: Path
    params: Params
    summary: dict
    record: dict | None
    badges: Sequence[Badge] = ()
    shown: bool = True
