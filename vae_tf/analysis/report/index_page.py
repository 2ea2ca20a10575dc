"""The index: tables, charts and verdicts of all runs and studies (compute)."""

from collections.abc import Sequence
from typing import NamedTuple

from vae_tf.analysis.report.groups import Group, groups_of, weight_words
from vae_tf.analysis.report.quantities import (
    FORECAST,
    FORECAST_EXPLAINED,
    QUANTITIES,
    USED,
    USED_EXPLAINED,
    used_words,
)
from vae_tf.analysis.report.reported_run import ReportedRun
from vae_tf.analysis.report.runs_table import RunsTable, runs_table
from vae_tf.analysis.report.study_page import reported_study
from vae_tf.analysis.report.trade_off import Chart, Point, trade_off
from vae_tf.process.texts.command_names import name_of
from vae_tf.results.score_tables import cell, compare, sizes_note
from vae_tf.results.study_table import StudyTable

EXPLAINED = {
    USED: USED_EXPLAINED,
    **{each.heading: each.explained for name, each in QUANTITIES.items() if "error" not in name},
    FORECAST: FORECAST_EXPLAINED,
    "badges": (
        "Collapsed: no latent is active, and images are reconstructed no better than without "
        "codes. Diverged: the reconstruction is worse at the end than at the beginning, or is not "
        "finite. Still training: a process trains it now. Stopped: it ended before its last step. "
        "Old scores: the scores belong to older weights, and are left out."
    ),
}


class Section(NamedTuple):
    """Runs on the same images in the index.

    Attributes:
        group: The runs.
        table: The table of the runs.
        charts: Likelihood -> chart of reconstruction against KL, for at least two runs.
        strips: Label, run and caption of each run with a traversal.
    """

    group: Group
    table: RunsTable
    charts: dict[str, Chart]
    strips: list[tuple[str, ReportedRun, str]]


def index_content(runs: Sequence[ReportedRun], studies: Sequence[StudyTable]) -> dict:
    """Returns the values of `index_page.html`.

    Args:
        runs: Runs that belong to no study.
        studies: Studies. The runs of a study are shown together.
    """
    numbered = iter(range(1, len(runs) + 1))
    groups = [
        _section(group, [str(next(numbered)) for _ in group.runs]) for group in groups_of(runs)
    ]
    records = [run.record for run in runs if run.record]
    count = f"{len(runs)} run{'s' if len(runs) != 1 else ''}"
    if studies:
        count += f" and {len(studies)} stud{'ies' if len(studies) > 1 else 'y'}"
    return {
        "count": count,
        "num_runs": len(runs),
        "command": name_of("analyze.py"),
        "groups": groups,
        "studies": [reported_study(study) for study in studies],
        "comparisons": compare(records) if len(records) > 1 else [],
        "score_cell": cell,
        "sizes_note": sizes_note,
        "explained": EXPLAINED,
    }


def _section(group: Group, labels: Sequence[str]) -> Section:
    strips = [
        (label, run, f"weight {weight_words(run.params)}, {used_words(run.summary)} latents active")
        for run, label in zip(group.runs, labels, strict=True)
        if run.summary["strip"]
    ]
    return Section(group, runs_table(group, labels), _charts(group, labels), strips)


def _charts(group: Group, labels: Sequence[str]) -> dict[str, Chart]:
    known: dict[str, list[Point]] = {}
    for run, label in zip(group.runs, labels, strict=True):
        kl, reconstruction = run.summary["val_kl"], run.summary["val_reconstruction"]
        if kl is not None and reconstruction is not None:
            points = known.setdefault(run.params.likelihood, [])
            points.append(Point(label, kl, reconstruction))
    return {
        likelihood: trade_off(
            points, f"Reconstruction against KL of {len(points)} runs, {likelihood} likelihood"
        )
        for likelihood, points in known.items()
        if len(points) > 1
    }
