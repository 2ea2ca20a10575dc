"""CPU seconds until a VAE is good, ours beside others': `python benchmarks/time_to_quality.py`.

All train the network of Burgess et al. (2018) on the same images, in batches of 64, until the
-ELBO of validation images falls below targets. They take turns on one and the same core, a process
a way; time is the processor's. Building and compiling networks counts, imports, reading images and
validating do not.

    ours                train.py with the recipe of sprites-VAE or MNIST-VAE, and `--set`
    ours-16-bits        the same with `precision=mixed_bfloat16`
    keras               Keras' `fit` of the Keras tutorial's VAE, at 0.001
    torch               a plain PyTorch loop with fused Adam, at 0.001
    torch-our-start     the same from our start: He's weights and the mean image
    pythae              pythae's VAE in its own trainer, at 0.001
    disentangling-vae   its own networks, start, loss, ramp of the KL's weight, rate and trainer

    python benchmarks/time_to_quality.py --torch-python /path/to/venv/bin/python \
        --disentangling-vae /path/to/its/clone

A row for each way, seed and target is written to benchmarks/time_to_quality.csv, the picture to
images/gallery/time_to_quality.png; `--draw` draws it again. A way that cannot be imported is left
out, with the reason.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "experiments")]

import numpy as np  # noqa: E402
from csv_rows import read_rows, write_rows  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from training_speed import BURGESS, Way, describe  # noqa: E402

import params as presets  # noqa: E402
from vae_tf.config import override, replace  # noqa: E402
from vae_tf.data import load  # noqa: E402
from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402

RESULTS = Path(__file__).with_suffix(".csv")
PICTURE = HERE.parent / "images" / "gallery" / "time_to_quality.png"
NUM_IMAGES, NUM_VALIDATED = 20_000, 1_000
EVERY = 20  # steps of a turn, and between validations
RATE = 1e-3  # of the others, except disentangling-vae
# Way -> its name in training_of_ours.py or training_of_torch.py.
WAYS = {
    "ours": "train",
    "ours-16-bits": "train",
    "keras": "keras",
    "torch": "fused",
    "torch-our-start": "our-start",
    "pythae": "pythae",
    "disentangling-vae": "disentangling-vae",
}
TITLES = {
    "ours": "ours",
    "ours-16-bits": "ours, 16 bits",
    "keras": "Keras fit",
    "torch": "PyTorch",
    "torch-our-start": "PyTorch, our start",
    "pythae": "pythae",
    "disentangling-vae": "disentangling-vae",
}
# Ours -> what it changes.
OURS: dict[str, dict] = {"ours": {}, "ours-16-bits": {"precision": "mixed_bfloat16"}}
# Case -> title, encoder, nats of validation images to reach.
CASES = {
    "sprites": ("Sprites, 64x64", BURGESS.encoder, (200, 150, 120, 100)),
    "mnist": ("MNIST, 32x32", BURGESS.encoder[1:], (160, 140, 130, 120, 115)),
}
# Case -> whose optimizer and rate ours has, and its steps: its rate rises and falls in so many, the
# others' is constant.
RECIPES = {"sprites": ("sprites-VAE", 600), "mnist": ("MNIST-VAE", 1_500)}
COLUMNS = ("case", "way", "seed", "target", "seconds", "steps")


def save_images(case: str, path: Path):
    """The images as float32, validation images last; MNIST with two black pixels around."""
    images = load(case, "train", validation=5_000)
    rows = np.random.default_rng(0).permutation(len(images))[: NUM_IMAGES + NUM_VALIDATED]
    pixels = images.images(np.sort(rows))[np.random.default_rng(1).permutation(len(rows))]
    if case == "mnist":
        pixels = np.pad(pixels, ((0, 0), (2, 2), (2, 2), (0, 0)))
    np.save(path, pixels.astype(np.float32))


def race(case: str, path: Path, seed: int, options) -> list[dict]:
    """Lets all ways train in turns until each has reached the last target, or is out of time."""
    _, encoder, targets = CASES[case]
    preset, total = RECIPES[case]
    run = presets.RUNS[preset]
    params = replace(BURGESS, encoder=encoder, seed=seed, learning_rate=RATE, steps=total)
    ours = replace(params, optimizer=run.optimizer, learning_rate=run.learning_rate)
    shape = np.load(path, mmap_mode="r").shape[1:]
    given = {
        "images": str(path),
        "validated": NUM_VALIDATED,
        "seed": seed,
        "steps": EVERY,
        "disentangling_vae": str(options.disentangling_vae),
    }
    ways, rows = {}, []
    try:
        for name in options.ways:
            recipe = OURS.get(name)
            if recipe is None:
                case_of_way = describe(params, shape)
            else:
                chosen = override(replace(ours, **recipe), options.set)
                case_of_way = describe(chosen, shape) | {"total": total}
            in_house = recipe is not None or name == "keras"
            way = Way(WAYS[name], case_of_way | given, options, ours=in_house)
            if way.state == "ready":
                ways[name] = way, list(targets)
            else:
                print(f"{name} is left out: {way.state.removeprefix('skip ')}", flush=True)
                way.close()
        while ways:
            for name, (way, left) in list(ways.items()):
                seconds, steps, nats = map(float, way.turn().split())
                while left and nats < left[0]:
                    values = (case, name, seed, left.pop(0), round(seconds, 1), int(steps))
                    rows.append(dict(zip(COLUMNS, values, strict=True)))
                    print(*values, flush=True)
                at_end = name in OURS and steps + EVERY > total
                if not left or seconds > options.seconds or at_end:
                    for target in left:
                        values = (case, name, seed, target, "", int(steps))
                        rows.append(dict(zip(COLUMNS, values, strict=True)))
                        print(*values, f"ends at {nats:.1f}", flush=True)
                    ways.pop(name)[0].close()
    finally:
        for way, _ in ways.values():
            way.close()
    return rows


def seconds_of(rows, case: str, way: str, target: int) -> list[float]:
    """Seconds of each seed; infinite where the target was not reached in time."""
    chosen = [r for r in rows if (r["case"], r["way"], r["target"]) == (case, way, str(target))]
    return [float(row["seconds"] or "inf") for row in chosen]


def table() -> str:
    """Medians over seeds, with lowest and highest of several, as Markdown."""
    rows, lines = read_rows(RESULTS), []
    for case, (title, _, targets) in CASES.items():
        lines += ["", f"| {title} | {' | '.join(f'below {t}' for t in targets)} |"]
        lines.append("| --- " * (1 + len(targets)) + "|")
        for way in WAYS:
            found = [seconds_of(rows, case, way, target) for target in targets]
            if any(found):
                lines.append(f"| {TITLES[way]} | {' | '.join(map(spread, found))} |")
    return "\n".join(lines[1:])


def spread(seconds: list[float]) -> str:
    if not seconds:
        return ""
    words = [f"{s:.1f}" if np.isfinite(s) else "-" for s in sorted(seconds)]
    if len(words) == 1:
        return words[0]
    median = statistics.median(seconds)
    return f"{median:.1f} ({words[0]}-{words[-1]})" if np.isfinite(median) else "-"


def picture(rows) -> Figure:
    """A chart for each case: a line for each way, seconds over targets."""
    width, height, gap = 380, 300, 90
    cases = [case for case in CASES if any(row["case"] == case for row in rows)]
    page = Page(
        len(cases) * width + (len(cases) - 1) * gap + 250,
        height + 60,
        "CPU seconds until a VAE is good",
        (
            f"Network of Burgess et al. (2018), batches of 64 images, one core. {_seeds(rows)}",
            "A line ends at the last target that its median run reached.",
        ),
    )
    palette = (BLUE, "#56b4e9", "#009e73", ORANGE, "#e69f00", "#cc79a7", FAINT)
    colors = dict(zip(WAYS, palette, strict=True))
    for index, case in enumerate(cases):
        title, _, targets = CASES[case]
        left = MARGIN + 50 + index * (width + gap)
        axes = page.chart(
            left, page.top + 10, width, height,
            title=title, xlabel="validation -ELBO reached, nats", ylabel="CPU seconds",
        )  # fmt: skip
        for way, color in colors.items():
            found = [(t, seconds_of(rows, case, way, t)) for t in targets]
            found = [(t, s) for t, s in found if s and np.isfinite(statistics.median(s))]
            if not found:
                continue
            at = [targets.index(target) for target, _ in found]
            median = [statistics.median(s) for _, s in found]
            finite = [[x for x in s if np.isfinite(x)] for _, s in found]
            below = [m - min(s) for m, s in zip(median, finite, strict=True)]
            above = [max(s) - m for m, s in zip(median, finite, strict=True)]
            axes.errorbar(
                at, median, (below, above), color=color, marker="o", markersize=5,
                linewidth=2.4 if way in OURS else 1.4, elinewidth=1, capsize=2, label=TITLES[way],
            )  # fmt: skip
        axes.set_xticks(range(len(targets)), [str(t) for t in targets])
        axes.set_xlim(-0.3, len(targets) - 0.7)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_formatter(lambda value, _: "")
        axes.set_yticks([s for s in (5, 10, 20, 50, 100, 200, 500) if _inside(axes, s)])
        axes.tick_params(colors=INK)
    axes.legend(loc="upper left", bbox_to_anchor=(1.03, 1.0), frameon=False, fontsize=points(13))
    return page.figure


def _seeds(rows) -> str:
    count = len({row["seed"] for row in rows})
    return f"Median of {count} seeds; bars: lowest to highest." if count > 1 else "One seed."


def _inside(axes, seconds: float) -> bool:
    low, high = axes.get_ylim()
    return low <= seconds <= high


def main():
    """Trains what is not in the table yet, prints the table and draws the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-python", default=sys.executable, help="interpreter with PyTorch")
    parser.add_argument("--disentangling-vae", type=Path, help="clone of the repository")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument(
        "--seconds", type=float, default=300, help="processor time after which a way is ended"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of ours")
    parser.add_argument("--threads", type=int, default=1, help="threads, and cores they are on")
    parser.add_argument("--draw", action="store_true", help="train nothing")
    parser.add_argument("--verbose", action="store_true", help="show what the ways print")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for case in [] if options.draw else options.cases:
            path = Path(folder) / f"{case}.npy"
            save_images(case, path)
            for seed in options.seeds:
                new = race(case, path, seed, options)
                names = {row["way"] for row in new}
                kept = [
                    row for row in read_rows(RESULTS) if not _is_of(row, case, str(seed), names)
                ]
                write_rows(RESULTS, COLUMNS, kept + new)
    print(table())
    if rows := read_rows(RESULTS):
        save_figure(PICTURE, picture(rows))


def _is_of(row: dict, case: str, seed: str, names: set[str]) -> bool:
    return row["case"] == case and row["seed"] == seed and row["way"] in names


if __name__ == "__main__":
    main()
