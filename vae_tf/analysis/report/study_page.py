"""A study in the report: its means over seeds, and its figures (compute)."""

import math
from pathlib import Path
from typing import NamedTuple

from vae_tf.analysis.report.pictures import Picture, pictures_of
from vae_tf.process.texts.command_names import name_of
from vae_tf.results.score_tables import number
from vae_tf.results.statistics import Spread
from vae_tf.results.study_figures import FIGURES
from vae_tf.results.study_table import StudyTable

_MOST_ROWS = 200  # of the tables; means.csv and study.csv have all


class ReportedStudy(NamedTuple):
    """A study in the report.

    Attributes:
        name: Name of the study.
        sentence: Number of runs, and the parameters that vary.
        unfinished: Number of runs that are left out.
        command: Name of the script that continues the study.
        fields: Parameters that vary.
        headings: Names of the numbers in a row: seeds, and the scores.
        rows: Values of the parameters, and the numbers as texts.
    """

    name: str
    sentence: str
    unfinished: int
    command: str
    fields: list[str]
    headings: list[str]
    rows: list[tuple[tuple, list[str]]]


def reported_study(table: StudyTable) -> ReportedStudy:
    """Computes the content of a study in the report.

    Args:
        table: The table of the study's runs.
    """
    shown = table.shown()
    spreads = {name: table.spreads(name) for name in shown}
    rows = [
        (key, [str(len(runs)), *(_mean(spreads[name].get(key)) for name in shown)])
        for key, runs in list(table.groups().items())[:_MOST_ROWS]
    ]
    varied = ", ".join(table.varied) or "nothing"
    return ReportedStudy(
        name=table.name,
        sentence=f"A study of {len(table.rows)} runs. Varied: {varied}.",
        unfinished=table.unfinished,
        command=name_of("study.py"),
        fields=table.fields,
        headings=["seeds", *(column.name for column in shown.values())],
        rows=rows,
    )


def figures_of(study: str, folder: Path) -> list[Picture]:
    """Reads the figures of a study that are in its folder."""
    files = [(folder / name, title, reading) for name, (_, title, reading) in FIGURES.items()]
    return pictures_of(files, study)


def _mean(spread: Spread | None) -> str:
    if spread is None:
        return ""
    if math.isnan(spread.error):
        return number(spread.mean)
    return f"{number(spread.mean)} ± {number(spread.error)}"
