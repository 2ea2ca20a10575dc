"""The page of the report: what runs have in common, then a section for each run (draw, save)."""

import logging
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from string import Template
from typing import NamedTuple

from vae_tf.analysis.elements import anchor, figure, link, text
from vae_tf.analysis.report.comparison_tables import score_tables, summary_table
from vae_tf.analysis.report.run_section import run_section
from vae_tf.analysis.report.study_section import study_section
from vae_tf.analysis.studies.study_table import StudyTable
from vae_tf.config import Params
from vae_tf.saving import write_text

_TITLE = "What the models learned"
# The page holds its style and its pictures; whatever a run smuggled in, nothing else is loaded,
# run or sent.
_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)


class ReportedRun(NamedTuple):
    """A run with what the report says of it.

    Attributes:
        folder: Folder of its pictures.
        params: Its parameters.
        summary: Its summary, see `summaries.summarize`.
        record: Content of its metrics.json, None where it is not scored.
    """

    folder: Path
    params: Params
    summary: dict
    record: dict | None


def write_report(
    path: Path,
    runs: Sequence[ReportedRun],
    comparison: Path,
    studies: Sequence[StudyTable] = (),
) -> dict[str, str]:
    """Writes the report, in which a run that cannot be shown does not cost the others.

    Args:
        path: Path of the page.
        runs: Runs in the order in which they are shown.
        comparison: Path of the picture that compares them.
        studies: Studies, whose runs are shown together and not one by one; their figures lie in
            folders of their names beside the page.

    Returns:
        Name of a run -> why it could not be shown.
    """
    differing = differing_fields([run.params for run in runs])
    sections, failed = [], {}
    for run in runs:
        try:
            sections.append(run_section(*run, differing))
        except Exception as error:  # whatever a stranger's file makes of it
            name = run.summary["run"]
            failed[name] = f"{type(error).__name__}: {error}"
            logging.debug("The section of %s failed", name, exc_info=True)
            sections.append(
                f'<h2 id="{anchor(name)}">{text(name)}</h2>\n'
                f'<p class="warning">This run cannot be shown: {text(failed[name])}</p>'
            )
    opening = _opening(runs, comparison, [study.name for study in studies])
    shown = [study_section(study, path.parent / study.name) for study in studies]
    write_text(path, _page("\n".join([opening, *shown, *sections])))
    return failed


def differing_fields(params: Iterable[Params]) -> list[str]:
    """Names the parameters in which runs differ, in the order of `Params`."""
    dicts = [each.to_dict() for each in params]
    fields = dicts[0] if dicts else {}
    return [name for name in fields if any(one[name] != fields[name] for one in dicts)]


def _page(body):
    files = resources.files("vae_tf.analysis.report")
    page = Template(files.joinpath("page.html").read_text(encoding="utf-8"))
    style = files.joinpath("report.css").read_text(encoding="utf-8")
    return page.substitute(policy=_POLICY, title=_TITLE, style=style, body=body)


def _opening(runs, comparison, studies):
    count = f"{len(runs)} run{'s' if len(runs) != 1 else ''}"
    if studies:
        count += f" and {len(studies)} stud{'ies' if len(studies) > 1 else 'y'}"
    parts = [
        f"<h1>{_TITLE}</h1>",
        f'<p class="faint">{count}, drawn by <code>python analyze.py</code>. Images come from '
        f"validation splits, evenly spaced and never picked by hand; seeds are fixed. Losses and "
        f"KL are in nats per image. On a narrow screen, pictures scroll sideways.</p>",
    ]
    links = "".join(f"<li>{link(name)}</li>" for name in studies)
    if len(runs) < 2:
        return "\n".join([*parts, f"<nav><ul>{links}</ul></nav>" if links else ""])
    links += "".join(f"<li>{link(run.summary['run'])}</li>" for run in runs)
    caption = (
        "Low is good in reconstruction, and few nats of KL are a short code: runs to the lower "
        "left of the trade-off do more with less. Compare within one block only, as blocks differ "
        "in data or likelihood."
    )
    return "\n".join(
        [
            *parts,
            f"<nav><ul>{links}</ul></nav>",
            summary_table([run.summary for run in runs]),
            score_tables([run.record for run in runs if run.record]),
            '<div class="pictures">',
            figure(comparison, "Runs compared", caption),
            "</div>",
        ]
    )
