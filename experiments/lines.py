"""Interpolations between lines, the benchmark of ACAI: `python experiments/lines.py`.

    python experiments/lines.py            trains and measures what is missing, and draws
    python experiments/lines.py --figure   draws images/gallery/lines_interpolations.png

Rows are kept in experiments/lines.csv, the interpolations that are drawn, of seed 0, in
experiments/lines.npz. experiments/tables.py writes the table of docs/results/lines.md.
"""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from csv_rows import add_rows, read_rows  # noqa: E402
from page_tables import spread  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
WAYS = Path(__file__).with_suffix(".npz")
FIGURE = ROOT / "images" / "gallery" / "lines_interpolations.png"
SEEDS = 3
PAIRS, STEPS = 256, 16  # of the authors' code
SHOWN = 0  # the pair in the figure: the first one
COLUMNS = ("model", "seed", "steps", "mean_distance", "smoothness", "squared_error")
# Name in the paper's table -> preset, and the published mean distance x 1000, as far as it was had.
MODELS = {
    "plain": ("lines-plain-AE", None),
    "dropout": ("lines-dropout-AE", None),
    "denoising": ("lines-denoising-AE", None),
    "VAE": ("lines-VAE", 1.21),
    "AAE": ("lines-AAE", 3.26),
    "VQ-VAE": ("lines-VQ-VAE", 5.41),
    "ACAI": ("lines-ACAI", 0.24),
    "GAIA": ("lines-GAIA", None),
}


def ends_of(model, images: np.ndarray) -> tuple:
    """Codes `[N, L]` of images, and the function that draws the images of codes on their ways.

    The way between maps of discrete codes is straight between outputs of the encoder. Each of its
    points is quantized before it is decoded, as in the authors' `vqvae.py`.
    """
    from vae_tf.models.template.code_maps import CodeMapModel

    if not isinstance(model, CodeMapModel):
        return model.encode(images)[0], model.decode
    return model.encoder.predict(images, verbose=0)[0], lambda z: model.decode(
        model.to_codes(z, training=False).quantized
    )


def interpolations(codes: np.ndarray, decode) -> np.ndarray:
    """Images `[P, S, H, W, C]` on straight ways between the first and the second half of codes."""
    share = np.linspace(0, 1, STEPS)[None, :, None]
    first, last = codes[:PAIRS, None], codes[PAIRS : 2 * PAIRS, None]
    way = ((1 - share) * first + share * last).reshape(-1, codes.shape[-1])
    images = decode(way.astype("float32"))
    return images.reshape(PAIRS, STEPS, *images.shape[1:])


def measured(name: str, seed: int) -> tuple[dict, np.ndarray]:
    """Row of a run that is trained here, and the images of the pair that is shown."""
    import params as presets
    import vae_tf
    from vae_tf import data, metrics
    from vae_tf.config import replace

    params = replace(presets.RUNS[MODELS[name][0]], seed=seed)
    held_out = data.load("lines", "validation", validation=params.validation)
    images = held_out.images(np.arange(2 * PAIRS))
    lines = data.load("lines", "all").images(np.arange(10_000))
    with tempfile.TemporaryDirectory() as folder:
        run = vae_tf.train(params, Path(folder) / "run")
    ways = interpolations(*ends_of(run.model, images))
    scores = metrics.line_interpolation_scores(ways, lines)
    error = np.square(images - run.model.reconstruct(images)).sum(axis=(1, 2, 3)).mean()
    row = {"model": name, "seed": seed, "steps": params.steps}
    row |= {name: f"{value:.6f}" for name, value in scores.items()}
    return row | {"squared_error": f"{error:.4f}"}, ways[SHOWN]


def measure():
    """Trains and measures what is missing, and keeps each row at once."""
    rows = read_rows(ROWS)
    for seed in range(SEEDS):
        for name in MODELS:
            if any((row["model"], row["seed"]) == (name, str(seed)) for row in rows):
                continue
            row, shown = measured(name, seed)
            print(row, flush=True)
            add_rows(ROWS, COLUMNS, [row])
            if seed == 0:
                keep(name, shown)


def kept() -> dict[str, np.ndarray]:
    """The interpolation of each model that is drawn, `[S, 32, 32]` of 256 grey levels."""
    if not WAYS.exists():
        return {}
    with np.load(WAYS) as arrays:
        return dict(arrays)


def keep(name: str, images: np.ndarray):
    """Adds the interpolation of a model to those that are drawn."""
    pixels = np.round(255 * images[..., 0]).astype(np.uint8)
    np.savez_compressed(WAYS, **kept() | {name: pixels})


def figure():
    """Draws one interpolation of each model, below a perfect one and overlaid ends."""
    from matplotlib.figure import Figure

    from vae_tf import data
    from vae_tf.data.lines import render
    from vae_tf.plots.grids import image_grid
    from vae_tf.plots.saving import save_figure

    held_out = data.load("lines", "validation", validation=2 * PAIRS)
    ends = held_out.images(np.array([SHOWN, SHOWN + PAIRS]))[..., 0]
    lines = data.load("lines", "all").images(np.arange(10_000))[..., 0]
    first, last = (2 * np.pi * np.abs(lines - end).sum(axis=(1, 2)).argmin() / 1e4 for end in ends)
    turn = (last - first + np.pi) % (2 * np.pi) - np.pi
    share = np.linspace(0, 1, STEPS)
    rows = {"perfect": render(first + share * turn)}
    rows["ends overlaid"] = (1 - share)[:, None, None] * ends[0] + share[:, None, None] * ends[1]
    rows |= {name: images / 255 for name, images in kept().items()}
    figure = Figure(figsize=(9.5, 0.58 * len(rows)), dpi=90, layout="constrained")
    for axes, (name, images) in zip(figure.subplots(len(rows)), rows.items(), strict=True):
        axes.imshow(image_grid(images[..., None], STEPS, tile=32)[..., 0], cmap="gray")
        axes.set(xticks=[], yticks=[])
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
        axes.spines[:].set_visible(False)
    save_figure(FIGURE, figure)


def main():
    """Measures, or draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", action="store_true", help="draw, train nothing")
    if not parser.parse_args().figure:
        measure()
    figure()


def table() -> str:
    """Scores of all models beside the published ones, as Markdown."""
    lines = [
        "| model | seeds | mean distance x 1000 | published | smoothness | squared error |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rows = read_rows(ROWS)
    for name, (_, published) in MODELS.items():
        own = [row for row in rows if row["model"] == name]
        if not own:
            continue
        cells = [
            spread([1000 * float(row["mean_distance"]) for row in own]),
            "" if published is None else f"{published}",
            spread([float(row["smoothness"]) for row in own]),
            spread([float(row["squared_error"]) for row in own]),
        ]
        lines.append(f"| {name} | {len(own)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
