"""Tables of the report in which runs are below each other, to be sorted and filtered."""

import math
from collections.abc import Sequence

from vae_tf.analysis.report.groups import Group, weight_of, weight_words
from vae_tf.analysis.report.quantities import QUANTITIES, USED, used_words, written
from vae_tf.analysis.report.reported_run import ReportedRun
from vae_tf.process.texts.elements import (
    anchor,
    in_words,
    link,
    number_cells,
    page_link,
    scrolling,
    text,
)
from vae_tf.results.score_tables import Comparison, cell, compare, sizes_note

_MOST_FIELDS = 8  # columns of parameters; the page of a run has all
_WEIGHT = "kl_weight"
_HEADINGS = {_WEIGHT: "KL weight"}


def runs_table(group: Group, numbers: Sequence[str]) -> str:
    """Returns the table of runs of the same images: a row a run.

    Args:
        group: The runs.
        numbers: Label of each in the drawing beside it, in their order.
    """
    # Only where a run has them, so that reports of other runs stay as narrow as they are.
    shown = [name for name in QUANTITIES if any(run.summary.get(name) is not None
                                                for run in group.runs)]  # fmt: skip
    forecast = any(run.summary.get("forecast") for run in group.runs)
    fields = group.fields[:_MOST_FIELDS]
    heads = "".join(
        _sorter(_HEADINGS.get(name, name), number=name == _WEIGHT, sorted=name == _WEIGHT)
        for name in fields
    )
    heads += _sorter(USED, number=True)
    heads += "".join(_sorter(QUANTITIES[name].heading, number=True) for name in shown)
    heads += _sorter("steps", number=True)
    heads += '<th scope="col">forecast: linear VAE</th>' if forecast else ""
    rows = [
        _row(run, label, fields, shown, forecast)
        for run, label in zip(group.runs, numbers, strict=True)
    ]
    head = f"<thead><tr>{_sorter('#', number=True)}{_sorter('run')}{heads}</tr></thead>"
    table = f'<table class="runs sortable">{head}<tbody>{"".join(rows)}</tbody></table>'
    more = len(group.fields) - len(fields)
    note = f'<p class="faint">{more} more parameters differ: see the page of a run.</p>'
    return scrolling(table, f"Runs on {group.name}") + (note if more else "")


def _sorter(heading: str, *, number: bool = False, sorted: bool = False) -> str:
    """The heading of a column; its button works where scripts do."""
    kind = ' class="number"' if number else ""
    kind += ' aria-sort="ascending"' * sorted
    return f'<th scope="col"{kind}><button type="button">{text(heading)}</button></th>'


def _row(run: ReportedRun, label: str, fields, shown, forecast: bool) -> str:
    summary, values = run.summary, run.params.to_dict()
    cells = [_number(label, float(label)), _name(run)]
    for name in fields:
        if name == _WEIGHT:
            cells.append(_number(weight_words(run.params), weight_of(run.params)))
        else:
            cells.append(_value(values[name]))
    cells.append(_number(used_words(summary), summary["active"]))
    cells += [_number(written(name, summary.get(name)), summary.get(name)) for name in shown]
    cells.append(_number(f"{summary['step']:,}", summary["step"]))
    if forecast:
        cells.append(f'<td class="words">{text(summary.get("forecast") or "")}</td>')
    name = summary["run"]
    return f'<tr id="{anchor(name)}" data-run="{text(name)}">{"".join(cells)}</tr>'


def _name(run: ReportedRun) -> str:
    name = run.summary["run"]
    if run.shown:
        return f'<th scope="row">{page_link(name)}{badges_of(run)}</th>'
    why = "".join(f'<br><span class="faint">{text(badge.why)}</span>' for badge in run.badges)
    return f'<th scope="row">{text(name)}{badges_of(run)}{why}</th>'


def badges_of(run: ReportedRun) -> str:
    """Returns the badges of a run."""
    return "".join(
        f' <span class="badge" title="{text(badge.why)}">{text(badge.word)}</span>'
        for badge in run.badges
    )


def _value(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(in_words(value), value)
    return f"<td>{text(in_words(value))}</td>"


def _number(words: str, value: float | None) -> str:
    key = "" if value is None else f' data-key="{"Infinity" if value == math.inf else value}"'
    free = " free" * ("(" in words)  # a schedule, which may take two lines
    return f'<td class="number{free}"{key}>{text(words)}</td>'


def score_tables(records: Sequence[dict]) -> str:
    """Returns scores side by side, a table for each data set and preset.

    Args:
        records: Contents of metrics.json files; fewer than two give nothing.
    """
    if len(records) < 2:
        return ""
    return "".join(
        [
            '<section aria-labelledby="scores"><h2 id="scores">Scores compared</h2>',
            *(_score_table(block) for block in compare(records)),
            '<p class="faint">Marked: the best of a column among runs of the same data and '
            "preset, for likelihoods of the same kind of likelihood, too. The KL and its parts "
            "have no best: a collapsed model has the least of all. A UDR of 0.9 is a perfect "
            "match.</p></section>",
        ]
    )


def _score_table(block: Comparison) -> str:
    groups = "".join(
        f'<th class="group" scope="colgroup" colspan="{len(columns)}">{text(group)}</th>'
        for group, columns in block.columns.items()
    )
    columns = {name: column for group in block.columns.values() for name, column in group.items()}
    head = number_cells([column.heading for column in columns.values()], "th")
    rows = []
    for run, (record, best) in enumerate(zip(block.records, block.best, strict=True)):
        cells = "".join(
            f'<td class="number{" best" * (name in best)}">{cell(block, run, name)}</td>'
            for name in columns
        )
        name = text(record["run"])
        rows.append(f'<tr data-run="{name}"><th scope="row">{link(record["run"])}</th>{cells}</tr>')
    table = (
        f'<table class="scores"><thead><tr><td></td>{groups}</tr>'
        f'<tr><th scope="col">run</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )
    return (
        f'<p class="faint"><b>{text(block.heading)}</b>: {text(sizes_note(block))}</p>'
        f"{scrolling(table, f'Scores, {block.heading}')}"
    )
