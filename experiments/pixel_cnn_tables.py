"""The tables and the picture of docs/results/pixel_cnn.md, from experiments/pixel_cnn*.csv.

python experiments/pixel_cnn_tables.py    draws images/gallery/pixel_cnn.png

experiments/pixel_cnn_steps.csv has -ELBO of all validation images at steps of `python train.py
binary-MNIST-PixelCNN`, from its log.
"""

import statistics
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from csv_rows import read_rows  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from vae_tf.plots.page import BLUE, FAINT, INK, ORANGE, SKY  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402

ROWS = Path(__file__).with_name("pixel_cnn.csv")
LIKELIHOODS = ROWS.with_name("pixel_cnn_likelihood.csv")
STEPS = ROWS.with_name("pixel_cnn_steps.csv")
_NAMES = {"digits": "binary digits", "mnist": "binary MNIST"}
_SIDES = {"digits": 8, "mnist": 28}
_DRAWN_FILTERS = 16  # at most; more at an equal reach are in the table
_STYLES = {
    "plain": (INK, "o"),
    "annealed": (SKY, "s"),
    "free bits": (ORANGE, "^"),
    "KL held": (BLUE, "v"),
}
_PANELS = {
    "kl": "KL, nats",
    "information": "information, nats, at least",
    "probe": "accuracy of a linear probe",
    "negative_log_likelihood": "-log p(x), nats",
}


def by_setting() -> dict[tuple, list[dict]]:
    """(data, treatment, reach, filters, steps) -> rows of its seeds."""
    found = defaultdict(list)
    for row in read_rows(ROWS):
        sizes = (int(row[name]) for name in ("reach", "filters", "steps"))
        found[row["data"], row["treatment"], *sizes].append(row)
    return dict(sorted(found.items(), key=_order))


def _order(item):
    (data, treatment, *sizes), _ = item
    return list(_NAMES).index(data), list(_STYLES).index(treatment), sizes


def seen(reach: int, side: int) -> float:
    """Pixels that a pixel sees, on average over the pixels of an image."""
    before = statistics.mean(min(place, reach) for place in range(side))
    # Rows above and columns are independent: those on both sides, and the column itself.
    return before * (2 * before + 1) + before


def steps_table() -> str:
    """Markdown table: -ELBO of binary MNIST by step."""
    rows = read_rows(STEPS)
    steps = [f"{int(row['step']):,}" for row in rows]
    lines = [["step", *steps], ["---"] * (1 + len(rows))]
    lines.append(["-ELBO, validation images", *(row["negative_elbo"] for row in rows)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def likelihood_table() -> str:
    """Markdown table: KL, -ELBO and -log p(x) of held-out images of binary MNIST."""
    names = "run, seed, steps, images, importance samples, effective samples, KL, -ELBO"
    heads = [*names.split(", "), "-log p(x)"]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for row in read_rows(LIKELIHOODS):
        effective = row["effective_samples"] and f"{float(row['effective_samples']):.1f}"
        error = row["standard_error"] and f" ± {float(row['standard_error']):.2f}"
        cells = [
            f"`{row['run']}`",
            row["seed"],
            f"{int(row['steps']):,}",
            f"{int(row['images']):,}",
            row["samples"],
            effective,
            f"{float(row['kl']):.2f}",
            f"{float(row['negative_elbo']):.2f}",
            f"{float(row['negative_log_likelihood']):.2f}{error}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def table() -> str:
    """Markdown table: a row for each setting, mean and standard deviation over seeds."""
    names = "images, training, reach, pixels seen, filters, steps, seeds, KL, information, probe"
    heads = [*names.split(", "), "-ELBO", "-log p(x)"]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for (data, treatment, reach, filters, steps), group in by_setting().items():
        values = [
            _spread(group, "kl", 2),
            _spread(group, "information", 2),
            _spread(group, "probe", 3),
            _spread(group, "negative_elbo", 2),
            _spread(group, "negative_log_likelihood", 2),
        ]
        first = [
            _NAMES[data],
            treatment,
            reach,
            f"{seen(reach, _SIDES[data]):.1f}",
            filters,
            f"{steps:,}",
            len(group),
        ]
        lines.append(f"| {' | '.join(map(str, [*first, *values]))} |")
    return "\n".join(lines)


def _spread(group: list[dict], name: str, digits: int) -> str:
    values = [float(row[name]) for row in group]
    mean = f"{statistics.mean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


def picture() -> Figure:
    """Each of `_PANELS` against the pixels that a pixel sees; a dot is a seed."""
    settings = {key: group for key, group in by_setting().items() if key[3] <= _DRAWN_FILTERS}
    drawn = [name for name in _NAMES if any(key[0] == name for key in settings)]
    figure = Figure((13.5, 0.6 + 3.1 * len(drawn)), layout="constrained")
    grid = figure.subplots(len(drawn), len(_PANELS), squeeze=False)
    for data, panels in zip(drawn, grid, strict=True):
        groups = {key[1:3]: group for key, group in settings.items() if key[0] == data}
        for axes, (name, label) in zip(panels, _PANELS.items(), strict=True):
            _draw(axes, groups, name, _SIDES[data])
            axes.set_ylabel(label)
        panels[0].set_title(_NAMES[data], loc="left", fontweight="bold")
    handles = figure.axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=4, frameon=False)
    return figure


def _draw(axes, groups: dict[tuple[str, int], list[dict]], name: str, side: int):
    """A quantity of each (treatment, reach): the mean as a line, seeds as dots."""
    reaches = sorted({reach for _, reach in groups})
    for treatment, (color, marker) in _STYLES.items():
        seeds = {reach: group for (given, reach), group in groups.items() if given == treatment}
        values = [[float(row[name]) for row in group] for group in seeds.values()]
        places = [reaches.index(reach) for reach in seeds]
        means = list(map(statistics.mean, values))
        axes.plot(places, means, color=color, marker=marker, markersize=6, label=treatment)
        for place, each in zip(places, values, strict=True):
            axes.plot([place] * len(each), each, ".", color=color, markersize=4)
    axes.set_xticks(range(len(reaches)), [f"{seen(reach, side):.0f}" for reach in reaches])
    axes.set_xlabel("pixels that a pixel sees, on average")
    axes.grid(axis="y", color=FAINT, linewidth=0.3)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    save_figure(ROOT / "images" / "gallery" / "pixel_cnn.png", picture())
