"""Log-likelihoods over the number of samples: `python experiments/likelihood_curves.py`.

    python experiments/likelihood_curves.py            trains, measures, draws
    python experiments/likelihood_curves.py --table    the tables, from the rows that are committed

Images of 3x3 black and white pixels: there are 512 of them, so that the probabilities of all of
them have to sum to 1. The models have two latents, so that p(x) is an integral over the plane: a
grid of 241 x 241 points from -6 to 6 gives it without any sampling. Trained on bars and crosses
with one pixel in ten flipped, 3,000 steps, three seeds. Samples are drawn from the posterior, as
`log_likelihood` takes them, and, as a control, half of them from the prior: no part is left out.

Digits: 8x8 pixels, black and white, 8 latents, 3,000 steps, one seed; the first 200 test images.
"""

import argparse
import math
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import add_rows, read_rows  # noqa: E402

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402
from scipy.special import logsumexp  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf import data, metrics  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, SKY, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
PICTURE = ROOT / "images" / "gallery" / "likelihood_curves.png"
COLUMNS = ("images", "model", "seed", "from", "num_samples", "sum", "nats", "effective_samples")
SAMPLES = (1, 10, 100, 1_000, 10_000)
SEEDS = 3
MODELS: dict[str, dict] = {
    "VAE": {},
    "InfoVAE": {"model": "info_vae", "hyper": {"alpha": 1.0, "scale": 100.0}},
    "planar flow": {"model": "flow_vae", "hyper": {"flow": "planar", "num_flows": 4}},
}
COLORS = {"VAE": BLUE, "InfoVAE": ORANGE, "planar flow": SKY}


def every_image() -> np.ndarray:
    """The 512 images `[512, 3, 3, 1]`, 0 and 1."""
    bits = (np.arange(512)[:, None] >> np.arange(9)) & 1
    return bits.reshape(512, 3, 3, 1).astype("float32")


def bars(n: int, rng: np.random.Generator) -> np.ndarray:
    """Bars and crosses `[n, 3, 3, 1]`: a row, a column or both, one pixel in ten flipped."""
    images = np.zeros((n, 3, 3), bool)
    kind, row, column = rng.integers(3, size=(3, n))
    every = np.arange(n)
    images[every[kind != 1], row[kind != 1]] = True
    images[every[kind != 0], :, column[kind != 0]] = True
    return (images ^ (rng.random(images.shape) < 0.1))[..., None].astype("float32")


def trained(images: np.ndarray, latent_size: int, model: str, seed: int):
    """A model of black and white images, trained for 3,000 steps."""
    often = dict.fromkeys(("validate_every", "sample_every", "checkpoint_every"), 3_000)
    params = replace(
        presets.RUNS["digits-VAE"],
        likelihood="bernoulli",
        encoder=((64,), (64,)) if latent_size == 2 else ((256,), (256,)),
        latent_size=latent_size,
        steps=3_000,
        seed=seed,
        **often,
        **MODELS[model],
    )
    with tempfile.TemporaryDirectory() as folder:
        return vae_tf.train(params, Path(folder) / "run", data=images).model


def by_quadrature(model, images: np.ndarray) -> np.ndarray:
    """Log p(x) `[N]` of images under a model of two latents, by a sum over a grid."""
    side = np.linspace(-6, 6, 241)
    z = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    log_prior = -0.5 * np.square(z).sum(axis=1) - math.log(2 * math.pi)
    weight = log_prior + 2 * math.log(side[1] - side[0])
    return logsumexp(log_likelihoods(model, images, z) + weight[:, None], axis=0)


def log_likelihoods(model, images: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Log p(x|z) of each image at each code, `[codes, images]`."""
    p = np.clip(model.decode(z.astype("float32")).reshape(len(z), -1).astype("f8"), 1e-12, 1)
    q = np.clip(1 - p, 1e-12, 1)
    x = images.reshape(len(images), -1).astype("f8")
    return np.log(p) @ x.T + np.log(q) @ (1 - x).T


def half_from_the_prior(model, images: np.ndarray, num_samples: int, seed: int) -> np.ndarray:
    """Log p(x) `[N]` with weights p(x, z) / (q(z|x) / 2 + p(z) / 2), for Gaussian posteriors."""
    rng = np.random.default_rng(seed)
    mean, log_stddev = (np.asarray(part, "f8") for part in model.encode(images))
    found = []
    for x, m, s in zip(images, mean, log_stddev, strict=True):
        z = rng.standard_normal((num_samples, 2))
        half = num_samples // 2
        z[:half] = m + np.exp(s) * z[:half]
        log_q = -0.5 * np.square((z - m) / np.exp(s)).sum(1) - s.sum() - math.log(2 * math.pi)
        log_p = -0.5 * np.square(z).sum(1) - math.log(2 * math.pi)
        proposal = np.logaddexp(log_q, log_p) - math.log(2)
        weights = log_likelihoods(model, x[None], z)[:, 0] + log_p - proposal
        found.append(logsumexp(weights) - math.log(num_samples))
    return np.array(found)


def on_bars(model: str, seed: int) -> list[dict]:
    """Rows of a model of 3x3 pixels: sums over all images, by quadrature and by samples."""
    found = trained(bars(5_000, np.random.default_rng(0)), 2, model, seed)
    images = every_image()
    test = bars(2_000, np.random.default_rng(1)).reshape(2_000, 9) @ (1 << np.arange(9))
    test = test.astype(int)

    def row(origin, count, log_p, effective=""):
        sums = {"sum": f"{np.exp(log_p).sum():.4f}", "nats": f"{log_p[test].mean():.3f}"}
        key = {"images": "3x3", "model": model, "seed": seed, "from": origin}
        return key | {"num_samples": count} | sums | {"effective_samples": effective}

    rows = [row("quadrature", "", by_quadrature(found, images))]
    for count in SAMPLES:
        nats, effective = metrics.importance_estimates(found, images, count)
        rows.append(row("posterior", count, nats, f"{effective[test].mean():.1f}"))
    if model != "planar flow":
        rows.append(row("half prior", 1_000, half_from_the_prior(found, images, 1_000, seed)))
    return rows


def on_digits(model: str) -> list[dict]:
    """Rows of a model of digits: log p(x) of 200 test images."""
    images = data.load("digits", "all").images(np.arange(1_797)) > 0.5
    order = np.random.default_rng(0).permutation(len(images))
    found = trained(images[order[:1_500]], 8, model, 0)
    rows = []
    for count in SAMPLES:
        nats, effective = metrics.importance_estimates(found, images[order[1_500:1_700]], count)
        key = {"images": "digits", "model": model, "seed": 0, "from": "posterior"}
        rows.append(
            key
            | {"num_samples": count, "sum": "", "nats": f"{nats.mean():.3f}"}
            | {"effective_samples": f"{effective.mean():.1f}"}
        )
    return rows


def groups(images: str) -> dict[tuple, list[dict]]:
    """(model, from, number of samples) -> rows of its seeds."""
    found: dict[tuple, list[dict]] = {}
    for row in read_rows(ROWS):
        if row["images"] == images:
            found.setdefault((row["model"], row["from"], row["num_samples"]), []).append(row)
    return found


def table() -> str:
    """The tables as Markdown: means over seeds ± their standard deviations."""
    lines = [
        "| images | model | samples from | K | seeds | sum over all images | log p(x), nats | "
        "effective samples |",
        f"|{' --- |' * 8}",
    ]
    for images in ("3x3", "digits"):
        for (model, origin, count), rows in groups(images).items():
            cells = [_cell(rows, name, digits) for name, digits in _DIGITS.items()]
            number = f"{int(count):,}" if count else ""
            line = [images, model, origin, number, str(len(rows)), *cells]
            lines.append(f"| {' | '.join(line)} |")
    return "\n".join(lines)


_DIGITS = {"sum": 3, "nats": 2, "effective_samples": 1}


def _cell(rows: list[dict], name: str, digits: int) -> str:
    values = np.array([float(row[name]) for row in rows if row[name]])
    if not len(values):
        return ""
    spread = f" ± {values.std(ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{values.mean():.{digits}f}{spread}"


def draw():
    """Draws the sum of all probabilities, and the log-likelihood of digits, over K."""
    page = Page(
        860,
        330,
        "Samples of the posterior miss most of InfoVAE's p(x)",
        (
            "Left: all 512 images of 3x3 pixels, whose probabilities sum to 1; three seeds.",
            "Right: 200 test images of digits; one seed. Samples are drawn from the posterior.",
        ),
    )
    charts = {
        ("3x3", "sum"): page.chart(
            MARGIN + 40, page.top + 20, 350, 240,
            title="Sum of p(x) over all images", xlabel="samples per image",
        ),
        ("digits", "nats"): page.chart(
            MARGIN + 480, page.top + 20, 350, 240,
            title="log p(x) of digits, nats", xlabel="samples per image",
        ),
    }  # fmt: skip
    for (images, name), axes in charts.items():
        for (model, origin, count), rows in groups(images).items():
            if origin == "posterior" and count == str(SAMPLES[0]):
                by_seed = [
                    [float(row[name]) for row in read_rows(ROWS) if row["images"] == images
                     and row["model"] == model and row["from"] == origin
                     and row["seed"] == seed]
                    for seed in sorted({row["seed"] for row in rows})
                ]  # fmt: skip
                for index, values in enumerate(by_seed):
                    axes.plot(
                        SAMPLES, values, "o-", color=COLORS[model], markersize=4, linewidth=1.5,
                        label=model if index == 0 else None,
                    )  # fmt: skip
        axes.set_xscale("log")
    charts["3x3", "sum"].axhline(1, color=INK, linewidth=0.8)
    charts["3x3", "sum"].legend(frameon=False, fontsize=points(12), labelcolor=FAINT)
    save_figure(PICTURE, page.figure)


def main():
    """Trains, measures and draws what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="measure nothing")
    if not parser.parse_args().table:
        done = {(row["images"], row["model"], row["seed"]) for row in read_rows(ROWS)}
        for seed in range(SEEDS):
            for model in MODELS:
                if ("3x3", model, str(seed)) not in done:
                    add_rows(ROWS, COLUMNS, on_bars(model, seed))
        for model in MODELS:
            if ("digits", model, "0") not in done:
                add_rows(ROWS, COLUMNS, on_digits(model))
        draw()
    print(table())


if __name__ == "__main__":
    main()
