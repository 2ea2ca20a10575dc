"""Analyze runs: draw all files that are not up to date, then write a report."""

import logging
import os
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.failures import reading, reason_of
from vae_tf.analysis.forecasting import forecast_words
from vae_tf.analysis.image_sets import ImageSets
from vae_tf.analysis.overview import OF_SUMMARIES, write_overview
from vae_tf.analysis.products import PRODUCTS, Animation, Explorer, Product
from vae_tf.analysis.request import Outcome, Request
from vae_tf.analysis.summaries import SUMMARY, load_summary, save_summary, summarize
from vae_tf.explorer.page import explorer_page, source_of_page
from vae_tf.models import MODELS
from vae_tf.plots.saving import has_formats, save_figure, save_gif, source_of
from vae_tf.process.errors import UserError
from vae_tf.process.files.saving import write_text
from vae_tf.process.texts.escaping import printable
from vae_tf.runs import load_run, name_of

_FACTOR_PRODUCTS = {name for name, product in PRODUCTS.items() if product.needs_factors}


def analyze(
    runs: "Sequence[str | os.PathLike] | str | os.PathLike",
    images: "str | os.PathLike" = "images",
    *,
    data=None,
    only: Collection[str] | None = None,
    force: bool = False,
    projection: str = "pca",
    formats: Sequence[str] = (),
    every: Sequence[Path] | None = None,
    say: Callable[[str], None] = logging.info,
) -> Outcome:
    """Draws pictures that are not up to date: first of each run, then of all runs together.

    At most one model is in memory at a time. Finished files are kept if the analysis is
    interrupted. A problem of one run is noted in the outcome, and the other runs are still drawn.

    Args:
        runs: Folder of a run, or several such folders.
        images: Folder of the results, with a folder per run. Results of a run of a study are in
            STUDY/POINT.
        data: Images of runs that were trained on given images, in the form of `train(data=...)`.
        only: Names of files to draw; None for all.
        force: Whether to draw up-to-date files again, too.
        projection: Additional projection of the latent space, in its own file: "tsne", "umap", or
            "pca" for none.
        formats: Formats of figures in addition to PNG: "svg", "pdf", "2x" (a PNG with twice the
            width and height, `NAME@2x.png`). With "-plain", such as "svg-plain", figures have no
            titles.
        every: Run folders for the comparison and the report, if they were ever analyzed; None for
            `runs`.
        say: Function that is called with each line of progress.

    Returns:
        Files that were drawn, the number of up-to-date files, and the problems.

    Raises:
        OSError: If a result cannot be written.
    """
    request = Request(Path(images), only, force, projection, say, formats, data)
    outcome, image_sets = Outcome(), ImageSets()
    paths = [Path(runs)] if isinstance(runs, (str, os.PathLike)) else [Path(run) for run in runs]
    for path in paths:
        _RunDrawing(path, request, image_sets, outcome).draw()
    write_overview(list(every or paths), request, outcome)
    return outcome


class _RunDrawing:
    """Draws the files of one run that are asked for and not up to date."""

    def __init__(self, path: Path, request: Request, image_sets: ImageSets, outcome: Outcome):
        self.name = printable(name_of(path))
        self.path, self.folder = path, request.images / name_of(path)
        self.request, self.image_sets, self.outcome = request, image_sets, outcome
        self.failed: dict[str, list[str]] = {}  # reason -> names of files

    def draw(self):
        """Draws; problems are noted in the outcome, not raised."""
        try:
            with reading(self.path / "params.json"):
                run = load_run(self.path, self.request.data)
            analyzed = AnalyzedRun(run, self.image_sets, results=self.request.images)
            with reading():
                pending, current, summary_source = self._plan(analyzed)
        except Exception as error:  # a folder from somebody else may have any content
            self.outcome.add_problem(self.name, "not drawn", reason_of(error, self.name))
            self.request.say(f"{self.name}: not analyzed")
            return
        self.outcome.current += current
        if not pending and not summary_source:
            self.request.say(f"{self.name}: up to date")
            return
        known = f"{current} up to date, " if current else ""
        self.request.say(f"{self.name}: {known}drawing")
        for name, (product, source) in pending.items():
            self._attempt(name, self._draw_product, analyzed, name, product, source)
        if summary_source:
            self._attempt(SUMMARY, self._summarize, analyzed, summary_source)
        self._tell_problems()

    def _plan(self, analyzed: AnalyzedRun) -> tuple[dict, int, str | None]:
        """Finds the files to draw.

        Returns:
            Name of a file -> (product, name of its source), the number of up-to-date files, and the
            name of the summary's source, None if no summary is to be written.
        """
        scores = self._scores(analyzed)
        pending, current = {}, 0
        without: list[str] = []
        for name, product in PRODUCTS.items():
            if not self._is_wanted(name, product, analyzed, scores):
                continue
            if product.needs_images and not analyzed.has_pictures:
                without.append(name)
                continue
            source = analyzed.source(product.sources)
            path = self.folder / name
            up_to_date = _source_of(path) == source and has_formats(path, self.request.formats)
            if up_to_date and not self.request.force:
                current += 1
            else:
                pending[name] = product, source
        if without:
            listed = ", ".join(without)
            self.request.say(f"{self.name}: left out, because the data are vectors: {listed}")
        summary = load_summary(self.folder / SUMMARY)
        source = analyzed.source(("checkpoint", "log"))
        if summary is not None and summary["images"] is None:  # the data could not be loaded
            summary = None
        if summary is not None and summary["source"] == source and not self.request.force:
            pending = {
                name: (product, made_from)
                for name, (product, made_from) in pending.items()
                if not (product.needs_factors and not summary["factors"])
                and not (product.needs_kl and summary["kl_per_latent"] is None)
            }
            return pending, current, None
        summarizes = any(self.request.asks_for(name) for name in OF_SUMMARIES)
        return pending, current, source if summarizes else None

    def _is_wanted(self, name: str, product: Product, analyzed: AnalyzedRun, scores: dict) -> bool:
        """Whether a file is asked for and can be drawn for this model and these scores."""
        return (
            self.request.asks_for(name, product.on_request)
            and product.score in (None, *scores)
            and (analyzed.draws_classes or not product.needs_labels)
            and (analyzed.has_table or not product.needs_table)
            and (MODELS[analyzed.params.model].classifies or not product.needs_classifier)
            and ("mask" in MODELS[analyzed.params.model].batch_keys or not product.needs_masks)
            and (analyzed.has_forecast or not product.needs_gaussian)
        )

    def _scores(self, analyzed: AnalyzedRun) -> dict:
        """Returns the scores of metrics.json; empty if there are none or it cannot be read."""
        try:
            return analyzed.record["scores"] if analyzed.record else {}
        except UserError as error:
            self.outcome.add_problem(self.name, "pictures of scores not drawn", str(error))
            return {}

    def _draw_product(self, analyzed: AnalyzedRun, name: str, product: Product, source: str):
        with reading():
            if product.needs_factors and not analyzed.has_factors:
                return
            start = time.perf_counter()
            known = not product.needs_kl or analyzed.statistics.has_kl
            made = product.make(analyzed) if known else None
        if made is None:
            if not product.needs_kl:
                _ = analyzed.images, analyzed.training_images  # raise if the images are missing
            why = "no attributes of its images are known, or the model is given the attributes"
            if product.needs_kl:
                why = "the KL of the latents is not finite or not known"
            self.request.say(f"  {name}: left out, because {why}")
            return
        path = self.folder / name
        if isinstance(made, Animation):
            save_gif(path, made.frames, made.durations, source=source)
        elif isinstance(made, Explorer):
            write_text(path, explorer_page(made.content, source))
        else:
            save_figure(path, made, source=source, formats=self.request.formats)
        seconds = time.perf_counter() - start
        self.outcome.add_drawn(path, seconds)
        self.request.say(f"  {name:20} {path.stat().st_size / 1000:4.0f} kB  {seconds:4.1f} s")

    def _summarize(self, analyzed: AnalyzedRun, source: str):
        with reading():
            # A run on given images is not forecast from the data set that its parameters name.
            own = analyzed.run.details["own_data"]
            forecast = None if own else forecast_words(analyzed.params)
            summary = summarize(analyzed) | {"forecast": forecast}
        save_summary(self.folder / SUMMARY, summary, source)

    def _attempt(self, name: str, make: Callable, *args):
        """Makes a file. After an error, the other files are still made."""
        try:
            make(*args)
        except OSError:
            raise
        except Exception as error:
            reason = reason_of(error, f"{name} of {self.name}")
            self.failed.setdefault(reason, []).append(name)

    def _tell_problems(self):
        for reason, names in self.failed.items():
            # Without the data, nobody knows whether there are factors: do not name these products.
            certain = [name for name in names if name not in _FACTOR_PRODUCTS]
            files = ", ".join(certain or names)
            self.outcome.add_problem(self.name, f"{files} not drawn", reason)
            self.request.say(f"  {files}: not drawn, see below")


def _source_of(path: Path) -> str | None:
    return source_of_page(path) if path.suffix == ".html" else source_of(path)
