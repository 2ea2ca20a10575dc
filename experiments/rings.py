"""How far codes are from the origin, and a ring as control: `python experiments/rings.py`.

    python experiments/rings.py             trains, measures, draws
    python experiments/rings.py --table     the table alone, from experiments/rings.csv

The radius |z| of N(0, I) in L dimensions is close to the root of L: samples of a prior are on a
shell. Where do codes are? A VAE and a plain autoencoder of 2, 10 and 50 latents, digits, 3,000
steps, seed 0; N(0, I), and one Gaussian, ten Gaussians and a flow fitted to the codes.

The control is a density that is known: z / 10 + z / |z| makes a ring of N(0, I) (Doersch 2016,
"Tutorial on Variational Autoencoders", Fig. 2, https://arxiv.org/abs/1606.05908). The same
densities are fitted to 5,000 of its points; the KL from the ring is measured on 20,000 others.
"""

import argparse
import csv
import math
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, SKY, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.priors.code_flow import fit_flow  # noqa: E402
from vae_tf.priors.code_mixture import fit_mixture  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
PICTURE = ROOT / "images" / "gallery" / "rings.png"
SIZES = (2, 10, 50)
MODELS = {"VAE": {}, "autoencoder": {"model": "plain_ae", "kl_weight": 0.0}}
COLORS = {"one Gaussian": SKY, "ten Gaussians": BLUE, "flow": ORANGE}
SAMPLES = 5_000
COLUMNS = ("codes", "latents", "density", "radius", "spread", "distance", "kl")


def ring(z: np.ndarray) -> np.ndarray:
    """Points of the ring `[N, L]`, from points z: z / 10 + z / |z|."""
    return z / 10 + z / np.linalg.norm(z, axis=1, keepdims=True)


def ring_log_prob(x: np.ndarray) -> np.ndarray:
    """Log-density `[N]` of the ring at points `[N, L]`, in nats; minus infinity within radius 1.

    The radius is 1 + r / 10, r the radius of N(0, I); directions are uniform.
    """
    size = x.shape[1]
    radius = np.linalg.norm(x, axis=1)
    r = 10 * np.maximum(radius - 1, 0)
    with np.errstate(divide="ignore"):
        log_r = np.log(r)
    chi = (size - 1) * log_r - r**2 / 2 - (size / 2 - 1) * math.log(2) - math.lgamma(size / 2)
    area = math.log(2) + size / 2 * math.log(math.pi) - math.lgamma(size / 2)
    return chi + math.log(10) - area - (size - 1) * np.log(radius)


def fitted(mean: np.ndarray, log_stddev: np.ndarray | None) -> dict:
    """One Gaussian, ten of them and a flow, fitted to posteriors or points."""
    codes = drawn(mean, log_stddev)
    return {
        "one Gaussian": fit_mixture(codes, num_components=1),
        "ten Gaussians": fit_mixture(codes),
        "flow": fit_flow(mean, log_stddev),
    }


def drawn(mean: np.ndarray, log_stddev: np.ndarray | None) -> np.ndarray:
    """A sample of each posterior; the points themselves where there is no noise."""
    if log_stddev is None:
        return mean
    return mean + np.exp(log_stddev) * np.random.default_rng(0).standard_normal(mean.shape)


def codes_of(model: str, size: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Posteriors of the training images: means and log standard deviations, or points."""
    often = dict.fromkeys(("validate_every", "sample_every", "checkpoint_every"), 3_000)
    params = replace(
        presets.RUNS["digits-VAE"], latent_size=size, steps=3_000, **often, **MODELS[model]
    )
    with tempfile.TemporaryDirectory() as folder:
        run = vae_tf.train(params, Path(folder) / "run")
        _, mean, log_stddev = run.training_codes
    return mean, None if model == "autoencoder" else log_stddev


def radii(codes: np.ndarray) -> np.ndarray:
    """|z| of codes `[N, L]`, over the root of L: about 1 for N(0, I)."""
    return np.linalg.norm(codes, axis=1) / math.sqrt(codes.shape[1])


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Largest difference of two cumulative distributions, 0 to 1 (Kolmogorov & Smirnov)."""
    every = np.concatenate([one, other])
    below = [
        np.searchsorted(np.sort(values), every, side="right") / len(values)
        for values in (one, other)
    ]
    return float(np.abs(below[0] - below[1]).max())


def row(codes: str, latents: int, density: str, found: np.ndarray, own: np.ndarray, kl="") -> dict:
    """A row: radii of a density beside the codes' radii."""
    return {
        "codes": codes,
        "latents": latents,
        "density": density,
        "radius": f"{found.mean():.3f}",
        "spread": f"{found.std():.3f}",
        "distance": f"{apart(found, own):.3f}",
        "kl": kl,
    }


def measure() -> tuple[list[dict], dict, dict]:
    """Rows, radii by (model, latents) and density, and points of the ring by density."""
    rows, by_codes = [], {}
    for model in MODELS:
        for size in SIZES:
            posteriors = codes_of(model, size)
            own = radii(drawn(*posteriors))
            rng = np.random.default_rng(1)
            found = {"codes": own, "N(0, I)": radii(rng.standard_normal((SAMPLES, size)))}
            for name, density in fitted(*posteriors).items():
                found[name] = radii(density.sample(SAMPLES, np.random.default_rng(1)))
            by_codes[model, size] = found
            rows += [row(model, size, name, each, own) for name, each in found.items()]
    seen, unseen = (
        ring(np.random.default_rng(seed).standard_normal((n, 2)))
        for seed, n in ((0, SAMPLES), (1, 20_000))
    )
    exact, shown = ring_log_prob(unseen), {"the ring": seen}
    own = radii(unseen)
    for name, density in fitted(seen, None).items():
        shown[name] = density.sample(SAMPLES, np.random.default_rng(1))
        ratio = exact - log_prob(density, unseen)
        kl = f"{ratio.mean():.3f} ± {ratio.std() / len(ratio) ** 0.5:.3f}"
        rows.append(row("the ring", 2, name, radii(shown[name]), own, kl))
    return rows, by_codes, shown


def log_prob(density, x: np.ndarray) -> np.ndarray:
    """Log-density `[N]` of a fitted density, in nats."""
    if hasattr(density, "log_prob"):
        return density.log_prob(x)
    from scipy.special import logsumexp
    from scipy.stats import multivariate_normal

    parts = [
        math.log(weight) + multivariate_normal(mean, factor @ factor.T).logpdf(x)
        for weight, mean, factor in zip(*density[:3], strict=True)
    ]
    return logsumexp(parts, axis=0)


def draw(by_codes: dict, shown: dict):
    """Draws radii of codes and densities, and the ring with what was fitted to it."""
    page = Page(
        1_000,
        880,
        "Where codes are, and what each prior makes of it",
        (
            "Distance of a code from the origin over the root of the number of latents, log scale: "
            "N(0, I) is at 1.",
            "Digits, 3,000 steps, one seed. Below, a density that is known: z / 10 + z / |z|.",
        ),
    )
    edges = np.geomspace(0.05, 30, 80)
    for row_index, model in enumerate(MODELS):
        for column, size in enumerate(SIZES):
            axes = page.chart(
                MARGIN + 12 + column * 335, page.top + 20 + row_index * 270, 300, 190,
                title=f"{model}, {size} latents",
                xlabel="distance from 0 / root of L" if row_index else "",
            )  # fmt: skip
            found = by_codes[model, size]
            axes.hist(found["codes"], edges, color="#c9ced4", label="codes")
            scale = len(found["codes"]) / SAMPLES
            lines = {"N(0, I)": INK} | COLORS
            for name, color in lines.items():
                counts, _ = np.histogram(found[name], edges)
                middle = np.sqrt(edges[1:] * edges[:-1])
                style = "--" if name == "N(0, I)" else "-"
                axes.plot(middle, counts * scale, style, color=color, linewidth=1.4, label=name)
            axes.set_xscale("log")
            axes.set_xticks([0.1, 0.3, 1, 3, 10], ["0.1", "0.3", "1", "3", "10"])
            axes.minorticks_off()
            axes.set_yticks([])
            if row_index == column == 0:
                axes.legend(frameon=False, fontsize=points(11), labelcolor=FAINT, loc="upper left")
    for column, (name, x) in enumerate(shown.items()):
        axes = page.chart(MARGIN + 12 + column * 250, page.top + 580, 225, 225, title=name)
        axes.plot(*x[:1_500].T, ".", markersize=1.6, color=COLORS.get(name, INK))
        axes.set(xlim=(-2, 2), ylim=(-2, 2), xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    save_figure(PICTURE, page.figure)


def table() -> str:
    """The table as Markdown."""
    with ROWS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [
        "| codes | latents | density | radius | its standard deviation | apart | KL, nats |",
        f"|{' --- |' * 7}",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(row.values())} |" for row in rows)])


def main():
    """Trains, measures and draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="measure nothing")
    if not parser.parse_args().table:
        rows, by_codes, shown = measure()
        with ROWS.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        draw(by_codes, shown)
    print(table())


if __name__ == "__main__":
    main()
