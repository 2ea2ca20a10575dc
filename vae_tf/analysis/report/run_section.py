"""The section of one run in the report: its numbers, parameters, scores and pictures."""

from collections.abc import Sequence
from pathlib import Path

from vae_tf.analysis.elements import anchor, figure, number, page_link, table, text
from vae_tf.analysis.products import PRODUCTS
from vae_tf.analysis.score_tables import values_of
from vae_tf.config import Params

# The numbers of a summary that are shown first, and what they are called.
HEADLINES = {
    "val_reconstruction": "reconstruction, nats",
    "val_kl": "KL, nats",
    "val_elbo": "ELBO, nats",
    "mse": "MSE a pixel",
    "val_stddev_mean": "average stddev",
}


def run_section(
    folder: Path, params: Params, summary: dict, record: dict | None, differing: Sequence[str]
) -> str:
    """Returns the section of a run.

    Args:
        folder: Folder of its pictures; those that are there are shown.
        params: Its parameters.
        summary: Its summary, see `summaries.summarize`.
        record: Content of its metrics.json, None where it is not scored.
        differing: Names of the parameters in which it differs from other runs.
    """
    parts = [
        f'<h2 id="{anchor(summary["run"])}">{text(summary["run"])}</h2>',
        f"<p>{text(_description(params, summary))}</p>",
    ]
    if summary["step"] < summary["steps"]:
        parts.append(
            f'<p class="warning">Drawn at step {summary["step"]:,} of {summary["steps"]:,}: the '
            f"run was still training, was stopped, or ended early.</p>"
        )
    parts.append(_headlines(summary))
    values = params.to_dict()
    if differing:
        rows = {name: values[name] for name in differing}
        parts += ["<h3>Where its parameters differ from other runs</h3>", table(rows)]
    parts.append(f"<details><summary>All parameters</summary>{table(values)}</details>")
    parts.append(_scores(record, alone=not differing) if record else "")
    parts.append(_pictures(folder, summary, record["scores"] if record else {}))
    return "\n".join(parts)


def _description(params, summary):
    shape = "x".join(map(str, summary["image_shape"]))
    weight = params.to_dict()["kl_weight"]
    return (
        f"Model '{params.model}' with KL weight {weight} and {params.latent_size} latents, on "
        f"'{params.dataset}' ({shape}), {params.likelihood} likelihood, trained for "
        f"{summary['step']:,} steps of {params.batch_size} images."
    )


def _headlines(summary):
    numbers = [(words, number(summary[name])) for name, words in HEADLINES.items()]
    if summary["active"] is not None:
        used = f"{summary['active']} of {summary['latent_size']}"
        numbers.insert(0, ("latents of 0.1 nats", used))
    if summary.get("forecast"):
        numbers.append(("forecast: linear VAE", summary["forecast"]))
    tiles = "".join(
        f"<div><dt>{text(words)}</dt><dd>{text(value)}</dd></div>" for words, value in numbers
    )
    return f'<dl class="numbers">{tiles}</dl>'


def _scores(record, alone):
    """Returns the values of metrics.json, open for a run alone; protocols stay in the file."""
    title = f"Scores at step {record['step']:,}, preset {record['preset']} (metrics.json)"
    left_out = "".join(f'<p class="faint">{text(sentence)}</p>' for sentence in record["left_out"])
    state = " open" * alone
    content = left_out + table(values_of(record))
    return f"<details{state}><summary>{text(title)}</summary>{content}</details>"


def _pictures(folder, summary, scores):
    shown = {
        folder / name: product
        for name, product in PRODUCTS.items()
        if product.score in (None, *scores)
    }
    links = [page_link(path, summary["run"], made.title, made.reading)
             for path, made in shown.items() if path.suffix == ".html"]  # fmt: skip
    figures = [figure(path, product.title, product.reading) for path, product in shown.items()]
    return f'{"".join(links)}<div class="pictures">{"".join(figures)}</div>'
