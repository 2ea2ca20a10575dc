"""The section of a study in the report: its figures, means over seeds, and its runs."""

import math
from pathlib import Path

from vae_tf.analysis.elements import anchor, figure, number_cells, text
from vae_tf.analysis.score_tables import number
from vae_tf.analysis.studies.figures import FIGURES
from vae_tf.analysis.studies.statistics import Spread
from vae_tf.analysis.studies.study_table import StudyTable

_MOST_ROWS = 200  # of the tables; means.csv and study.csv have all


def study_section(table: StudyTable, folder: Path) -> str:
    """Returns the section of a study.

    Args:
        table: Its runs.
        folder: Folder of its figures; those that are there are shown.
    """
    fields = ", ".join(table.varied) or "nothing"
    pictures = [
        figure(folder / name, title, reading) for name, (_, title, reading) in FIGURES.items()
    ]
    return "\n".join(
        [
            f'<h2 id="{anchor(table.name)}">{text(table.name)}</h2>',
            f"<p>{text(f'A study of {len(table.rows)} runs, in which {fields} vary.')}</p>",
            _warning(table),
            "<h3>Means over seeds, ± half of their 95 % confidence interval</h3>",
            _means(table),
            f'<div class="pictures">{"".join(pictures)}</div>',
            f'<p class="faint">Pictures of each run lie in folders of their names in '
            f"<code>{text(table.name)}/</code>, all numbers in its study.csv and means.csv.</p>",
        ]
    )


def _warning(table: StudyTable) -> str:
    if not table.unfinished:
        return ""
    return (
        f'<p class="warning">{table.unfinished} more are not finished, or failed, and are left '
        f"out. Go on with python study.py, and draw it again.</p>"
    )


def _means(table: StudyTable) -> str:
    shown = table.shown()
    head = "".join(f"<th>{text(field)}</th>" for field in table.fields)
    head += number_cells(["seeds", *(column.heading for column in shown.values())], "th")
    spreads = {name: table.spreads(name) for name in shown}
    rows = []
    for key, runs in list(table.groups().items())[:_MOST_ROWS]:
        cells = "".join(f"<td>{text(value)}</td>" for value in key)
        words = [_mean(spreads[name].get(key)) for name in shown]
        rows.append(f"<tr>{cells}{number_cells([str(len(runs)), *words])}</tr>")
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def _mean(spread: Spread | None) -> str:
    if spread is None:
        return ""
    if math.isnan(spread.error):
        return number(spread.mean)
    return f"{number(spread.mean)} ± {number(spread.error)}"
