"""The length of codes, and of what priors draw: `python experiments/rings.py`.

In L dimensions the length |z| of N(0, I) follows a chi distribution: its density is concentrated
near the square root of L, on a ring. VAEs on digits with 2, 10 and 50 latents are trained for 2,000
steps, seed 0; their codes are samples of q(z|x) of all training images. The control, z / 10 +
z / |z| of a normal z, is on a ring of radius 1 in two dimensions, which a mixture and a flow are
fitted to. Quantiles are kept in experiments/rings.csv; the picture is images/gallery/rings.png.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402
from csv_rows import read_rows, write_rows  # noqa: E402
from scipy import stats  # noqa: E402

import vae_tf  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.presets import runs  # noqa: E402
from vae_tf.priors.code_flow import fit_flow  # noqa: E402
from vae_tf.priors.code_mixture import fit_mixture  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
PICTURE = ROOT / "images" / "gallery" / "rings.png"
COLUMNS = ("latents", "codes_of", "low", "median", "high")
SIZES = (2, 10, 50)
STEPS = 2_000
SAMPLES = 5_000
COLORS = {"codes": INK, "mixture": ORANGE, "flow": BLUE, "vamp": "#009e73"}
_QUANTILES = (0.05, 0.5, 0.95)


def ring(noise: np.ndarray) -> np.ndarray:
    """Z / 10 + z / |z|: `[N, L]` normal noise on a ring of radius 1."""
    return noise / 10 + noise / np.linalg.norm(noise, axis=1, keepdims=True)


def posterior_samples(run, rng) -> tuple[np.ndarray, np.ndarray]:
    """Codes of all training images, and their log standard deviations."""
    images = run.data.images(np.arange(len(run.data)))
    mean, log_stddev = run.model.encode(images)
    return mean + np.exp(log_stddev) * rng.standard_normal(mean.shape), log_stddev


def lengths(size: int, folder: Path) -> dict[str, np.ndarray]:
    """|z| of codes of a VAE with so many latents, and of samples of the priors fitted to them."""
    rng = np.random.default_rng(0)
    params = replace(
        runs()["digits-VAE"], latent_size=size, steps=STEPS, sample_every=STEPS,
        validate_every=STEPS,
    )  # fmt: skip
    run = vae_tf.train(params, folder / f"normal-{size}")
    drawn = {
        "codes": posterior_samples(run, rng)[0],
        "mixture": run.code_mixture.sample(SAMPLES, rng),
        "flow": run.code_flow.sample(SAMPLES, rng),
    }
    vamp = vae_tf.train(replace(params, prior="vamp"), folder / f"vamp-{size}").model
    drawn["vamp"] = vamp.sample_prior(SAMPLES, rng)
    return {name: np.linalg.norm(z, axis=1) for name, z in drawn.items()}


def summary(size: int, name: str, values) -> dict:
    """A row: quantiles of |z|."""
    low, middle, high = (f"{value:.3f}" for value in values)
    return {"latents": size, "codes_of": name, "low": low, "median": middle, "high": high}


def on_ring() -> dict[str, np.ndarray]:
    """The ring, and samples of a mixture and a flow that are fitted to it."""
    rng = np.random.default_rng(0)
    codes = ring(rng.standard_normal((SAMPLES, 2))).astype("float32")
    return {
        "ring": codes,
        "mixture": fit_mixture(codes).sample(SAMPLES, rng),
        "flow": fit_flow(codes).sample(SAMPLES, rng),
    }


def draw(found: dict[int, dict[str, np.ndarray]], control: dict[str, np.ndarray]):
    """Draws densities of |z| above, and the control in two dimensions below."""
    width, height = 330, 250
    page = Page(
        3 * (width + 40),
        2 * (height + 80),
        "Codes are on a ring. Which prior finds it?",
        (
            f"Above: |z| of N(0, I), filled; of codes of training digits; of samples of priors. "
            f"VAEs with 2, 10 and 50 latents, {STEPS:,} steps, seed 0.",
            "Below: z / 10 + z / |z| in two dimensions, and what is fitted to it.",
        ),
    )
    for column, (size, drawn) in enumerate(found.items()):
        axes = page.chart(
            MARGIN + 20 + column * (width + 40), page.top + 30, width, height,
            title=f"{size} latents", xlabel="|z|",
        )  # fmt: skip
        most = max(stats.chi(size).ppf(0.9999), *(np.quantile(v, 0.995) for v in drawn.values()))
        grid = np.linspace(0, most, 300)
        axes.fill_between(grid, stats.chi(size).pdf(grid), color="#dddddd", label="N(0, I)")
        for name, values in drawn.items():
            kept = values[values < most]
            axes.plot(
                grid, stats.gaussian_kde(kept)(grid), color=COLORS[name], linewidth=1.5, label=name
            )
        axes.set_ylim(bottom=0)
        axes.set_yticks([])
        if column == 0:
            axes.legend(frameon=False, fontsize=points(12))
    for column, (name, codes) in enumerate(control.items()):
        axes = page.chart(
            MARGIN + 20 + column * (width + 40), page.top + height + 110, height, height,
            title=name if name == "ring" else f"{name}, fitted to the ring",
        )  # fmt: skip
        axes.scatter(*codes[:2_000].T, s=2, color=COLORS.get(name, FAINT))
        axes.set_xlim(-1.8, 1.8)
        axes.set_ylim(-1.8, 1.8)
    save_figure(PICTURE, page.figure)


def table() -> str:
    """Return the rows as Markdown."""
    lines = ["| latents | codes of | 5 % | median | 95 % |", "| --- " * 5 + "|"]
    for row in read_rows(ROWS):
        lines.append(f"| {' | '.join(row[column] for column in COLUMNS)} |")
    return "\n".join(lines)


def main():
    """Trains, fits, keeps quantiles and draws."""
    with tempfile.TemporaryDirectory() as folder:
        found = {size: lengths(size, Path(folder)) for size in SIZES}
    control = on_ring()
    rows = []
    for size, drawn in found.items():
        rows.append(summary(size, "N(0, I)", stats.chi(size).ppf(_QUANTILES)))
        rows += [summary(size, name, np.quantile(z, _QUANTILES)) for name, z in drawn.items()]
    ends = {name: np.quantile(np.linalg.norm(z, axis=1), _QUANTILES) for name, z in control.items()}
    rows += [summary(2, f"{name} (control)", q) for name, q in ends.items()]
    write_rows(ROWS, COLUMNS, rows)
    draw(found, control)
    print(table())


if __name__ == "__main__":
    main()
