"""Pictures and tables of all runs that were ever scored or analyzed."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.failures import reading, reason_of
from vae_tf.analysis.report import ReportedRun, badges, write_report
from vae_tf.analysis.request import Outcome, Request
from vae_tf.analysis.study_products import write_study
from vae_tf.analysis.summaries import ERRORS, SUMMARY, load_summary, strip_of, summary_csv
from vae_tf.plots.comparison import Compared, plot_comparison
from vae_tf.plots.saving import has_formats, save_figure, source_of
from vae_tf.process.errors import UserError
from vae_tf.process.files.saving import write_text
from vae_tf.process.texts.escaping import printable
from vae_tf.results.score_records import RECORD, load_record
from vae_tf.results.score_tables import compare, comparison_csv, sizes_note
from vae_tf.results.study_table import StudyTable
from vae_tf.runs import Run, name_of

# Files about all runs. They are made after the products of each run; most need summaries.
OVERVIEW = ("summary.csv", "scores.csv", "comparison.png", "index.html", "report.html")
OF_SUMMARIES = tuple(name for name in OVERVIEW if name != "scores.csv")


class _Summarized(NamedTuple):
    """A run that was analyzed. `record` is None and `history` empty if they cannot be read."""

    run: Run
    summary: dict
    record: dict | None
    history: dict[str, np.ndarray]


def write_overview(paths: Sequence[Path], request: Request, outcome: Outcome):
    """Writes the tables, the figures of studies, the comparison and the report.

    Args:
        paths: Run folders. Runs that were never analyzed appear only in scores.csv.
        request: The request.
        outcome: Outcome to which files and problems are added.
    """
    folders = dict.fromkeys(path.parent for path in paths if _is_of_study(name_of(path)))
    written = [write_study(folder, request, outcome) for folder in folders]
    studies = [study for study in written if study is not None]
    asked = [name for name in OVERVIEW if request.asks_for(name)]
    if not asked:
        return
    found = [_read(path, request.images, outcome) for path in paths]
    records = [record for record, _ in found if record]
    if "scores.csv" in asked and records:
        write_text(request.images / "scores.csv", comparison_csv(records))
        outcome.add_drawn(request.images / "scores.csv")
    summarized = [each for _, each in found if each]
    if not summarized and not studies:
        return
    alone = [each for each in summarized if not _is_of_study(each.run.name)]
    if "summary.csv" in asked:
        text = summary_csv([each.summary for each in summarized])
        write_text(request.images / "summary.csv", text)
        outcome.add_drawn(request.images / "summary.csv")
    if "comparison.png" in asked and alone:
        try:
            _write_comparison(alone, request, outcome)
        except OSError:
            raise
        except Exception as error:  # the report continues without it
            reason = reason_of(error, "comparison.png")
            outcome.add_problem("All runs", "comparison.png not drawn", reason)
    if {"index.html", "report.html"} & set(asked):
        _write_report(alone, studies, request, outcome)
    made = [name for name in OVERVIEW if request.images / name in outcome.drawn]
    request.say(f"All runs, {len(summarized)}: {', '.join(made)}")


def _is_of_study(name: str) -> bool:
    """Whether the name is a name of a study's run, STUDY/POINT. Such runs are shown together."""
    return "/" in name


def _read(path: Path, images: Path, outcome: Outcome) -> tuple[dict | None, _Summarized | None]:
    """Reads a run, and notes its problems before all runs are compared.

    Returns:
        The content of metrics.json, or None; and the run with its summary, or None.
    """

    def attempt(what: str, file: str, read: Callable):
        try:
            with reading(path / file):
                return read()
        except UserError as error:
            what = f"{what} left out of the comparison"
            outcome.add_problem(printable(name_of(path)), what, str(error))
            return None

    record = attempt("scores", RECORD, lambda: _record(path))
    if not (images / name_of(path) / SUMMARY).is_file():
        return record, None
    run = attempt("numbers", "params.json", lambda: Run(path))
    if run is None:
        return record, None
    summary = load_summary(images / name_of(path) / SUMMARY)
    history = attempt("curves", "log.csv", lambda: run.history)
    if not summary:
        return record, None
    summary |= {"run": name_of(path)}  # the folder may have a new name
    return record, _Summarized(run, summary, record, history or {})


def _record(path: Path) -> dict | None:
    record = load_record(path / RECORD)
    if record is None:
        return None
    record |= {"run": name_of(path)}
    # A value of the wrong type fails here, for this run alone.
    comparison_csv([record])
    sizes_note(*compare([record]))
    return record


def _write_comparison(summarized: Sequence[_Summarized], request: Request, outcome: Outcome):
    start = time.perf_counter()
    source = "; ".join(
        f"{printable(each.run.name)} {each.summary['source']}" for each in summarized
    )
    path = request.images / "comparison.png"
    up_to_date = source_of(path) == source and has_formats(path, request.formats)
    if up_to_date and not request.force:
        outcome.current += 1
        return
    save_figure(path, _comparison(summarized), source=source, formats=request.formats)
    outcome.add_drawn(path, time.perf_counter() - start)


def _comparison(summarized: Sequence[_Summarized]) -> Figure:
    groups: dict[str, list[Compared]] = {}
    for each in summarized:
        known = each.summary
        shape = "x".join(map(str, known["image_shape"]))
        group = f"{known['dataset']} {shape}, {known['likelihood']} likelihood"
        values = {
            name: known[f"val_{name}"] if known[f"val_{name}"] is not None else known[name]
            for name in ("reconstruction", "kl")
        }
        values |= {name: known.get(name) for name in ERRORS}
        groups.setdefault(group, []).append(
            Compared(known["run"], **values, strip=strip_of(known), history=each.history)
        )
    return plot_comparison(
        {group: sorted(runs, key=_by_reconstruction) for group, runs in groups.items()},
        "Runs compared",
        (
            "sorted by reconstruction; "
            "numbers are from the last validation, or from training if there was no validation; "
            "runs with the same data and likelihood share a scale",
            "traversals start from zero and span the codes of validation images",
        ),
    )


def _by_reconstruction(run: Compared) -> float:
    return math.inf if run.reconstruction is None else run.reconstruction


def _write_report(
    summarized: Sequence[_Summarized],
    studies: Sequence[StudyTable],
    request: Request,
    outcome: Outcome,
):
    runs = [
        ReportedRun(
            request.images / each.run.name,
            each.run.params,
            each.summary,
            each.record,
            badges(each.run, each.summary, each.history),
        )
        for each in summarized
    ]
    written = write_report(request.images, runs, studies)
    for name, reason in written.failed.items():
        outcome.add_problem(printable(name), "not shown in the report", reason)
    for path in written.changed:
        outcome.add_drawn(path)
    outcome.current += written.current
