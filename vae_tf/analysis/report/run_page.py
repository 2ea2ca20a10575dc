"""The page of one run: its numbers, parameters, scores and pictures (compute)."""

from collections.abc import Sequence
from typing import NamedTuple

from vae_tf.analysis.products import PRODUCTS
from vae_tf.analysis.report.groups import weight_words
from vae_tf.analysis.report.pictures import pictures_of
from vae_tf.analysis.report.quantities import (
    FORECAST,
    FORECAST_EXPLAINED,
    QUANTITIES,
    USED,
    USED_EXPLAINED,
    used_words,
    written,
)
from vae_tf.analysis.report.reported_run import ReportedRun
from vae_tf.analysis.verdict import verdict
from vae_tf.results.score_records import values_of


class Headline(NamedTuple):
    """A number of a run as a text, with heading and explanation."""

    heading: str
    words: str
    explained: str


def run_content(run: ReportedRun, differing: Sequence[str]) -> dict:
    """Returns the values of `run.html`.

    Args:
        run: The run; its existing pictures are shown.
        differing: Names of the parameters that differ from other runs on the same images.
    """
    name, parameters = run.summary["run"], run.params.to_dict()
    judged = verdict(run.summary, run.params)
    scores = run.record["scores"] if run.record else {}
    shown = {
        run.folder / file: product
        for file, product in PRODUCTS.items()
        if product.score in (None, *scores)
    }
    return {
        "run": run,
        "description": _description(run),
        "verdict": judged[:1].upper() + judged[1:],
        "numbers": _headlines(run.summary),
        "pages": {
            path.name: product
            for path, product in shown.items()
            if path.suffix == ".html" and path.is_file()
        },
        "pictures": pictures_of(
            [(path, made.title, made.reading) for path, made in shown.items()
             if path.suffix != ".html"], name,
        ),
        "differing": {field: parameters[field] for field in differing},
        "parameters": parameters,
        "scores": values_of(run.record) if run.record else {},
    }  # fmt: skip


def _description(run: ReportedRun) -> str:
    params, summary = run.params, run.summary
    shape = "x".join(map(str, summary["image_shape"]))
    return (
        f"Model '{params.model}' with KL weight {weight_words(params)} and {params.latent_size} "
        f"latents, on '{params.dataset}' ({shape}), {params.likelihood} likelihood, trained for "
        f"{summary['step']:,} steps of {params.batch_size} images."
    )


def _headlines(summary: dict) -> list[Headline]:
    numbers = [Headline(USED, used_words(summary), USED_EXPLAINED)]
    numbers += [
        Headline(each.heading, written(name, summary.get(name)), each.explained)
        for name, each in QUANTITIES.items()
        if name in summary
    ]
    numbers.append(Headline(FORECAST, summary.get("forecast") or "", FORECAST_EXPLAINED))
    return [number for number in numbers if number.words]
