"""The pages of the report: an index, and a page for each run and each study (draw, save)."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from vae_tf.analysis.report.groups import groups_of
from vae_tf.analysis.report.index_page import index_content
from vae_tf.analysis.report.reported_run import ReportedRun
from vae_tf.analysis.report.run_page import run_content
from vae_tf.analysis.report.runs_table import in_words
from vae_tf.analysis.report.states import Badge
from vae_tf.analysis.report.study_page import figures_of, reported_study
from vae_tf.process.files.saving import write_text
from vae_tf.process.texts.escaping import printable
from vae_tf.process.texts.pages import file_of, page
from vae_tf.results.study_table import StudyTable

_PACKAGE = "vae_tf.analysis.report"
INDEX = "index.html"
POINTER = "report.html"  # path of the report in older versions, when it was one page


class Written(NamedTuple):
    """Result of writing the report.

    Attributes:
        changed: Pages that were written, always including the index and report.html.
        current: Number of pages of runs and studies that were up to date.
        failed: Name of a run -> reason why its page could not be made.
    """

    changed: list[Path]
    current: int
    failed: dict[str, str]


def write_report(
    images: Path, runs: Sequence[ReportedRun], studies: Sequence[StudyTable] = ()
) -> Written:
    """Writes the report. If the page of a run fails, the other pages are still written.

    Args:
        images: Folder of the results, with a folder per run and per study.
        runs: Runs that belong to no study.
        studies: Studies. The runs of a study are shown together.

    Raises:
        OSError: If a page cannot be written.
    """
    written = Written([], 0, {})
    groups = groups_of(runs)
    shown = []
    for group in groups:
        for run in group.runs:
            name = run.summary["run"]
            try:
                content = run_content(run, group.fields if len(group.runs) > 1 else ())
                written = _write(run.folder / INDEX, _page("run.html", name, content), written)
                shown.append(run)
            except OSError:
                raise
            except Exception as error:  # a file from somebody else may have any content
                written.failed[name] = f"{type(error).__name__}: {error}"
                logging.debug("The page of %s failed", name, exc_info=True)
                badge = Badge("cannot be shown", written.failed[name])
                shown.append(run._replace(record=None, shown=False, badges=(badge,)))
    for study in studies:
        folder = images / study.name
        content = {
            "study": reported_study(study),
            "pictures": figures_of(study.name, folder),
        }
        written = _write(folder / INDEX, _page("study.html", study.name, content), written)
    content = index_content(shown, studies)
    write_text(images / INDEX, _page("index_page.html", "Results of all runs", content))
    write_text(images / POINTER, file_of(_PACKAGE, "pointer.html"))
    written.changed.extend([images / INDEX, images / POINTER])
    return written


def _write(path: Path, content: str, written: Written) -> Written:
    """Writes a page, unless the file already has this content."""
    try:
        current = path.read_text(encoding="utf-8") == content
    except (OSError, ValueError):
        current = False
    if current:
        return written._replace(current=written.current + 1)
    write_text(path, content)
    written.changed.append(path)
    return written


def _page(template: str, title: str, content: dict) -> str:
    return page(
        _PACKAGE, template, in_words, address, run_id, fragment,
        style=file_of(_PACKAGE, "report.css"), script=file_of(_PACKAGE, "report.js"),
        title=title, **content,
    )  # fmt: skip


def address(path: str) -> str:
    """Returns the link to a file below the page's folder."""
    return quote(os.fsencode(path))


def run_id(name: str) -> str:
    """Returns the HTML id of a run or a study on the page."""
    return printable(f"run-{name}").replace(" ", "-").replace("\n", "-")


def fragment(name: str) -> str:
    """Returns the link to a run or a study on the page."""
    return "#" + quote(run_id(name), safe="")
