"""A study in the report: its means over seeds on the index, its figures on a page of its own."""

import math
from pathlib import Path

from vae_tf.process.texts.command_names import name_of
from vae_tf.process.texts.elements import anchor, figure, number_cells, page_link, scrolling, text
from vae_tf.results.score_tables import number
from vae_tf.results.statistics import Spread
from vae_tf.results.study_figures import FIGURES
from vae_tf.results.study_table import StudyTable

_MOST_ROWS = 200  # of the tables; means.csv and study.csv have all
_BACK = '<nav aria-label="Report"><a href="../index.html">All runs</a></nav>'


def study_section(table: StudyTable) -> str:
    """Returns the section of a study on the index.

    Args:
        table: Its runs.
    """
    return "\n".join(
        [
            f'<section><h2 id="{anchor(table.name)}">{text(table.name)}</h2>',
            f"<p>{text(_sentence(table))} {page_link(f'{table.name}')} has its figures.</p>",
            _warning(table),
            "<h3>Means over seeds, ± half of their 95 % confidence interval</h3>",
            _means(table),
            "</section>",
        ]
    )


def study_body(table: StudyTable, folder: Path) -> str:
    """Returns the body of the page of a study.

    Args:
        table: Its runs.
        folder: Folder of its figures; those that are there are shown.
    """
    pictures = [
        figure(folder / name, title, reading, table.name)
        for name, (_, title, reading) in FIGURES.items()
    ]
    return "\n".join(
        [
            f"<header>{_BACK}<h1>{text(table.name)}</h1><p>{text(_sentence(table))}</p></header>",
            f'<main>{_warning(table)}<section aria-labelledby="pictures">',
            f'<h2 id="pictures">Figures</h2><div class="pictures">{"".join(pictures)}</div>',
            '</section><section aria-labelledby="means">',
            '<h2 id="means">Means over seeds, ± half of their 95 % confidence interval</h2>',
            _means(table),
            f'<p class="faint">Pictures of each run are in folders of their names in '
            f"<code>{text(table.name)}/</code>, all numbers in its study.csv and means.csv.</p>",
            "</section></main>",
        ]
    )


def _sentence(table: StudyTable) -> str:
    fields = ", ".join(table.varied) or "nothing"
    return f"A study of {len(table.rows)} runs, in which {fields} vary."


def _warning(table: StudyTable) -> str:
    if not table.unfinished:
        return ""
    return (
        f'<p class="warning">{table.unfinished} more are not finished, failed, or have the fast '
        f"scores where others have the full ones, and are left out. Continue with "
        f"{name_of('study.py')}, and draw it again.</p>"
    )


def _means(table: StudyTable) -> str:
    shown = table.shown()
    head = "".join(f'<th scope="col">{text(field)}</th>' for field in table.fields)
    head += number_cells(["seeds", *(column.name for column in shown.values())], "th")
    spreads = {name: table.spreads(name) for name in shown}
    rows = []
    for key, runs in list(table.groups().items())[:_MOST_ROWS]:
        cells = "".join(f"<td>{text(value)}</td>" for value in key)
        words = [_mean(spreads[name].get(key)) for name in shown]
        rows.append(f"<tr>{cells}{number_cells([str(len(runs)), *words])}</tr>")
    content = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return scrolling(content, f"Means of {table.name}")


def _mean(spread: Spread | None) -> str:
    if spread is None:
        return ""
    if math.isnan(spread.error):
        return number(spread.mean)
    return f"{number(spread.mean)} ± {number(spread.error)}"
