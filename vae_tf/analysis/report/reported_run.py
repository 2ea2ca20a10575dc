"""A run as the report has it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vae_tf.analysis.report.states import Badge
from vae_tf.config import Params


class ReportedRun(NamedTuple):
    """A run with what the report says of it.

    Attributes:
        folder: Folder of its pictures.
        params: Its parameters.
        summary: Its summary, see `summaries.summarize`.
        record: Content of its metrics.json, None where it is not scored.
        badges: Warnings to be read first.
        shown: Whether it has a page.
    """

    folder: Path
    params: Params
    summary: dict
    record: dict | None
    badges: Sequence[Badge] = ()
    shown: bool = True
