"""Summaries of runs: the numbers that compare runs, saved beside the pictures (compute, save)."""

import base64
import csv
import io
import json
import math
from pathlib import Path

import numpy as np
from PIL import Image

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.collapse import GAIN, code_gain
from vae_tf.models.template.codes import with_layers_below
from vae_tf.plots import traversals
from vae_tf.plots.grids import fitted, image_grid
from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import read_json
from vae_tf.process.files.saving import write_text
from vae_tf.process.numbers import is_number, is_whole
from vae_tf.process.texts.escaping import csv_cell

SUMMARY = "summary.json"
_STRIP = 48  # pixels, height of the images of a comparison
_MOST_PIXELS = 20_000_000  # of a strip that is read: a strip of ours has fewer
# Columns of summary.csv that come from the log: the last value of each.
_TERMS = ("loss", "reconstruction", "kl", "elbo", "stddev_mean")
_LOGGED = (*_TERMS, *(f"val_{name}" for name in _TERMS))
# Shares of images that are classified wrongly, for models that predict classes.
ERRORS = ("val_error", "test_error")
# Columns of summary.csv, except for the last.
_COLUMNS = (
    *("run", "step", "steps", "dataset", "model", "kl_weight", "likelihood", "latent_size"),
    *_LOGGED,
    *("images", "mse", "active"),
    *ERRORS,
)


def summarize(analyzed: AnalyzedRun) -> dict:
    """Computes the numbers of a run for tables, and one traversal as a picture.

    Args:
        analyzed: Run that is summarized.

    Returns:
        Dict of JSON values. Numbers of the log are its last values. `images` (a count), `mse`,
        `active`, `kl_per_latent`, `code_gain` and `code_gain_error` are measured on the analyzed
        images; see `collapse.code_gain`. They are None if the data cannot be loaded.
        `kl_per_latent` is also None if the KL is not finite. The classes of M1, which change no
        image, are not counted as latents. `strip` is a PNG in base64.
    """
    params = analyzed.params
    history = analyzed.history
    summary = {
        "run": analyzed.run.name,
        "step": analyzed.step,
        "steps": params.steps,
        "dataset": params.dataset,
        "image_shape": list(analyzed.run.details["image_shape"]),
        "model": params.model,
        "kl_weight": str(params.kl_weight),
        "likelihood": params.likelihood,
        "latent_size": params.latent_size,
        **{name: _last(history, name) for name in (*_LOGGED, *ERRORS)},
    }
    nothing = dict.fromkeys(("images", "mse", "active", "kl_per_latent", *GAIN, "factors", "strip"))
    try:
        statistics = analyzed.statistics
    except UserError:
        return summary | nothing
    x = analyzed.images.observed(analyzed.analyzed_rows)
    labels = analyzed.labels_of(analyzed.analyzed_rows)
    silent = analyzed.model.num_silent
    error = np.nanmean(np.square(x - analyzed.model.decode(statistics.mean, labels)))
    return summary | {
        "images": len(x),
        "mse": float(error) if math.isfinite(error) else None,
        "active": int(statistics.active[silent:].sum()),
        "kl_per_latent": [float(f"{value:.5g}") for value in statistics.kl[silent:]]
        if statistics.has_kl
        else None,
        **dict(zip(GAIN, code_gain(analyzed) or (None, None), strict=True)),
        "factors": list(analyzed.ground_truth.factor_names) if analyzed.has_factors else [],
        "strip": _strip(analyzed) if analyzed.has_pictures else None,
    }


def _strip(analyzed: AnalyzedRun) -> str:
    """Draw the traversal of the most used latent as a PNG in base64."""
    order = analyzed.statistics.order
    ranges = traversals.latent_ranges("fitted", analyzed.statistics)
    codes = traversals.traversal_codes(np.zeros(len(order)), ranges, np.linspace(0, 1, 10))
    # Without lines between images: they would be white on a dark page.
    images = analyzed.decode(with_layers_below(analyzed.model, codes[order[:1]], order[:1]))
    return _encode_png(image_grid(fitted(images, _STRIP), 10, gap=0, tile=1))


def _last(history, name):
    values = history.get(name, np.zeros(0))
    values = values[~np.isnan(values)]
    return float(values[-1]) if len(values) and math.isfinite(values[-1]) else None


def _encode_png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).quantize(128, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def strip_of(summary: dict) -> np.ndarray | None:
    """Returns the traversal of a summary: `[H, W, 3]` uint8, None if missing or damaged."""
    if not summary["strip"]:
        return None
    try:
        with Image.open(io.BytesIO(base64.b64decode(summary["strip"]))) as image:
            if image.width * image.height > _MOST_PIXELS:
                return None
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def save_summary(path: Path, summary: dict, source: str):
    """Writes a summary, with the name of its source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps({"source": source, **summary}, indent=1) + "\n")


def load_summary(path: Path) -> dict | None:
    """Reads a summary; None if there is none or it is damaged."""
    try:
        summary = read_json(path)
        return summary if _is_whole(summary) else None
    except (OSError, UserError, OverflowError):
        return None


def _is_whole(summary) -> bool:
    """Whether a summary has all values, each of the right type."""
    if not isinstance(summary, dict):
        return False
    missing = object()

    def every(names, fits):
        return all(fits(summary.get(name, missing)) for name in names)

    return (
        every(("source", "run", "dataset", "model", "kl_weight", "likelihood"), _is_text)
        and every(("step", "steps", "latent_size"), _is_whole_number)
        and every(("images", "active"), lambda value: value is None or _is_whole_number(value))
        and every((*_LOGGED, "mse"), lambda value: value is None or _is_number(value))
        and all(value is None or _is_number(value) for value in map(summary.get, ERRORS))
        and every(("image_shape",), lambda value: _is_list(value, _is_whole_number))
        and every(("kl_per_latent",), lambda value: value is None or _is_list(value, _is_number))
        and every(("factors",), lambda value: value is None or _is_list(value, _is_text))
        and all(value is None or _is_number(value) for value in map(summary.get, GAIN))
        # A text that not every summary has.
        and (summary.get("forecast") is None or _is_text(summary["forecast"]))
        and every(("strip",), lambda value: value is None or _is_text(value))
    )


def _is_text(value):
    return isinstance(value, str)


def _is_whole_number(value):
    return is_whole(value, -(2**53), 2**53)


def _is_number(value):
    return is_number(value) and math.isfinite(value)


def _is_list(value, fits):
    return isinstance(value, list) and all(map(fits, value))


def summary_csv(summaries: list[dict]) -> str:
    """Returns the text of summary.csv: a row per run, nats per image, empty if unknown."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*_COLUMNS, "kl_total"])
    for summary in summaries:
        cells = [summary.get(name) for name in _COLUMNS]
        kl = summary["kl_per_latent"]
        cells.append(None if kl is None else sum(kl))
        writer.writerow(
            [f"{cell:.6g}" if isinstance(cell, float) else csv_cell(cell) for cell in cells]
        )
    return file.getvalue()
