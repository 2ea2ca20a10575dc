"""One analysis: runs in, everything drawn that is not up to date, a report at the end."""

import dataclasses
import logging
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from vae_tf.analysis.context import Context
from vae_tf.analysis.products import PRODUCTS, Animation
from vae_tf.analysis.records import RECORD, comparison_csv, load_record
from vae_tf.analysis.report import write_report
from vae_tf.analysis.summaries import (
    SUMMARY,
    load_summary,
    save_summary,
    strip_of,
    summarise,
    summary_table,
)
from vae_tf.errors import UserError, unknown
from vae_tf.plots.comparison import Compared, plot_comparison
from vae_tf.plots.files import save_figure, save_gif, source_of
from vae_tf.runs import Run
from vae_tf.saving import write_text

# Made over all runs, after the products of each.
OVERVIEW = ("summary.csv", "scores.csv", "comparison.png", "report.html")
_FACTOR_PRODUCTS = {name for name, product in PRODUCTS.items() if product.needs_factors}


@dataclasses.dataclass
class Outcome:
    """What an analysis did.

    Attributes:
        drawn: Files written, in order.
        current: Number of files that were up to date.
        problems: What could not be drawn, why, and the remedy; a sentence each.
        seconds: Name of a product -> time it took, summed over runs.
    """

    drawn: list[Path] = dataclasses.field(default_factory=list)
    current: int = 0
    problems: list[str] = dataclasses.field(default_factory=list)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)


def find_runs(predictions: Path, names: Sequence[str] = ()) -> list[Path]:
    """Run folders by name.

    Args:
        predictions: Folder of the run folders.
        names: Of the runs; none for all there are.

    Raises:
        UserError: If there are none, or one is unknown; the message names the nearest.
    """
    folders = sorted(predictions.iterdir()) if predictions.is_dir() else []
    found = {path.name: path for path in folders if (path / "params.json").is_file()}
    if not found:
        what = "holds no run" if predictions.is_dir() else "does not exist"
        raise UserError(
            f"The folder '{predictions}' {what}. Train one with python train.py, or say where "
            f"runs lie with --predictions."
        )
    names = [Path(name).name if Path(name).parent == predictions else name for name in names]
    for name in names:
        if name not in found:
            raise unknown("run", name, found, f"Runs lie in '{predictions}'.")
    return [found[name] for name in dict.fromkeys(names or found)]


def chosen_products(text: str | None) -> list[str] | None:
    """Files named by `--only`, with their ending or without.

    Args:
        text: Names with commas between; None for everything.

    Raises:
        UserError: If a name is unknown, naming the nearest.

    Example:
        >>> chosen_products("traversals,comparison")
        ['traversals.png', 'traversals.gif', 'comparison.png']
    """
    if text is None:
        return None
    known = [*PRODUCTS, *OVERVIEW]
    chosen = []
    for name in filter(None, (part.strip() for part in text.split(","))):
        matching = [file for file in known if name in (file, file.rpartition(".")[0])]
        if not matching:
            raise unknown("product", name, known)
        chosen += matching
    if not chosen:
        raise UserError(f"--only names products, with commas between. Known: {', '.join(known)}.")
    return list(dict.fromkeys(chosen))


def analyse(
    runs: Sequence[Path],
    images: Path,
    *,
    only: Collection[str] | None = None,
    force: bool = False,
    projection: str = "pca",
    every: Sequence[Path] | None = None,
    say: Callable[[str], None] = logging.info,
) -> Outcome:
    """Draws what is not up to date: the products of each run, then those over all runs.

    Memory is bounded: one model at a time, and at most a thousand images. Each file is written
    wholly or not at all, so that what is drawn is kept whatever happens.

    Args:
        runs: Run folders to analyse.
        images: Folder of the results, a folder a run.
        only: Files to draw; None for all.
        force: Draw what is up to date, too.
        projection: Of the latent space besides PCA: "tsne", "umap", or "pca" for none.
        every: Run folders that are compared and reported, if analysed at some time; None for
            `runs`.
        say: Told a line of progress at a time.
    """
    outcome = Outcome()
    data: dict = {}
    for path in runs:
        _Session(path, images, data, outcome, only, force, projection, say).draw()
    _overview(list(every or runs), images, outcome, only, force, say)
    return outcome


class _Session:
    """The analysis of one run."""

    def __init__(self, path, images, data, outcome, only, force, projection, say):
        self.path, self.images, self.outcome, self.only = path, images / path.name, outcome, only
        self.force, self.say = force, say
        self.name = path.name
        self.data, self.projection = data, projection

    def draw(self):
        """Draws what is asked for and not up to date; problems are noted, not raised."""
        try:
            context = Context(Run(self.path), self.data, self.projection)
        except UserError as error:
            self._problem([self.name], error)
            return
        scores = context.record["scores"] if context.record else {}
        wanted = {
            name: product
            for name, product in PRODUCTS.items()
            if self._asked(name) and product.score in (None, *scores)
        }
        pending, current = {}, 0
        for name, product in wanted.items():
            source = context.source(product.sources, product.options(context))
            if not self.force and source_of(self.images / name) == source:
                current += 1
            else:
                pending[name] = product, source
        known = load_summary(self.images / SUMMARY)
        summary_source = context.source(("checkpoint", "log"))
        whole = known is not None and known["images"] is not None  # the data could be had
        fresh = whole and known["source"] == summary_source and not self.force
        if fresh:
            pending = {
                name: (product, source)
                for name, (product, source) in pending.items()
                if not (product.needs_factors and not known["factors"])
                and not (product.needs_kl and known["kl_per_latent"] is None)
            }
        self.outcome.current += current
        if not pending and (fresh or self.only is not None):
            self.say(f"{self.name}: up to date")
            return
        self.say(f"{self.name}: {f'{current} up to date, ' if current else ''}drawing")
        failed: dict[str, list[str]] = {}
        for name, (product, source) in pending.items():
            self._attempt(
                failed, name, lambda p=product, s=source, n=name: self._one(context, n, p, s)
            )
        if self.only is None or set(OVERVIEW) & set(self.only):
            if not fresh:
                self._attempt(
                    failed,
                    SUMMARY,
                    lambda: save_summary(self.images / SUMMARY, summarise(context), summary_source),
                )
        for reason, names in failed.items():
            # Whether there are factors is not known without the data; no need to name those too.
            certain = [name for name in names if name not in _FACTOR_PRODUCTS]
            self._problem(certain or names, reason)

    def _asked(self, name):
        return self.only is None or name in self.only

    def _one(self, context, name, product, source):
        if product.needs_factors and not context.has_factors:
            return
        if product.needs_kl and not context.statistics.has_kl:
            self.say(f"  {name}: left out, as the KL of the latents is not finite or not known")
            return
        start = time.perf_counter()
        made = product.make(context)
        path = self.images / name
        if isinstance(made, Animation):
            save_gif(path, made.frames, made.durations, source=source)
        else:
            save_figure(path, made, source=source)
        self.outcome.drawn.append(path)
        seconds = time.perf_counter() - start
        self.outcome.seconds[name] = self.outcome.seconds.get(name, 0.0) + seconds
        self.say(f"  {name:20} {path.stat().st_size / 1000:4.0f} kB  {seconds:4.1f} s")

    def _attempt(self, failed, name, make):
        try:
            make()
        except UserError as error:
            failed.setdefault(str(error), []).append(name)
        except OSError:
            raise
        except Exception as error:  # a mistake of ours in one picture must not cost the others
            logging.exception("%s of %s failed", name, self.name)
            failed.setdefault(f"{type(error).__name__}: {error}", []).append(name)

    def _problem(self, names, reason):
        files = ", ".join(names)
        where = f"{self.name}: " if names != [self.name] else ""
        text = f"{where}{files} not drawn. {reason}"
        self.outcome.problems.append(text)
        self.say(f"  {files}: not drawn, see below" if where else f"{self.name}: not analysed")


def _overview(every, images, outcome, only, force, say):
    """Writes what is made over all runs that were scored or analysed at some time."""
    asked = [name for name in OVERVIEW if only is None or name in only]
    if not asked:
        return
    records = [record for path in every if (record := load_record(path / RECORD))]
    if "scores.csv" in asked and records:
        write_text(images / "scores.csv", comparison_csv(records))
        outcome.drawn.append(images / "scores.csv")
    summaries = [load_summary(images / path.name / SUMMARY) for path in every]
    found = [(path, known) for path, known in zip(every, summaries, strict=True) if known]
    if not found:
        return
    start = time.perf_counter()
    if "summary.csv" in asked:
        write_text(images / "summary.csv", summary_table([known for _, known in found]))
        outcome.drawn.append(images / "summary.csv")
    if "comparison.png" in asked:
        source = "; ".join(f"{path.name} {known['source']}" for path, known in found)
        target = images / "comparison.png"
        if not force and source_of(target) == source:
            outcome.current += 1
        else:
            save_figure(target, _comparison(found), source=source)
            outcome.drawn.append(target)
            outcome.seconds["comparison.png"] = time.perf_counter() - start
    if "report.html" in asked:
        start = time.perf_counter()
        write_report(images, found)
        outcome.drawn.append(images / "report.html")
        outcome.seconds["report.html"] = time.perf_counter() - start
    say(f"Over all runs, {len(found)}: {', '.join(asked)}")


def _comparison(found):
    groups: dict[str, list[Compared]] = {}
    for path, known in found:
        shape = "x".join(map(str, known["image_shape"]))
        group = f"{known['dataset']} {shape}, {known['likelihood']} likelihood"
        values = {
            name: known[f"val_{name}"] if known[f"val_{name}"] is not None else known[name]
            for name in ("reconstruction", "kl")
        }
        groups.setdefault(group, []).append(
            Compared(known["run"], **values, strip=strip_of(known), history=Run(path).history)
        )
    return plot_comparison(
        groups,
        "Runs compared",
        (
            "numbers are those of the last validation, or of training where there was none; "
            "one scale for runs of the same data and likelihood",
            "traversals start from zero and span the codes of validation images",
        ),
    )
