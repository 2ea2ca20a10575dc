"""Figures of a study, and its table of means."""

import csv
import hashlib
import io
import json
import time
from pathlib import Path

from vae_tf import __version__
from vae_tf.analysis.failures import reading, reason_of
from vae_tf.analysis.request import Outcome, Request
from vae_tf.plots.saving import has_formats, save_figure, source_of
from vae_tf.process.files.saving import write_text
from vae_tf.process.texts.escaping import csv_cell, printable
from vae_tf.results.study_figures import FIGURES
from vae_tf.results.study_table import StudyTable, load_study

MEANS = "means.csv"
STUDY_PRODUCTS = (MEANS, *FIGURES)


def write_study(folder: Path, request: Request, outcome: Outcome) -> StudyTable | None:
    """Writes the requested figures and the table of a study into `images/STUDY/`.

    Args:
        folder: Folder of the study.
        request: The request.
        outcome: Outcome to which files and problems are added.

    Returns:
        The table of its runs; None if the study cannot be read, or has no rows.
    """
    name = printable(folder.name)
    try:
        with reading(folder):
            table = load_study(folder)
    except Exception as error:  # a folder from somebody else may have any content
        outcome.add_problem(name, "the study is left out", reason_of(error, name))
        return None
    if not table.rows:
        return None
    images = request.images / folder.name
    if request.asks_for(MEANS):
        write_text(images / MEANS, means_csv(table))
        outcome.add_drawn(images / MEANS)
    for file, (draw, _, _) in FIGURES.items():
        if request.asks_for(file):
            try:
                _draw(images / file, draw, table, request, outcome)
            except OSError:
                raise
            except Exception as error:  # the other figures are still drawn
                outcome.add_problem(name, f"{file} not drawn", reason_of(error, file))
    return table


def _draw(path: Path, draw, table: StudyTable, request: Request, outcome: Outcome):
    text = json.dumps([__version__, path.name, table])
    source = f"vae_tf {__version__} {hashlib.sha256(text.encode()).hexdigest()[:24]}"
    up_to_date = source_of(path) == source and has_formats(path, request.formats)
    if up_to_date and not request.force:
        outcome.current += 1
        return
    start = time.perf_counter()
    figure = draw(table)
    if figure is None:
        path.unlink(missing_ok=True)  # from when the study had more runs
        return
    save_figure(path, figure, source=source, formats=request.formats)
    outcome.add_drawn(path, time.perf_counter() - start)


def means_csv(table: StudyTable) -> str:
    """Returns the text of means.csv: a row per score and group. Runs of a group differ by seed."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*table.fields, "number", "seeds", "mean", "stddev", "confidence_95"])
    names = list(dict.fromkeys(name for row in table.rows for name in row.numbers))
    for name in names:
        for key, spread in table.spreads(name).items():
            numbers = [f"{each:.6g}" for each in (spread.mean, spread.stddev, spread.error)]
            # With one seed, there is only a mean.
            cells = [cell if cell != "nan" else None for cell in numbers]
            writer.writerow([*map(csv_cell, key), name, spread.num_runs, *cells])
    return file.getvalue()
