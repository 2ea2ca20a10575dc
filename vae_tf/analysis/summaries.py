"""The numbers of a run, kept beside its pictures: what runs are compared by (compute, save)."""

import base64
import csv
import io
import json
import math
from pathlib import Path

import numpy as np
from PIL import Image

from vae_tf.analysis.context import Context
from vae_tf.errors import UserError
from vae_tf.plots import traversals
from vae_tf.plots.grids import fitted, image_grid
from vae_tf.saving import write_text

SUMMARY = "summary.json"
_STRIP = 48  # pixels, height of the images of a comparison
# Columns of summary.csv that come from the log: the last row that has them.
_LOGGED = ("loss", "reconstruction", "kl", "elbo", "stddev_mean")
_LOGGED = (*_LOGGED, *(f"val_{name}" for name in _LOGGED))


def summarise(context: Context) -> dict:
    """What is told of a run in a table, and one traversal as a picture.

    Args:
        context: Of the run.

    Returns:
        Dict of JSON values. Numbers of the log are those of its last rows; `mse`,
        `kl_per_latent`, `active` and `images` are of the analysed images, None where the data
        cannot be had, `kl_per_latent` also where the KL is not finite; "strip" is a PNG in base64.
    """
    params = context.params
    history = context.history
    summary = {
        "run": context.run.name,
        "step": context.step,
        "steps": params.steps,
        "dataset": params.dataset,
        "image_shape": list(context.run.details["image_shape"]),
        "model": params.model,
        "kl_weight": str(params.kl_weight),
        "likelihood": params.likelihood,
        "latent_size": params.latent_size,
        **{name: _last(history, name) for name in _LOGGED},
    }
    nothing = dict.fromkeys(("images", "mse", "active", "kl_per_latent", "factors", "strip"))
    try:
        statistics = context.statistics
    except UserError:
        return summary | nothing
    x = context.images.images(context.analysed)
    error = np.square(x - context.model.decode(statistics.mean)).mean()
    order = statistics.order
    ranges = traversals.latent_ranges("fitted", statistics)
    codes = traversals.traversal_codes(np.zeros(len(order)), ranges, np.linspace(0, 1, 10))
    strip = image_grid(fitted(context.model.decode(codes[order[0]]), _STRIP), 10, tile=1)
    return summary | {
        "images": len(x),
        "mse": float(error),
        "active": int(statistics.active.sum()),
        "kl_per_latent": [float(f"{value:.5g}") for value in statistics.kl]
        if statistics.has_kl
        else None,
        "factors": list(context.images.factor_names) if context.has_factors else [],
        "strip": _encode_png(strip),
    }


def _last(history, name):
    values = history.get(name, np.zeros(0))
    values = values[~np.isnan(values)]
    return float(values[-1]) if len(values) and math.isfinite(values[-1]) else None


def _encode_png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).quantize(128, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def strip_of(summary: dict) -> np.ndarray | None:
    """The traversal of a summary: `[H, W, 3]` uint8, None where there is none."""
    if not summary["strip"]:
        return None
    with Image.open(io.BytesIO(base64.b64decode(summary["strip"]))) as image:
        return np.asarray(image.convert("RGB"))


def save_summary(path: Path, summary: dict, source: str):
    """Writes a summary, with what it was made from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps({"source": source, **summary}, indent=1) + "\n")


def load_summary(path: Path) -> dict | None:
    """Reads a summary; None if there is none or it is damaged."""
    try:
        summary = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return summary if isinstance(summary, dict) and "strip" in summary else None


def summary_table(summaries: list[dict]) -> str:
    """The text of summary.csv: a row a run, numbers in nats per image, empty where unknown."""
    columns = [
        name
        for name in summaries[0]
        if name not in ("source", "strip", "image_shape", "kl_per_latent", "factors")
    ]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*columns, "kl_total"])
    for summary in summaries:
        cells = [summary[name] for name in columns]
        kl = summary["kl_per_latent"]
        cells.append(None if kl is None else sum(kl))
        writer.writerow([f"{cell:.6g}" if isinstance(cell, float) else cell for cell in cells])
    return file.getvalue()
