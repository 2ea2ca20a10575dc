"""The index: all runs and studies, sorted, judged and beside each other."""

from collections.abc import Sequence

from vae_tf.analysis.report.comparison_tables import badges_of, runs_table, score_tables
from vae_tf.analysis.report.groups import Group, groups_of, weight_words
from vae_tf.analysis.report.quantities import QUANTITIES, USED, USED_EXPLAINED, used_words
from vae_tf.analysis.report.reported_run import ReportedRun
from vae_tf.analysis.report.study_section import study_section
from vae_tf.analysis.report.trade_off import Point, trade_off
from vae_tf.process.texts.command_names import name_of
from vae_tf.process.texts.elements import page_link, text
from vae_tf.results.study_table import StudyTable

TITLE = "Learned by the models"


def index_body(runs: Sequence[ReportedRun], studies: Sequence[StudyTable]) -> str:
    """Returns the body of the index.

    Args:
        runs: Runs that are by themselves.
        studies: Studies, whose runs are shown together.
    """
    groups, numbered = groups_of(runs), iter(range(1, len(runs) + 1))
    sections = []
    for index, group in enumerate(groups):
        labels = [str(next(numbered)) for _ in group.runs]
        sections.append(_group(group, labels, f"group-{index + 1}"))
    records = [run.record for run in runs if run.record]
    return "\n".join(
        [
            f"<header><h1>{TITLE}</h1>{_opening(runs, studies)}</header>",
            "<main>",
            _filter() if len(runs) > 1 else "",
            *sections,
            *(study_section(study) for study in studies),
            score_tables(records),
            _explained() if runs else "",
            "</main>",
        ]
    )


def _opening(runs, studies) -> str:
    count = f"{len(runs)} run{'s' if len(runs) != 1 else ''}"
    if studies:
        count += f" and {len(studies)} stud{'ies' if len(studies) > 1 else 'y'}"
    return (
        f'<p class="faint">{count}, drawn by <code>{name_of("analyze.py")}</code>. Images come '
        f"from validation splits, evenly spaced and never picked by hand; seeds are fixed. Losses "
        f"and KL are in nats per image.</p>"
    )


def _filter() -> str:
    return (
        '<p id="filter" hidden><label for="words">Show runs with</label> '
        '<input type="search" id="words" autocomplete="off"> '
        '<span id="shown" role="status"></span></p>'
    )


def _group(group: Group, labels: Sequence[str], name: str) -> str:
    verdict = f'<p class="verdict">{text(group.verdict)}</p>' if group.verdict else ""
    return (
        f'<section class="group" aria-labelledby="{name}"><h2 id="{name}">{text(group.name)}</h2>'
        f"{verdict}{runs_table(group, labels)}"
        f'<div class="beside">{_charts(group, labels)}{_strips(group, labels)}</div></section>'
    )


def _charts(group: Group, labels: Sequence[str]) -> str:
    """Reconstruction against KL, a drawing a likelihood."""
    known: dict[str, list[Point]] = {}
    for run, label in zip(group.runs, labels, strict=True):
        kl, reconstruction = run.summary["val_kl"], run.summary["val_reconstruction"]
        if kl is not None and reconstruction is not None:
            points = known.setdefault(run.params.likelihood, [])
            points.append(Point(label, kl, reconstruction))
    charts = []
    for likelihood, points in known.items():
        if len(points) > 1:
            name = f"Reconstruction against KL of {len(points)} runs, {likelihood} likelihood"
            charts.append(
                f'<figure class="picture half"><figcaption><h3>Reconstruction against KL, '
                f'{text(likelihood)} likelihood</h3><p class="faint">Numbers are from the '
                f"table. The lower left does more with less.</p></figcaption>"
                f"{trade_off(points, name)}</figure>"
            )
    return "".join(charts)


def _strips(group: Group, labels: Sequence[str]) -> str:
    """One traversal of each run, below one another."""
    rows = [
        f'<li data-run="{text(run.summary["run"])}"><span>{label}. {_linked(run)}{badges_of(run)} '
        f'<span class="faint">{text(_about(run))}</span></span>{_strip(run)}</li>'
        for run, label in zip(group.runs, labels, strict=True)
        if run.summary["strip"]
    ]
    if not rows:
        return ""
    return (
        f'<div class="picture half strips"><h3>Traversals, {text(group.name)}</h3>'
        f'<p class="faint">The latent of most KL from one end of its range to the other, the '
        f"others at 0.</p><ol>{''.join(rows)}</ol></div>"
    )


def _linked(run) -> str:
    return page_link(run.summary["run"]) if run.shown else text(run.summary["run"])


def _about(run) -> str:
    return f"weight {weight_words(run.params)}, {used_words(run.summary)} latents active"


def _strip(run) -> str:
    # The text of a PNG in base64; what is no such text is dropped by the browser.
    alt = f"Traversal of the latent of most KL of {run.summary['run']}"
    return f'<img src="data:image/png;base64,{text(run.summary["strip"])}" alt="{text(alt)}">'


def _explained() -> str:
    """Meaning of the columns."""
    rows = {USED: USED_EXPLAINED}
    rows |= {
        each.heading: each.explained for name, each in QUANTITIES.items() if "error" not in name
    }
    rows["forecast: linear VAE"] = (
        "From the training images alone: active latents of a linear VAE at this weight, its "
        "KL, and its MSE per pixel, decoded from the means, too."
    )
    rows["badges"] = (
        "Collapsed: no latent is active, and images are reconstructed no better than without "
        "codes. Diverged: the reconstruction ended worse than it began, or is not finite. Still "
        "training: a process trains it now. Stopped: it ended before its last step. Old scores: "
        "its scores are of older weights, and are left out."
    )
    parts = "".join(f"<dt>{text(name)}</dt><dd>{text(words)}</dd>" for name, words in rows.items())
    return (
        f'<section aria-labelledby="columns"><h2 id="columns">Meaning of the columns</h2>'
        f'<dl class="explained">{parts}</dl></section>'
    )
