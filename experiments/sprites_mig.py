"""MIG of beta-TCVAE on the sprites, by start, learning rate, optimizer and network.

    python study.py sprites-mig --predictions predictions-study    trains the runs, restartable
    python experiments/sprites_mig.py                               measures runs that are done

The MIG is computed from 10,000 random images. Runs with He's weights and Adam at a falling rate
come from experiments/paired_variants.py. Rows are kept in experiments/sprites_mig.csv, and the
picture is images/gallery/sprites_mig.png. `python experiments/tables.py` makes the table.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import paired_variants  # noqa: E402
from csv_rows import read_rows  # noqa: E402
from done_runs import keep_done  # noqa: E402
from page_tables import markdown, spread  # noqa: E402
from paired_variants import mig_of  # noqa: E402

from vae_tf import presets  # noqa: E402
from vae_tf.plots.page import BLUE, FAINT, INK, MARGIN, ORANGE, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.results.statistics import spread_of  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
PICTURE = ROOT / "images" / "gallery" / "sprites_mig.png"
STUDY = "sprites-mig"
# Run of the study -> network; weights, output biases; optimizer and rate.
TITLES = {
    "today": "dense; He, mean image; Adam, falling from 0.002",
    "glorot": "dense; Glorot, 0; Adam, falling from 0.002",
    "glorot-weights": "dense; Glorot, mean image; Adam, falling from 0.002",
    "no-bias": "dense; He, 0; Adam, falling from 0.002",
    "slow": "dense; He, mean image; Adam, 0.0001",
    "glorot-slow": "dense; Glorot, 0; Adam, 0.0001",
    "muon": "dense; He, mean image; Muon, falling from 0.004",
    "convolutions": "convolutions; He, mean image; Adam, falling from 0.002",
    "convolutions-glorot": "convolutions; Glorot, 0; Adam, falling from 0.002",
}
# Run -> the run that it is compared with, in pairs of the same seed. "today" is for all others.
BASES = {"glorot-slow": "slow", "convolutions-glorot": "convolutions"}
NO_BASE = ("today", "convolutions")
TERMS = {"reconstruction": "val_reconstruction", "KL": "val_kl"}


def measured(run) -> dict[str, str]:
    """MIG and validation terms of a run."""
    terms = {title: f"{run.history[column][-1]:.3f}" for title, column in TERMS.items()}
    return {"MIG": f"{mig_of(run):.4f}", **terms}


def by_run() -> dict[str, dict[str, dict[str, str]]]:
    """Run -> seed -> its row, in the order of `TITLES`."""
    first = {
        row["seed"]: {"MIG": row["mig"], "reconstruction": row["reconstruction"], "KL": row["kl"]}
        for row in read_rows(paired_variants.ROWS)
        if row["model"] == "beta-TCVAE"
    }
    found: dict[str, dict[str, dict[str, str]]] = {"today": first}
    for row in read_rows(ROWS):
        found.setdefault(row["run"], {})[row["seed"]] = row
    return {name: found[name] for name in TITLES if name in found}


def difference(runs: dict, name: str) -> str:
    """Mean difference in MIG from the base of the same seeds, and Student's 95 % interval."""
    rows, base = runs[name], runs[BASES.get(name, "today")]
    pairs = [float(rows[seed]["MIG"]) - float(base[seed]["MIG"]) for seed in rows if seed in base]
    if name in NO_BASE or len(pairs) < 2:
        return ""
    found = spread_of(pairs)
    return f"{found.mean:+.3f} ± {found.error:.3f}"


def table() -> str:
    """A row for each run, as Markdown: means ± standard deviations over seeds."""
    runs = by_run()
    lines = [
        [TITLES[name], str(len(rows)), spread([float(row["MIG"]) for row in rows.values()], 3)]
        + [difference(runs, name)]
        + [spread([float(row[term]) for row in rows.values()], 1) for term in TERMS]
        for name, rows in runs.items()
    ]
    head = ["network; initial weights, output biases; optimizer", "seeds", "MIG", "difference"]
    return markdown([*head, *TERMS], lines)


def picture():
    """MIG of each run, a dot a seed."""
    runs = by_run()
    line, names, width = 26, 400, 460
    page = Page(
        names + width + 40,
        line * len(runs) + 70,
        "MIG of beta-TCVAE on sprites, by the start of the training",
        (
            "Network; initial weights, output biases; optimizer. A dot is a seed, a line the mean.",
            "Orange: Glorot's weights; blue: He's.",
        ),
    )
    left, top = MARGIN + names, page.top + 10
    axes = page.chart(left, top, width, line * len(runs), title="", xlabel="MIG", ylabel="")
    for place, (name, rows) in enumerate(runs.items()):
        values = [float(row["MIG"]) for row in rows.values()]
        color = ORANGE if "Glorot" in TITLES[name] else BLUE
        axes.axhline(place, color=FAINT, linewidth=0.3, zorder=0)
        axes.plot(values, [place] * len(values), "o", color=color, markersize=6, alpha=0.7)
        mean = sum(values) / len(values)
        axes.plot([mean, mean], [place - 0.32, place + 0.32], color=color, linewidth=2)
        page.text(
            left - 14, top + (place + 0.5) * line, TITLES[name], size=12, ha="right", va="center"
        )
    axes.set_ylim(len(runs) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlim(left=0)
    axes.tick_params(labelsize=points(12), colors=INK)
    return page.figure


def main():
    """Measures the runs that are done, prints the table and draws the picture."""
    folders = {
        (point.values["base"], str(point.params.seed)): f"{STUDY}/{point.name}"
        for point in presets.studies()[STUDY].points()
    }
    keep_done(ROWS, ("run", "seed"), folders, measured, f"python study.py {STUDY}")
    save_figure(PICTURE, picture())
    print(table())


if __name__ == "__main__":
    main()
