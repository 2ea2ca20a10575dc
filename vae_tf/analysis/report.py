"""report.html: every run and picture on one page that needs nothing else (draw, save)."""

import base64
import html
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from vae_tf.analysis.products import PRODUCTS
from vae_tf.analysis.records import RECORD, compare, load_record, number, sizes_note, values_of
from vae_tf.config import Params
from vae_tf.runs import Run
from vae_tf.saving import write_text

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --faint: #5d656e; --rule: #d5d9de;
  --page: #ffffff; --card: #f5f7f9; --link: #0060a8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ea; --faint: #a0a8b1; --rule: #3a4149;
  --page: #14171a; --card: #1e2327; --link: #7cc0f2; }
  figure img { filter: brightness(.92); } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 84rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.35rem; line-height: 1.25; margin: 3rem 0 .25rem; padding-top: 1rem;
  border-top: 3px solid var(--link); }
h3 { font-size: 1.05rem; margin: 0 0 .25rem; }
a { color: var(--link); }
p { margin: .25rem 0 .75rem; max-width: 46rem; }
.faint { color: var(--faint); }
nav ul { columns: 22rem; padding-left: 1.2rem; }
.numbers { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; padding: 0; }
.numbers div { background: var(--card); border-radius: .5rem; padding: .4rem .8rem;
  flex: 1 1 8rem; }
.numbers dt { color: var(--faint); font-size: .85rem; }
.numbers dd { margin: 0; font-size: 1.15rem; font-weight: 600;
  font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; margin: .5rem 0 1rem; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
th, td.number { white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
table.scores td, table.scores th { white-space: nowrap; }
th.group { border-left: 1px solid var(--rule); padding-left: .5rem; }
.best { color: var(--link); font-weight: 700; }
code { font-size: .9em; }
.pictures { display: grid; gap: 1.25rem; grid-template-columns: repeat(12, minmax(0, 1fr)); }
figure { grid-column: span 12; margin: 0; padding: .8rem; background: var(--card);
  border-radius: .6rem; min-width: 0; }
figure .scroll { background: #fff; border-radius: .3rem; }
figure img { display: block; height: auto; width: 100%; margin: 0 auto; }
figcaption { margin-bottom: .6rem; }
figcaption p { margin: 0; font-size: .92rem; }
@media (min-width: 60rem) { figure.half { grid-column: span 6; } }
details { margin: .5rem 0 1rem; }
summary { cursor: pointer; color: var(--link); }
.warning { border-left: 4px solid #d55e00; padding: .3rem .8rem; background: var(--card); }
"""

# What is told first of a run; the other parameters stand where runs differ.
_NUMBERS = {
    "val_reconstruction": "reconstruction, nats",
    "val_kl": "KL, nats",
    "val_elbo": "ELBO, nats",
    "mse": "MSE a pixel",
    "val_stddev_mean": "average stddev",
}


def write_report(images: Path, runs: Sequence[tuple[Path, dict]]):
    """Writes report.html from what lies in the folder of results.

    Args:
        images: Folder of the results.
        runs: Run folders with their summaries, see `summaries.summarise`.
    """
    loaded = [(Run(path), summary) for path, summary in runs]
    differing = differing_fields([run.params for run, _ in loaded])
    body = "\n".join(
        [
            _opening(images, loaded, differing),
            *(_section(images / run.name, run, known, differing) for run, known in loaded),
        ]
    )
    write_text(
        images / "report.html",
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>What the models learned</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n",
    )


def differing_fields(params: Iterable[Params]) -> list[str]:
    """Names of the parameters in which runs differ, in the order of `Params`."""
    dicts = [each.to_dict() for each in params]
    return [name for name in dicts[0] if any(one[name] != dicts[0][name] for one in dicts)]


def _opening(images, loaded, differing):
    links = "".join(
        f'<li><a href="#{_anchor(run)}">{_text(run.name)}</a></li>' for run, _ in loaded
    )
    count = f"{len(loaded)} run{'s' if len(loaded) > 1 else ''}"
    parts = [
        "<h1>What the models learned</h1>",
        f'<p class="faint">{count}, drawn by <code>python analyze.py</code>. Images come from '
        f"validation splits, evenly spaced and never picked by hand; seeds are fixed. Losses and "
        f"KL are in nats per image. On a narrow screen, pictures scroll sideways.</p>",
        f"<nav><ul>{links}</ul></nav>" if len(loaded) > 1 else "",
    ]
    if len(loaded) > 1:
        parts.append(_compared(loaded))
        records = {run: load_record(run.path / RECORD) for run, _ in loaded}
        parts.append(_scores_compared({run: record for run, record in records.items() if record}))
        caption = (
            "Low is good in reconstruction, and few nats of KL are a short code: runs to the "
            "lower left of the trade-off do more with less. Compare within one block only, as "
            "blocks differ in data or likelihood."
        )
        parts.append('<div class="pictures">')
        parts.append(_figure(images / "comparison.png", "Runs compared", caption))
        parts.append("</div>")
    return "\n".join(parts)


def _compared(loaded):
    heads = ["steps", "latents used", *_NUMBERS.values()]
    rows = []
    for run, known in loaded:
        active = "" if known["active"] is None else f"{known['active']} of {known['latent_size']}"
        cells = [f"{known['step']:,}", active, *(_number(known[name]) for name in _NUMBERS)]
        numbers = "".join(f'<td class="number">{_text(cell)}</td>' for cell in cells)
        link = f'<a href="#{_anchor(run)}">{_text(run.name)}</a>'
        rows.append(f"<tr><td>{link}</td>{numbers}</tr>")
    head = "".join(f'<th class="number">{_text(name)}</th>' for name in heads)
    return (
        f'<div class="scroll"><table><tr><th>run</th>{head}</tr>{"".join(rows)}</table></div>'
        f'<p class="faint">Nats of the last validation; reconstruction under each run\'s own '
        f"likelihood.</p>"
    )


def _scores_compared(records):
    """Scores of runs side by side, a block for each data set and preset."""
    if len(records) < 2:
        return ""
    anchors = {record["run"]: _anchor(run) for run, record in records.items()}
    parts = ["<h3>Scores compared</h3>"]
    for block in compare(list(records.values())):
        groups = "".join(
            f'<th class="group" colspan="{len(columns)}">{_text(group)}</th>'
            for group, columns in block.columns.items()
        )
        columns = {
            name: column for group in block.columns.values() for name, column in group.items()
        }
        head = "".join(f'<th class="number">{_text(c.heading)}</th>' for c in columns.values())
        rows = []
        for record, values, best in zip(block.records, block.values, block.best, strict=True):
            cells = "".join(
                f'<td class="number{" best" * (name in best)}">'
                f"{number(values[name]) if name in values else ''}</td>"
                for name in columns
            )
            name = _text(record["run"])
            rows.append(f'<tr><td><a href="#{anchors[record["run"]]}">{name}</a></td>{cells}</tr>')
        parts.append(
            f'<p class="faint"><b>{_text(block.heading)}</b>: {_text(sizes_note(block))}</p>'
            f'<div class="scroll"><table class="scores"><tr><th></th>{groups}</tr>'
            f"<tr><th>run</th>{head}</tr>{''.join(rows)}</table></div>"
        )
    parts.append(
        '<p class="faint">Marked: the best of a column among runs of the same data and preset, '
        "for likelihoods of the same kind of likelihood, too. The KL and its parts have no best: a "
        "collapsed model has the least of all. A UDR of 0.9 is a perfect match.</p>"
    )
    return "".join(parts)


def _section(folder, run, known, differing):
    parts = [
        f'<h2 id="{_anchor(run)}">{_text(run.name)}</h2>',
        f"<p>{_text(_description(run, known))}</p>",
    ]
    if known["step"] < known["steps"]:
        parts.append(
            f'<p class="warning">Drawn at step {known["step"]:,} of {known["steps"]:,}: the run '
            f"was still training, was stopped, or ended early.</p>"
        )
    numbers = [(text, _number(known[name])) for name, text in _NUMBERS.items()]
    if known["active"] is not None:
        numbers.insert(0, ("latents used", f"{known['active']} of {known['latent_size']}"))
    tiles = "".join(
        f"<div><dt>{_text(text)}</dt><dd>{_text(value)}</dd></div>" for text, value in numbers
    )
    parts.append(f'<dl class="numbers">{tiles}</dl>')
    params = run.params.to_dict()
    if differing:
        rows = {name: params[name] for name in differing}
        parts += ["<h3>Where its parameters differ from other runs</h3>", _table(rows)]
    parts.append(f"<details><summary>All parameters</summary>{_table(params)}</details>")
    record = load_record(run.path / RECORD)
    parts.append(_scores(record, alone=not differing) if record else "")
    scores = record["scores"] if record else {}
    figures = [
        _figure(folder / name, product.title, product.reading)
        for name, product in PRODUCTS.items()
        if product.score in (None, *scores)
    ]
    parts.append(f'<div class="pictures">{"".join(figures)}</div>')
    return "\n".join(parts)


def _description(run, known):
    params = run.params
    shape = "x".join(map(str, known["image_shape"]))
    weight = params.to_dict()["kl_weight"]
    return (
        f"Model '{params.model}' with KL weight {weight} and {params.latent_size} latents, on "
        f"'{params.dataset}' ({shape}), {params.likelihood} likelihood, trained for "
        f"{known['step']:,} steps of {params.batch_size} images."
    )


def _scores(record, alone):
    """The values of metrics.json as a table, open for a run alone; protocols stay in the file."""
    title = f"Scores at step {record['step']:,}, preset {record['preset']} (metrics.json)"
    left_out = "".join(f'<p class="faint">{_text(sentence)}</p>' for sentence in record["left_out"])
    table = left_out + _table(values_of(record))
    state = " open" * alone
    return f"<details{state}><summary>{_text(title)}</summary>{table}</details>"


def _table(rows):
    cells = "".join(
        f"<tr><th><code>{_text(name)}</code></th><td>{_text(_value(value))}</td></tr>"
        for name, value in rows.items()
    )
    return f'<div class="scroll"><table>{cells}</table></div>'


def _value(value):
    if isinstance(value, float):
        return f"{value:.4g}"
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def _number(value):
    if value is None:
        return "unknown"
    if value and (abs(value) >= 1e5 or abs(value) < 1e-3):
        return f"{value:.2e}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"


def _figure(path, title, reading):
    if not path.is_file():
        return ""
    with Image.open(path) as image:
        width, height = image.size
    kind = "gif" if path.suffix == ".gif" else "png"
    data = base64.b64encode(path.read_bytes()).decode()
    half = " half" if width <= 900 else ""
    # No wider than it is, and on a phone wide enough to read, scrolling sideways.
    style = f"max-width: {width}px; min-width: {min(width, 620)}px"
    return (
        f'<figure class="picture{half}"><figcaption><h3>{_text(title)}</h3>'
        f'<p class="faint">{_text(reading)}</p></figcaption><div class="scroll">'
        f'<img src="data:image/{kind};base64,{data}" width="{width}" height="{height}" '
        f'alt="{_text(title)}" style="{style}" loading="lazy"></div></figure>'
    )


def _anchor(run):
    return html.escape(f"run-{run.name}".replace(" ", "-"))


def _text(value):
    return html.escape(str(value))
