"""MIG of beta-TCVAE on the sprites, by start, learning rate, optimizer and network.

    python study.py sprites-mig --predictions predictions-study    trains the runs, restartable
    python experiments/sprites_mig.py                               measures runs that are done

The MIG is computed from 10,000 random images. Runs with He's weights and Adam at a falling rate
come from experiments/paired_variants.py. Rows are kept in experiments/sprites_mig.csv.
`python experiments/tables.py` makes the table.
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
from vae_tf.results.statistics import spread_of  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
STUDY = "sprites-mig"
# Run of the study -> network, weights and output biases, optimizer and rate.
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
# Run -> the run that it is compared with, in pairs of the same seed.
BASES = {"glorot-slow": "slow", "convolutions-glorot": "convolutions"}
TERMS = {"reconstruction": "val_reconstruction", "KL": "val_kl"}


def measured(run) -> dict[str, str]:
    """MIG and validation terms of a run."""
    terms = {title: f"{run.history[column][-1]:.3f}" for title, column in TERMS.items()}
    return {"MIG": f"{mig_of(run):.4f}", **terms}


def table() -> str:
    """Mean ± standard deviation over seeds, and Student's 95 % interval of the difference."""
    first = {
        row["seed"]: {"MIG": row["mig"], "reconstruction": row["reconstruction"], "KL": row["kl"]}
        for row in read_rows(paired_variants.ROWS)
        if row["model"] == "beta-TCVAE"
    }
    values: dict[str, dict[str, dict]] = {"today": first}
    for row in read_rows(ROWS):
        values.setdefault(row["run"], {})[row["seed"]] = row
    lines = []
    for name in filter(values.__contains__, TITLES):
        rows, base = values[name], values[BASES.get(name, "today")]
        cells = [TITLES[name], str(len(rows)), spread([float(r["MIG"]) for r in rows.values()], 3)]
        compared = name not in ("today", "convolutions")
        paired = [float(rows[s]["MIG"]) - float(base[s]["MIG"]) for s in rows if s in base]
        found = spread_of(paired)
        cells.append(
            f"{found.mean:+.3f} ± {found.error:.3f}" if compared and found.num_runs > 1 else ""
        )
        cells += [spread([float(row[term]) for row in rows.values()], 1) for term in TERMS]
        lines.append(cells)
    return markdown(["network; start; optimizer", "seeds", "MIG", "difference", *TERMS], lines)


def main():
    """Measures the runs that are done and prints the table."""
    folders = {
        (point.values["base"], str(point.params.seed)): f"{STUDY}/{point.name}"
        for point in presets.studies()[STUDY].points()
    }
    keep_done(ROWS, ("run", "seed"), folders, measured, f"python study.py {STUDY}")
    print(table())


if __name__ == "__main__":
    main()
