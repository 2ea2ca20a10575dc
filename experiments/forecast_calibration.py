"""The forecast of the linear VAE beside what runs reached: every run whose numbers are committed.

    python experiments/forecast_calibration.py            # the shipped runs, the study `collapse`
    python experiments/forecast_calibration.py --check    # from the CSV beside this file

A row a run: latents that are forecast and found, KL and squared error per pixel. The shipped runs
(`predictions/`) count latents of 0.1 nats on 1,000 validation images. The points of `collapse`,
whose weights were not kept, count active units (a variance of the means above 0.01), and so does
their forecast: 1 - t / l above 0.01. Sprites and digits have a Bernoulli likelihood, for which no
number of latents is forecast.

Three corrections are tried on the shipped emoji and on the others:

- `held out`: the variance of one half of the images along the eigenvectors of the other half, in
  place of the eigenvalues: the noise floor of a finite set;
- `factor`: a threshold that is larger by one factor, the best for the emoji: the floor of a finite
  training;
- `local`: the trained decoder's own squared derivatives by each latent, in place of the
  eigenvalues. It needs the run, so it is no forecast; it asks whether a linear VAE with the run's
  own directions has as many latents.

Draws `images/gallery/forecast_calibration.png`.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]
from csv_rows import read_rows, write_rows  # noqa: E402

import params as presets  # noqa: E402
from vae_tf.analysis.analyzed_run import AnalyzedRun  # noqa: E402
from vae_tf.analysis.forecasting import has_forecast  # noqa: E402
from vae_tf.data import load  # noqa: E402
from vae_tf.forecasts.linear_vae import Forecast, forecast_from, spectrum  # noqa: E402
from vae_tf.forecasts.pixel_covariance import read_sample  # noqa: E402
from vae_tf.plots.page import BLUE, FAINT, MARGIN, ORANGE, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.probability.likelihoods.texts import read_likelihood  # noqa: E402
from vae_tf.process.limits import USED_NATS  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
PICTURE = ROOT / "images" / "gallery" / "forecast_calibration.png"
COLUMNS = (
    *("source", "run", "data", "kl_weight", "latents"),
    *("forecast", "found", "forecast_kl", "found_kl", "forecast_mse", "found_mse"),
    *("held_out", "factor", "local"),
)
_CORRECTIONS = {
    "forecast": "forecast",
    "held_out": "eigenvalues of held-out images",
    "factor": "larger eigenvalue threshold",
    "local": "the trained decoder's own derivatives",
}
_ROW = math.exp(2 * USED_NATS)  # times the threshold: an eigenvalue of 0.1 nats


def held_out_eigenvalues(images, count: int) -> np.ndarray:
    """Variance of one half of the images along the directions of most variance of the other."""
    values, _ = read_sample(images)
    first, second = np.array_split(values[np.random.default_rng(0).permutation(len(values))], 2)
    first = first - first.mean(axis=0)
    if len(first) < first.shape[1]:
        _, vectors = np.linalg.eigh(first @ first.T)
        directions = first.T @ vectors[:, ::-1][:, :count]
        directions /= np.linalg.norm(directions, axis=0)
    else:
        directions = np.linalg.eigh(first.T @ first)[1][:, ::-1][:, :count]
    return np.sort(((second - second.mean(axis=0)) @ directions).var(axis=0))[::-1]


def local_latents(analyzed: AnalyzedRun, threshold: float) -> int:
    """Latents of 0.1 nats in a linear VAE with the decoder's own mean squared derivatives."""
    rows = np.random.default_rng(0).permutation(len(analyzed.statistics.mean))[:100]
    codes, step = analyzed.statistics.mean[rows], 0.05
    nats = []
    for latent in range(codes.shape[1]):
        move = step * np.eye(codes.shape[1], dtype="float32")[latent]
        change = analyzed.decode(codes + move) - analyzed.decode(codes - move)
        squares = np.square(change / (2 * step)).sum(axis=(1, 2, 3)).mean()
        nats.append(0.5 * math.log1p(squares / threshold))
    return int(np.sum(np.array(nats) >= USED_NATS))


def shipped() -> list[dict]:
    """Rows of the shipped runs that have a forecast, without `factor`."""
    rows, spectra, halves = [], {}, {}
    for folder in sorted((ROOT / "predictions").iterdir()):
        run = Run(folder)
        if not has_forecast(run.params):
            continue
        params, analyzed = run.params, AnalyzedRun(run)
        key = (params.dataset, params.latent_size)
        if key not in spectra:
            images = load(params.dataset, "train", validation=params.validation)
            spectra[key] = spectrum(images, params.latent_size)
            halves[key] = held_out_eigenvalues(images, params.latent_size)
        result = forecast_from(spectra[key], params.kl_weight, params.latent_size)
        statistics = analyzed.statistics
        x = analyzed.images.images(analyzed.analyzed_rows)
        mse = np.square(x - analyzed.model.decode(statistics.mean)).mean()
        row = _row("predictions", run.name, params, result, result.active)
        row |= {
            "found": int(statistics.active.sum()),
            "found_kl": f"{statistics.kl.sum():.4g}",
            "found_mse": f"{mse:.4g}",
            "held_out": int(np.sum(halves[key] >= _ROW * result.threshold)),
            "local": local_latents(analyzed, result.threshold),
            "ratios": spectra[key].eigenvalues[: params.latent_size] / result.threshold,
        }
        rows.append(row)
    return rows


def with_factor(rows: list[dict]) -> list[dict]:
    """Adds the number of latents above a threshold that is larger by the emoji's best factor."""
    candidates = np.geomspace(1, 20, 200)
    emoji = [row for row in rows if row["data"] == "emoji"]

    def missed(factor):
        return sum(abs(_above(row, factor) - row["found"]) for row in emoji)

    best = min(candidates, key=missed)
    print(f"factor {best:.2f}, fitted to the emoji", file=sys.stderr)
    return [row | {"factor": _above(row, best)} for row in rows]


def _above(row, factor):
    return int(np.sum(row["ratios"] >= _ROW * factor))


def of_collapse() -> list[dict]:
    """Rows of the points of the study `collapse` that a linear VAE forecasts."""
    found = json.loads((ROOT / "experiments" / "collapse.json").read_text())
    rows, spectra = [], {}
    for point in presets.STUDIES["collapse"].points():
        params, numbers = point.params, found.get(point.name)
        if numbers is None or not has_forecast(params) or "active units" not in numbers:
            continue
        if params.latent_size not in spectra:
            images = load("mnist", "train", validation=params.validation)
            spectra[params.latent_size] = spectrum(images, params.latent_size)
        stddev = read_likelihood(params.likelihood)[1]
        size = params.latent_size
        result = forecast_from(spectra[size], params.kl_weight, size, stddev)
        # Active units: a variance of the means, 1 - t / l, above 0.01.
        units = np.sum(result.eigenvalues[:size] * 0.99 > result.threshold)
        row = _row("collapse", point.name, params, result, int(units))
        rows.append(
            row
            | {
                "found": int(numbers["active units"]),
                "found_kl": f"{numbers['KL']:.4g}",
                "found_mse": f"{numbers['MSE']:.4g}",
            }
        )
    return rows


def _row(source, name, params, result: Forecast, latents: int) -> dict:
    return {
        "source": source,
        "run": name,
        "data": params.dataset,
        "kl_weight": str(params.kl_weight),
        "latents": params.latent_size,
        "forecast": latents,
        "forecast_kl": f"{result.kl:.4g}",
        "forecast_mse": f"{result.mse:.4g}",
    }


def picture(rows: list[dict]):
    """Forecast against found: latents, KL and error, a dot a run."""
    panel, across = 300, 96
    page = Page(
        3 * panel + 2 * across + 60,
        panel + 90,
        "The forecast of the linear VAE and what runs reached",
        (
            "A dot is a run. Orange: the shipped emoji; blue: the shipped MNIST; grey: MNIST for "
            "1,500 steps (study collapse).",
            "Below the line a run has fewer latents, less KL or less error than the forecast.",
        ),
    )
    columns = (("", "latents"), ("_kl", "KL, nats"), ("_mse", "squared error per pixel"))
    for index, (ending, name) in enumerate(columns):
        left = MARGIN + 60 + index * (panel + across)
        axes = page.chart(
            left, page.top + 20, panel, panel, title=name, xlabel="forecast", ylabel="found"
        )
        least = 0.1 if ending == "_kl" else 0.0
        pairs = [(float(row["forecast" + ending]), float(row["found" + ending])) for row in rows]
        pairs = [(max(a, least), max(b, least)) for a, b in pairs]
        highest = 1.15 * max(max(pair) for pair in pairs)
        axes.plot([least, highest], [least, highest], color=FAINT, linewidth=1)
        shift = np.random.default_rng(0).uniform(-0.35, 0.35, (len(rows), 2)) * (not ending)
        for row, pair, move in zip(rows, pairs, shift, strict=True):
            color = FAINT if row["source"] == "collapse" else BLUE
            color = ORANGE if row["data"] == "emoji" else color
            size = 5 if row["source"] == "collapse" else 8
            axes.plot(*(np.array(pair) + move), "o", color=color, markersize=size, alpha=0.7)
        if ending == "_kl":
            axes.set_xscale("log")
            axes.set_yscale("log")
        below = least - (not ending)
        axes.set_xlim(below, highest)
        axes.set_ylim(below, highest)
        axes.tick_params(labelsize=points(12))
    return page.figure


def table() -> str:
    """How far forecast and corrections are from the number of active latents, as Markdown."""
    rows = read_rows(TABLE)
    heads = ("runs", "number", *_CORRECTIONS.values())
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    groups = {
        "emoji, gallery": [row for row in rows if row["data"] == "emoji"],
        "MNIST, gallery": [
            row for row in rows if row["data"] == "mnist" and row["source"] == "predictions"
        ],
        "MNIST, 1,500 steps": [row for row in rows if row["source"] == "collapse"],
    }
    for name, members in groups.items():
        cells = []
        for column in _CORRECTIONS:
            off = [abs(int(row[column]) - int(row["found"])) for row in members if row[column]]
            cells.append(f"{np.mean(off):.1f}" if off else "")
        lines.append(f"| {name} | {len(members)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    """Computes or reads the rows, and draws the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="read the table, compute nothing")
    if parser.parse_args().check:
        rows = read_rows(TABLE)
    else:
        rows = with_factor(shipped()) + of_collapse()
        write_rows(TABLE, COLUMNS, [{name: row.get(name, "") for name in COLUMNS} for row in rows])
    save_figure(PICTURE, picture(rows))


if __name__ == "__main__":
    main()
