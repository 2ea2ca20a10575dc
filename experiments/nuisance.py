"""Invariant or equivariant? `python experiments/nuisance.py`.

Sprites of 32x32 pixels with something that does not matter to their factors: noise of one of four
strengths, one of eight colors, or one of eight emoji behind them. VAEs of three KL weights learn
from each; then it is measured what part of the nuisance's entropy the codes contain, and what part
of the factors' (`neighbor_information`, mean over shape, scale and position). A code that ignores
the nuisance is invariant to it, one that contains it is equivariant.

Restartable: a training that was stopped resumes. The table is written to experiments/nuisance.json,
the picture to images/gallery/nuisance.png.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from matplotlib.colors import hsv_to_rgb  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import data, train  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.data import ArrayImages  # noqa: E402
from vae_tf.plots.grids import image_grid  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.presets.sprites import by_adam  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.scores.neighbor_information import neighbor_information  # noqa: E402

WEIGHTS = (1.0, 4.0, 16.0)
FACTORS = ("shape", "scale", "x", "y")
_SIDE, _TRAIN, _TEST, _SHOWN = 32, 20_000, 4_000, 4


def none(x, values, rng):
    """Sprites as they are."""
    return x


def noise(x, values, rng):
    """Gaussian noise of standard deviation 0, 0.1, 0.2 or 0.3, cut to [0, 1]."""
    stddev = 0.1 * values[:, None, None, None]
    return np.clip(x + stddev * rng.standard_normal(x.shape), 0, 1)


def color(x, values, rng):
    """A sprite of one of eight hues on black."""
    hues = np.stack([values / 8, np.ones(len(values)), np.ones(len(values))], axis=1)
    return x * hsv_to_rgb(hues)[:, None, None]


def picture(x, values, rng):
    """A white sprite on one of eight emoji at half brightness."""
    rows = np.linspace(0, 3_700, 8).astype(int)
    behind = 0.5 * data.load("emoji", "all", _SIDE).images(rows)
    return np.where(x > 0.5, x, behind[values])


NUISANCES = {"none": (none, 1), "noise": (noise, 4), "color": (color, 8), "picture": (picture, 8)}


def drawn(name: str, count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images `[count, 32, 32, C]` as bytes, their factors and the values of the nuisance."""
    rng = np.random.default_rng(seed)
    sprites = data.load("sprites", image_size=_SIDE)
    factors = sprites.sample_factors(count, rng)
    add, num_values = NUISANCES[name]
    values = rng.integers(num_values, size=count)
    images = add(sprites.images_of(factors), values, rng)
    columns = [sprites.factor_names.index(factor) for factor in FACTORS]
    return np.round(255 * images).astype("uint8"), factors[:, columns], values


def folder_of(name: str, weight: float, options) -> Path:
    """Where the run of a nuisance and a weight is."""
    return options.predictions / f"nuisance-{name}-{weight:g}-{options.steps}"


def measured(name: str, weight: float, options) -> dict:
    """Information of a run's codes about the factors and the nuisance."""
    x, _, _ = drawn(name, _TRAIN, 0)
    test, factors, values = drawn(name, _TEST, 1)
    run_params = replace(
        by_adam(presets.RUNS["sprites-VAE"]), kl_weight=weight, model="beta_vae",
        dataset="sprites", image_size=_SIDE, encoder=((256,), (256,)), steps=options.steps,
        sample_steps=(), sample_every=options.steps, validate_every=options.steps,
    )  # fmt: skip
    folder = folder_of(name, weight, options)
    own = ArrayImages("own", x), ArrayImages("own", test[:500], split="validation")
    run = train(run_params, folder, resume=(folder / "params.json").exists(), data=own)
    codes, _ = run.model.encode(test / 255.0)
    return {
        "factors": float(np.mean([neighbor_information(codes, column) for column in factors.T])),
        "nuisance": neighbor_information(codes, values),
    }


def alone(name: str) -> tuple[float, float, float]:
    """Part of the pixels that the nuisance alone explains, whatever the sprite.

    Returns:
        Its part of the pixels' variance; the nats per image that a Bernoulli decoder saves that
        knows it and nothing else; and the nats that encoding it takes.
    """
    x, _, values = drawn(name, _TEST, 1)
    x = x / 255.0
    means = np.stack([x[values == value].mean(axis=0) for value in np.unique(values)])
    shares = np.bincount(values) / len(values)
    between = shares @ np.square(means - x.mean(axis=0)).reshape(len(means), -1)

    def nats(p):
        p = np.clip(p, 1e-12, 1 - 1e-12)
        return -(p * np.log(p) + (1 - p) * np.log(1 - p)).reshape(*p.shape[:-3], -1).sum(axis=-1)

    saved = nats(x.mean(axis=0)) - shares @ nats(means)
    return float(between.sum() / x.var(axis=0).sum()), float(saved), float(np.log(len(means)))


def figure_of(table: dict, options) -> Figure:
    """Images and their reconstructions at each weight, beside the information of codes."""
    figure = Figure((13, 5.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.35, 1))
    grid = left.subplots(len(table), 1)
    for axes, name in zip(grid, table, strict=True):
        x = drawn(name, _TEST, 1)[0][:_SHOWN] / 255.0
        rows = [x] + [Run(folder_of(name, weight, options)).model.reconstruct(x)
                      for weight in WEIGHTS]  # fmt: skip
        # Each image beside its reconstructions.
        tiles = np.stack(rows, axis=1).reshape(-1, *x.shape[1:])
        axes.imshow(image_grid(tiles, len(tiles), tile=_SIDE))
        axes.set_axis_off()
        axes.set_title(name, loc="left", size=11)
    left.suptitle(f"{_SHOWN} images, each with its reconstructions at weights 1, 4 and 16", size=12)
    axes = right.subplots()
    for name, color in zip(table, ("grey", "#0072b2", "#d55e00", "#009e73"), strict=True):
        told = [[each["factors"], each["nuisance"]] for each in table[name].values()]
        x, y = np.array(told).T
        axes.plot(x, y, "-", color=color, label=name)
        for place, size in zip(zip(x, y, strict=True), (30, 80, 180), strict=True):
            axes.scatter(*place, size, color=color)
    axes.set(xlabel="part of the factors' entropy in the codes (a lower bound)",
             ylabel="part of the nuisance's entropy", ylim=(-0.08, 1.05),
             title="Small to large dots: KL weights 1, 4, 16")  # fmt: skip
    axes.legend(frameon=False, loc="center left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def main():
    """Trains, measures, draws and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    options = parser.parse_args()
    store = Path(__file__).with_suffix(".json")
    table = json.loads(store.read_text()) if store.exists() else {}
    for name in NUISANCES:
        part, saved, taken = alone(name)
        print(f"{name}: {part:.2f} of the variance; {saved:.0f} nats saved by {taken:.1f} nats")
        for weight in WEIGHTS:
            by_weight = table.setdefault(name, {})
            if f"{weight:g}" not in by_weight:
                by_weight[f"{weight:g}"] = measured(name, weight, options)
                write_text(store, json.dumps(table, indent=1) + "\n")
            told = by_weight[f"{weight:g}"]
            print(f"{name:8} weight {weight:4g}: factors {told['factors']:.2f}, "
                  f"nuisance {told['nuisance']:.2f}", flush=True)  # fmt: skip
    save_figure(ROOT / "images" / "gallery" / "nuisance.png", figure_of(table, options))


if __name__ == "__main__":
    main()
