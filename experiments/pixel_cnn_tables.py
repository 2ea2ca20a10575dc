"""The table and the picture of docs/results/pixel_cnn.md, from experiments/pixel_cnn.csv.

python experiments/pixel_cnn_tables.py    draws images/gallery/pixel_cnn.png
"""

import csv
import statistics
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from matplotlib.figure import Figure  # noqa: E402

from vae_tf.plots.page import BLUE, FAINT, INK, ORANGE, SKY  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402

ROWS = Path(__file__).with_name("pixel_cnn.csv")
_NAMES = {"digits": "binary digits", "mnist": "binary MNIST"}
_STYLES = {
    "plain": (INK, "o"),
    "annealed": (SKY, "s"),
    "free bits": (ORANGE, "^"),
    "KL held": (BLUE, "v"),
}


def rows() -> list[dict]:
    """The committed rows, as text."""
    if not ROWS.exists():
        return []
    with open(ROWS, newline="") as file:
        return list(csv.DictReader(file))


def by_setting() -> dict[tuple, list[dict]]:
    """(data, treatment, reach, steps) -> rows of its seeds."""
    found = defaultdict(list)
    for row in rows():
        found[row["data"], row["treatment"], int(row["reach"]), int(row["steps"])].append(row)
    return dict(sorted(found.items(), key=_order))


def _order(item):
    (data, treatment, reach, steps), _ = item
    return list(_NAMES).index(data), list(_STYLES).index(treatment), reach, steps


def seen(reach: int, side: int) -> float:
    """Pixels that a pixel sees, on average over the pixels of an image."""
    before = statistics.mean(min(place, reach) for place in range(side))
    # Rows above and columns are independent: those on both sides, and the column itself.
    return before * (2 * before + 1) + before


def table() -> str:
    """Markdown table: a row for each setting, mean and standard deviation over seeds."""
    names = "images, training, reach, pixels seen, steps, seeds, KL, information, linear probe"
    heads = [*names.split(", "), "-ELBO", "-log p(x)"]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for (data, treatment, reach, steps), group in by_setting().items():
        side = 8 if data == "digits" else 28
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
            f"{seen(reach, side):.1f}",
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
    """KL, accuracy of the probe and likelihood of binary digits against the reach; a dot a seed."""
    figure = Figure((10.5, 3.6), layout="constrained")
    panels = {
        "kl": "KL of validation images, nats",
        "probe": "accuracy of a linear probe",
        "negative_log_likelihood": "-log p(x) of validation images, nats",
    }
    settings = {key: group for key, group in by_setting().items() if key[0] == "digits"}
    reaches = sorted({key[2] for key in settings})
    for axes, (name, label) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        for treatment, (color, marker) in _STYLES.items():
            groups = {key[2]: group for key, group in settings.items() if key[1] == treatment}
            means = [statistics.mean(float(row[name]) for row in g) for g in groups.values()]
            places = [reaches.index(reach) for reach in groups]
            axes.plot(places, means, color=color, marker=marker, markersize=6, label=treatment)
            for place, group in zip(places, groups.values(), strict=True):
                values = [float(row[name]) for row in group]
                axes.plot([place] * len(values), values, ".", color=color, markersize=4)
        labels = [f"{seen(reach, 8):.0f}" for reach in reaches]
        axes.set_xticks(range(len(reaches)), labels)
        axes.set_xlabel("pixels that a pixel sees, on average")
        axes.set_ylabel(label)
        axes.grid(axis="y", color=FAINT, linewidth=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    handles = figure.axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=4, frameon=False)
    return figure


if __name__ == "__main__":
    save_figure(ROOT / "images" / "gallery" / "pixel_cnn.png", picture())
