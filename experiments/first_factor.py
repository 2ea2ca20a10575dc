"""Which factor is learned first? `python experiments/first_factor.py`.

The second project's hypothesis: features are learned in the order of the variance they have in the
loss. A VAE is trained on the sprites, its weights are kept at chosen steps, and for each step it is
measured what part of each factor's entropy the codes of 6,000 random images contain
(`neighbor_information`). Next to it is the share of each factor in the variance of the pixels:
the mean squared change of an image when this factor alone is drawn anew, over twice the variance.
The brightness of an image, the sum of its pixels, grows with the scale: the information of
brightness alone about the scale is measured, too, and how much of its variance a linear map of the
codes explains.

Restartable: a training that was stopped resumes. The table is written to
experiments/first_factor.json, the picture to images/gallery/first_factor.png.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import data, train  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.presets.sprites import by_adam  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.runs.kept import kept_steps, restore_kept  # noqa: E402
from vae_tf.scores.neighbor_information import neighbor_information  # noqa: E402

_NUM_IMAGES = 6_000


def trained(steps: int, predictions: Path) -> Run:
    """The run, trained as far as it is to be."""
    keep = sorted({0, steps, *(round(10 * (steps / 10) ** (i / 11)) for i in range(12))})
    run_params = replace(
        by_adam(presets.RUNS["sprites-VAE"]), encoder=((256,), (256,)), steps=steps,
        keep_steps=tuple(keep), sample_every=steps, sample_steps=(), validate_every=steps,
    )  # fmt: skip
    folder = predictions / f"first-factor-{steps}"
    return train(run_params, folder, resume=(folder / "params.json").exists())


def pixel_shares(images, rng: np.random.Generator) -> dict[str, float]:
    """Share of each factor in the variance of the pixels; shares may add up to more than 1."""
    factors = images.sample_factors(_NUM_IMAGES, rng)
    x = images.images_of(factors)
    variance = x.var(axis=0).sum()
    shares = {}
    for k, name in enumerate(images.factor_names):
        other = factors.copy()
        other[:, k] = rng.integers(images.factor_sizes[k], size=len(other))
        changed = np.square(images.images_of(other) - x).sum(axis=(1, 2, 3)).mean()
        shares[name] = float(changed / (2 * variance))
    return shares


def measured(run: Run) -> dict:
    """Information of the codes on each factor, by step, and the shares in the pixels."""
    images = data.load("sprites")
    rng = np.random.default_rng(0)
    factors = images.sample_factors(_NUM_IMAGES, rng)
    x = images.images_of(factors)
    steps = kept_steps(run)
    brightness = x.sum(axis=(1, 2, 3))
    rows, explained = [], []
    for step in steps:
        mean, _ = restore_kept(run, step).encode(x)
        rows.append([neighbor_information(mean, column) for column in factors.T])
        explained.append(round(_explained(mean, brightness), 4))
    table = dict(zip(images.factor_names, np.array(rows).T.round(4).tolist(), strict=True))
    scale = factors[:, images.factor_names.index("scale")]
    return {
        "steps": steps,
        "information": table,
        "pixel_share": pixel_shares(images, rng),
        "brightness": {
            "tells_of_scale": round(float(neighbor_information(brightness[:, None], scale)), 4),
            "explained_by_codes": explained,
        },
    }


def _explained(codes: np.ndarray, values: np.ndarray) -> float:
    """Part of the variance of values `[N]` that a linear map of codes `[N, L]` explains."""
    inputs = np.column_stack([codes, np.ones(len(codes))])
    residual = values - inputs @ np.linalg.lstsq(inputs, values, rcond=None)[0]
    return 1.0 - float(residual.var() / values.var())


def half_way(steps: list[int], information: list[float]) -> int | None:
    """The first kept step at which half of the most information is there; None if there is none."""
    half = max(information) / 2
    told = zip(steps, information, strict=True)
    return next((step for step, part in told if part >= half > 0.01), None)


def picture(found: dict) -> Figure:
    """Information over steps, and beside it the shares."""
    figure = Figure((10, 4), layout="constrained")
    over, beside = figure.subplots(1, 2, width_ratios=(2, 1))
    shares = sorted(found["pixel_share"].items(), key=lambda each: each[1])
    for name, share in reversed(shares):
        over.plot(found["steps"], found["information"][name], "o-", ms=3, label=name)
        beside.barh(name, share)
    beside.invert_yaxis()
    over.set_xscale("symlog", linthresh=10)
    over.set(xlabel="step", ylabel="part of the factor's entropy in the codes",
             title="Information of the codes about each factor")  # fmt: skip
    over.legend(frameon=False, loc="center left", bbox_to_anchor=(0, 0.35))
    beside.set(title="Share of the pixels' variance")
    for axes in (over, beside):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def main():
    """Trains, measures, draws and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    options = parser.parse_args()
    found = measured(trained(options.steps, options.predictions))
    write_text(Path(__file__).with_suffix(".json"), json.dumps(found, indent=1) + "\n")
    save_figure(ROOT / "images" / "gallery" / "first_factor.png", picture(found))
    for name, share in sorted(found["pixel_share"].items(), key=lambda each: -each[1]):
        told = found["information"][name]
        half = half_way(found["steps"], told)
        print(f"{name:12} pixels {share:.2f}   at the end {told[-1]:.2f}   half of it by {half}")
    brightness = found["brightness"]
    print(
        f"brightness explains {brightness['tells_of_scale']:.2f} of the scale; explained by codes:"
    )
    print(dict(zip(found["steps"], brightness["explained_by_codes"], strict=True)))


if __name__ == "__main__":
    main()
