"""The page of one run: its numbers, parameters, scores and pictures."""

from collections.abc import Sequence

from vae_tf.analysis.products import PRODUCTS
from vae_tf.analysis.report.comparison_tables import badges_of
from vae_tf.analysis.report.groups import weight_words
from vae_tf.analysis.report.quantities import (
    QUANTITIES,
    USED,
    USED_EXPLAINED,
    used_words,
    written,
)
from vae_tf.analysis.report.reported_run import ReportedRun
from vae_tf.analysis.verdict import verdict
from vae_tf.process.texts.elements import address, figure, table, text
from vae_tf.results.score_records import values_of

_BACK = '<nav aria-label="Report"><a href="../index.html">All runs</a></nav>'


def run_body(run: ReportedRun, differing: Sequence[str]) -> str:
    """Returns the body of the page of a run.

    Args:
        run: The run; its existing pictures are shown.
        differing: Names of the parameters in which it differs from other runs of the same images.
    """
    summary, values = run.summary, run.params.to_dict()
    rows = {name: values[name] for name in differing}
    return "\n".join(
        [
            f"<header>{_BACK}<h1>{text(summary['run'])}{badges_of(run)}</h1>",
            f"<p>{text(_description(run))}</p></header>",
            f'<main><section aria-label="Numbers">{_judged(run)}{_headlines(summary)}</section>',
            '<section aria-labelledby="pictures"><h2 id="pictures">Pictures</h2>',
            _pictures(run),
            '</section><section aria-labelledby="parameters"><h2 id="parameters">Parameters</h2>',
            f"<h3>Where it differs from other runs</h3>{table(rows, 'Parameters that differ')}"
            if rows
            else "",
            f"<details><summary>All parameters</summary>{table(values, 'Parameters')}</details>",
            f"</section>{_scores(run.record) if run.record else ''}",
            "</main>",
        ]
    )


def _description(run) -> str:
    params, summary = run.params, run.summary
    shape = "x".join(map(str, summary["image_shape"]))
    return (
        f"Model '{params.model}' with KL weight {weight_words(params)} and {params.latent_size} "
        f"latents, on '{params.dataset}' ({shape}), {params.likelihood} likelihood, trained for "
        f"{summary['step']:,} steps of {params.batch_size} images."
    )


def _judged(run) -> str:
    """The verdict on it, and the sentence behind each badge."""
    judged = verdict(run.summary, run.params)
    lines = [f'<p class="verdict">{text(judged[0].upper() + judged[1:])}.</p>'] if judged else []
    lines += [
        f'<p class="warning">{text(badge.why)}</p>'
        for badge in run.badges
        if badge.word != "collapsed"
    ]
    return "".join(lines)


def _headlines(summary) -> str:
    numbers = {USED: (used_words(summary), USED_EXPLAINED)}
    numbers |= {
        each.heading: (written(name, summary.get(name)), each.explained)
        for name, each in QUANTITIES.items()
        if name in summary
    }
    forecast = summary.get("forecast") or ""
    numbers["forecast: linear VAE"] = forecast, "From the training images alone: used, KL, MSE."
    tiles = "".join(
        f'<div><dt title="{text(explained)}">{text(words)}</dt><dd>{text(value)}</dd></div>'
        for words, (value, explained) in numbers.items()
        if value
    )
    return f'<dl class="numbers">{tiles}</dl>'


def _scores(record) -> str:
    """Returns the values of metrics.json; protocols stay in the file."""
    title = f"Step {record['step']:,}, preset {record['preset']} (metrics.json)"
    left_out = "".join(f'<p class="faint">{text(sentence)}</p>' for sentence in record["left_out"])
    return (
        f'<section aria-labelledby="scores"><h2 id="scores">Scores</h2>'
        f"<details><summary>{text(title)}</summary>{left_out}"
        f"{table(values_of(record), 'Scores')}</details></section>"
    )


def _pictures(run) -> str:
    scores = run.record["scores"] if run.record else {}
    shown = {
        run.folder / name: product
        for name, product in PRODUCTS.items()
        if product.score in (None, *scores)
    }
    links = [
        f'<p><a href="{address(path.name)}"><b>{text(made.title)}</b></a>. {text(made.reading)}</p>'
        for path, made in shown.items()
        if path.suffix == ".html" and path.is_file()
    ]
    name = run.summary["run"]
    figures = [figure(path, made.title, made.reading, name) for path, made in shown.items()
               if path.suffix != ".html"]  # fmt: skip
    return f'{"".join(links)}<div class="pictures">{"".join(figures)}</div>'
