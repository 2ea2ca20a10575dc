"""Interpolations between lines, the benchmark of ACAI: `python experiments/lines.py`.

    python experiments/lines.py            trains and measures what is missing, and draws
    python experiments/lines.py --figure   draws images/gallery/lines_interpolations.png

Rows are kept in experiments/lines.csv. The picture shows seed 0 and one of the 256 pairs, the pair
whose ends are turned by the median of all turns. Its interpolations are kept in
experiments/lines.npz; without this file seed 0 is trained again. experiments/tables.py writes the
table of docs/results/lines.md.
"""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from csv_rows import read_rows, write_rows  # noqa: E402
from page_tables import spread  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
WAYS = Path(__file__).with_suffix(".npz")
FIGURE = ROOT / "images" / "gallery" / "lines_interpolations.png"
SEEDS = 3
PAIRS, STEPS = 256, 16  # of the authors' code
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


def turns_of(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Angle of the first line of each pair, and the shorter turn to its second line.

    Args:
        images: `[2 P, H, W, C]` lines; pair k is the lines k and P + k.

    Returns:
        Angles `[P]` and turns `[P]` from -pi to pi, in radians.
    """
    from vae_tf.data.lines import render

    angles = 2 * np.pi * np.arange(10_000) / 10_000
    lines = render(angles).reshape(len(angles), -1)
    products = images.reshape(len(images), -1) @ lines.T
    nearest = (np.square(lines).sum(axis=1) - 2 * products).argmin(axis=1)
    first, last = np.split(angles[nearest], 2)
    return first, (last - first + np.pi) % (2 * np.pi) - np.pi


def typical_pair(turns: np.ndarray) -> int:
    """The pair whose turn, in either direction, is nearest to the median of all pairs."""
    sizes = np.abs(turns)
    return int(np.abs(sizes - np.median(sizes)).argmin())


def held_out_lines() -> np.ndarray:
    """The images `[512, 32, 32, 1]` of the 256 pairs, in random order.

    Held-out rows are sorted by angle: without the shuffle all pairs would be nearly opposite. The
    authors draw both angles of a pair at random.
    """
    from vae_tf import data

    held_out = data.load("lines", "validation", validation=2 * PAIRS)
    return held_out.images(np.random.default_rng(0).permutation(2 * PAIRS))


def measured(name: str, seed: int) -> tuple[dict, np.ndarray]:
    """Row of a run that is trained here, and the images of the pair that is shown."""
    import params as presets
    import vae_tf
    from vae_tf import data, metrics
    from vae_tf.config import replace

    params = replace(presets.RUNS[MODELS[name][0]], seed=seed)
    images = held_out_lines()
    lines = data.load("lines", "all").images(np.arange(10_000))
    with tempfile.TemporaryDirectory() as folder:
        run = vae_tf.train(params, Path(folder) / "run")
    ways = interpolations(*ends_of(run.model, images))
    scores = metrics.line_interpolation_scores(ways, lines)
    error = np.square(images - run.model.reconstruct(images)).sum(axis=(1, 2, 3)).mean()
    row = {"model": name, "seed": seed, "steps": params.steps}
    row |= {name: f"{value:.6f}" for name, value in scores.items()}
    return row | {"squared_error": f"{error:.4f}"}, ways[typical_pair(turns_of(images)[1])]


def measure():
    """Trains and measures what is missing, and keeps each row at once."""
    for seed in range(SEEDS):
        for name in MODELS:
            rows = {(row["model"], row["seed"]): row for row in read_rows(ROWS)}
            if (name, str(seed)) in rows and (seed > 0 or name in kept()):
                continue
            row, shown = measured(name, seed)
            print(row, flush=True)
            write_rows(ROWS, COLUMNS, (rows | {(name, str(seed)): row}).values())
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
    from vae_tf.data.lines import render
    from vae_tf.plots.grids import image_grid
    from vae_tf.plots.page import MARGIN, Page
    from vae_tf.plots.saving import save_figure

    images = held_out_lines()
    first, turns = turns_of(images)
    pair = typical_pair(turns)
    share = np.linspace(0, 1, STEPS)
    ways = {"perfect": render(first[pair] + share * turns[pair])}
    ends = images[[pair, PAIRS + pair], ..., 0]
    ways["ends overlaid"] = np.tensordot(np.stack([1 - share, share], axis=1), ends, axes=1)
    ways |= {name: kept()[name] / 255 for name in MODELS if name in kept()}

    strips = {
        name: image_grid(np.repeat(way[..., None], 3, axis=-1), STEPS, tile=48)
        for name, way in ways.items()
    }
    height, width = next(iter(strips.values())).shape[:2]
    names, between = 110, 6
    turn, median = np.rad2deg(np.abs([turns[pair], np.median(np.abs(turns))]))
    page = Page(
        names + width,
        24 + len(ways) * (height + between),
        "Interpolations between two lines",
        (
            f"Straight ways of {STEPS} images between the codes of two held-out lines; the models "
            f"of seed 0.",
            f"The lines are {turn:.0f} degrees apart. The pair is the one nearest to the median of "
            f"{PAIRS} pairs, {median:.0f} degrees.",
        ),
    )
    left = MARGIN + names
    page.text(left, page.top, "first line")
    page.text(left + width, page.top, "second line", ha="right")
    for row, (name, strip) in enumerate(strips.items()):
        top = page.top + 24 + row * (height + between)
        page.text(left - 10, top + height / 2, name, ha="right", va="center")
        page.picture(left, top, strip, name)
    save_figure(FIGURE, page.figure)


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
