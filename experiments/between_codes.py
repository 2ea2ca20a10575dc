"""Paths between two codes, by beta, and a circle of hues: `python experiments/between_codes.py`.

    python experiments/between_codes.py            measures what is missing, and draws
    python experiments/between_codes.py --figure   draws the scores from rows that are committed
    python experiments/between_codes.py --hues     trains models of hues again, and draws them

Digits: a dense VAE of 8 latents, 1,500 steps, each beta and seed. Discs: 16x16, of 256 hues.
Rows are kept in experiments/between_codes.csv; experiments/tables.py writes the tables of
docs/results/between_codes.md from them.
"""

import argparse
import colorsys
from pathlib import Path

import numpy as np
import tiny_models
from number_table import GALLERY, Table

from vae_tf.config import replace
from vae_tf.metrics import convexity, jacobian_norms, path_smoothness
from vae_tf.scores.directions import path_codes

ROWS = Path(__file__).with_suffix(".csv")
BETAS = (0, 0.25, 0.5, 1, 2, 4)
SEEDS = 3
PAIRS = 148
STEPS = 17  # images on a way, both ends included
WAYS = ("straight", "spherical", "flow")
NUM_HUES = 256
HUE_MODELS = {"ae": 0, "VAE": 1, "beta 4": 4}


def ways_between(mean, log_stddev, ends: np.ndarray, kind: str) -> np.ndarray:
    """Codes `[P, S, L]` on ways between ends `[P, 2, L]`.

    A way under the flow is spherical in the noise that the flow, fitted to codes of training
    images, makes codes of.
    """
    if kind != "flow":
        return np.stack([path_codes(first, last, STEPS, kind) for first, last in ends])
    from vae_tf.priors.code_flow import fit_flow

    flow = fit_flow(mean, log_stddev, steps=400)
    noise = flow.noise_of(ends.reshape(-1, ends.shape[-1])).reshape(ends.shape)
    paths = [path_codes(first, last, STEPS, "spherical") for first, last in noise]
    return flow.codes_of(np.concatenate(paths)).reshape(len(ends), STEPS, -1)


def of_beta(table: Table, beta: float, seed: int):
    """Convexity and smoothness of one model on digits."""
    images, _, test, _ = tiny_models.digits()
    model, _ = tiny_models.trained(tiny_models.of_beta(beta, seed=seed), images)
    mean, log_stddev = model.encode(images)
    codes = model.encode(test)[0]
    ends = np.stack([codes[:PAIRS], codes[PAIRS : 2 * PAIRS]], axis=1)
    values = dict(tiny_models.averages(model, test))
    values["jacobian"] = jacobian_norms(model.decode, codes).mean()
    # Relative to the spread of the codes: how much the image changes in one of its deviations.
    scaled = jacobian_norms(lambda z: model.decode(z * mean.std(axis=0)), codes / mean.std(axis=0))
    values["jacobian_scaled"] = scaled.mean()
    values["convexity_reconstructions"] = convexity(model.reconstruct(test), images, test)
    for kind in WAYS:
        ways = ways_between(mean, None if beta == 0 else log_stddev, ends, kind)
        drawn = model.decode(ways.reshape(-1, ways.shape[-1]).astype("float32"))
        drawn = drawn.reshape(PAIRS, STEPS, 8, 8, 1)
        values[f"convexity_{kind}"] = convexity(drawn[:, STEPS // 2], images, test)
        values |= {f"{name}_{kind}": v for name, v in path_smoothness(drawn).items()}
    overlaid = 0.5 * (test[:PAIRS] + test[PAIRS : 2 * PAIRS])
    values["convexity_overlaid"] = convexity(overlaid, images, test)
    table.add("beta", beta, seed, values)


def discs() -> np.ndarray:
    """Discs `[256, 16, 16, 3]` of all hues, of full saturation, on black."""
    row, column = np.indices((16, 16)) - 7.5
    disc = np.clip(6.5 - np.hypot(row, column), 0, 1)[..., None]
    colors = [colorsys.hsv_to_rgb(k / NUM_HUES, 1, 1) for k in range(NUM_HUES)]
    return np.stack([disc * color for color in colors]).astype("float32")


def model_of_hues(name: str, seed: int):
    """A model with two latents, trained on the discs of all hues."""
    params = tiny_models.of_beta(HUE_MODELS[name], seed=seed)
    params = replace(params, latent_size=2, encoder=((64,),), likelihood="gaussian(stddev=0.1)")
    return tiny_models.trained(params, discs())[0]


def of_hues(table: Table, name: str, seed: int):
    """How far midpoints of opposite hues are from the data."""
    images = discs()
    model = model_of_hues(name, seed)
    codes = model.encode(images)[0]
    opposite = np.roll(codes, NUM_HUES // 2, axis=0)
    near = np.roll(codes, NUM_HUES // 16, axis=0)
    kept = np.arange(NUM_HUES) % 2 == 0
    rate = {}
    for label, other in (("opposite", opposite), ("near", near)):
        midpoints = model.decode(0.5 * (codes + other))
        # Compared with reconstructions of hues in between, which the decoder blurs as well.
        rate[label] = convexity(midpoints, images[kept], model.reconstruct(images[~kept]))
    turns = np.unwrap(np.arctan2(*(codes - codes.mean(axis=0)).T[::-1]))
    rate["turns"] = abs(turns[-1] - turns[0]) / (2 * np.pi)
    table.add("hue", name, seed, rate)


def draw_betas(table: Table):
    """Convexity and smoothness against beta."""
    from matplotlib.figure import Figure

    from vae_tf.plots.saving import save_figure

    panels = {
        "Midpoint to data, over held-out to data": [
            ("convexity_straight", "straight"),
            ("convexity_spherical", "spherical"),
            ("convexity_flow", "through the flow"),
            ("convexity_reconstructions", "reconstructions"),
        ],
        "Length of the way over the straight distance": [
            ("detour_straight", "straight"),
            ("detour_spherical", "spherical"),
            ("detour_flow", "through the flow"),
        ],
        "Norm of the decoder's Jacobian": [
            ("jacobian", "per unit of a latent"),
            ("jacobian_scaled", "per deviation of the means"),
        ],
    }
    figure = Figure(figsize=(12, 3.6), dpi=90, layout="constrained")
    at = np.arange(len(BETAS))
    colors = ("#d55e00", "#0072b2", "#56b4e9", "#444444")
    for axes, (title, curves) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        for (name, label), color in zip(curves, colors, strict=False):
            found = [table.values("beta", beta, name) for beta in BETAS]
            axes.plot(at, [values.mean() for values in found], "o-", color=color, label=label)
            for place, values in zip(at, found, strict=True):
                axes.plot(np.full(len(values), place), values, ".", color=color, alpha=0.4)
        axes.set(title=title, xlabel="beta", xticks=at, xticklabels=BETAS)
        axes.title.set_fontsize(10)
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    save_figure(GALLERY / "between_codes_beta.png", figure)


def draw_hues():
    """Codes of all hues, and ways between opposite hues, by models of seed 0."""
    from vae_tf.plots.grids import image_grid
    from vae_tf.plots.page import FAINT, MARGIN, Page
    from vae_tf.plots.saving import save_figure

    side, across, starts, steps = 320, 110, (0, 43, 85), 9
    page = Page(
        len(HUE_MODELS) * (side + across),
        side + 240,
        "Codes of a circle of hues, and straight ways through its middle",
        (
            f"A dot is the mean code of a disc, in the color of the disc; {NUM_HUES} hues, "
            f"2 latents, seed 0.",
            "Below: decoded images on the three grey lines, between opposite hues. No disc of the "
            "data is grey or has two colors.",
        ),
    )
    colors = [colorsys.hsv_to_rgb(k / NUM_HUES, 1, 0.9) for k in range(NUM_HUES)]
    for column, name in enumerate(HUE_MODELS):
        model = model_of_hues(name, 0)
        codes = model.encode(discs())[0]
        left = MARGIN + 50 + column * (side + across)
        options = {"title": name, "xlabel": "latent 0", "ylabel": "latent 1"}
        axes = page.chart(left, page.top + 30, side, side, **options)
        axes.scatter(*codes.T, c=colors, s=16)
        for k in starts:
            axes.plot(*codes[[k, k + NUM_HUES // 2]].T, color=FAINT, lw=0.8, zorder=0)
        axes.set_aspect("equal", "datalim")
        ways = [path_codes(codes[k], codes[k + NUM_HUES // 2], steps) for k in starts]
        drawn = model.decode(np.concatenate(ways).astype("float32"))
        strip = image_grid(drawn, steps, tile=32)
        top = page.top + side + 90
        below = top + len(strip) + 4
        page.picture(left, top, strip, f"ways of {name}")
        page.text(left, below, "one hue", size=12, color=FAINT)
        right = left + strip.shape[1]
        page.text(right, below, "its opposite", size=12, color=FAINT, ha="right")
    save_figure(GALLERY / "hue_circle.png", page.figure)


def main():
    """Measures what is missing, and draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", action="store_true", help="draw the rows, train nothing")
    parser.add_argument("--hues", action="store_true", help="train on hues, and draw their codes")
    options = parser.parse_args()
    table = Table(ROWS)
    if not (options.figure or options.hues):
        for seed in range(SEEDS):
            for name in HUE_MODELS:
                if not table.has("hue", name, seed):
                    of_hues(table, name, seed)
            for beta in BETAS:
                if not table.has("beta", beta, seed):
                    of_beta(table, beta, seed)
    if not options.figure:
        draw_hues()
    if not options.hues:
        draw_betas(table)


if __name__ == "__main__":
    main()
