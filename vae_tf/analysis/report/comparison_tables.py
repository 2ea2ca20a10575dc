"""Tables of the report in which runs stand below each other."""

from collections.abc import Sequence

from vae_tf.analysis import elements
from vae_tf.analysis.elements import link, number_cells, text
from vae_tf.analysis.report.run_section import HEADLINES
from vae_tf.analysis.score_tables import Comparison, cell, compare, sizes_note

_ERRORS = {"val_error": "wrong, validation", "test_error": "wrong, test"}


def summary_table(summaries: Sequence[dict]) -> str:
    """Returns a table of the numbers that are shown first: a row a run.

    Args:
        summaries: Summaries of the runs, see `summaries.summarize`.
    """
    # Only where a run has them, so that reports of other runs stay as narrow as they are.
    errors = {name: heading for name, heading in _ERRORS.items()
              if any(known.get(name) is not None for known in summaries)}  # fmt: skip
    rows = []
    for known in summaries:
        active = "" if known["active"] is None else f"{known['active']} of {known['latent_size']}"
        values = [elements.number(known[name]) for name in HEADLINES]
        forecast = known.get("forecast") or ""
        wrong = [_percent(known.get(name)) for name in errors]
        cells = number_cells([f"{known['step']:,}", active, *values, *wrong, forecast])
        rows.append(f"<tr><td>{link(known['run'])}</td>{cells}</tr>")
    names = ["steps", "latents of 0.1 nats", *HEADLINES.values(), *errors.values()]
    head = number_cells([*names, "forecast: linear VAE"], "th")
    return (
        f'<div class="scroll"><table><tr><th>run</th>{head}</tr>{"".join(rows)}</table></div>'
        f'<p class="faint">Nats of the last validation; reconstruction under each run\'s own '
        f"likelihood. The forecast is made from the images alone: latents used, KL, squared "
        f"error.</p>"
    )


def _percent(part: float | None) -> str:
    return "" if part is None else f"{part:.2%}"


def score_tables(records: Sequence[dict]) -> str:
    """Returns scores side by side, a table for each data set and preset.

    Args:
        records: Contents of metrics.json files; fewer than two give nothing.
    """
    if len(records) < 2:
        return ""
    return "".join(
        [
            "<h3>Scores compared</h3>",
            *(_score_table(block) for block in compare(records)),
            '<p class="faint">Marked: the best of a column among runs of the same data and '
            "preset, for likelihoods of the same kind of likelihood, too. The KL and its parts "
            "have no best: a collapsed model has the least of all. A UDR of 0.9 is a perfect "
            "match.</p>",
        ]
    )


def _score_table(block: Comparison) -> str:
    groups = "".join(
        f'<th class="group" colspan="{len(columns)}">{text(group)}</th>'
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
        rows.append(f"<tr><td>{link(record['run'])}</td>{cells}</tr>")
    return (
        f'<p class="faint"><b>{text(block.heading)}</b>: {text(sizes_note(block))}</p>'
        f'<div class="scroll"><table class="scores"><tr><th></th>{groups}</tr>'
        f"<tr><th>run</th>{head}</tr>{''.join(rows)}</table></div>"
    )
