"""Scores of MNIST runs of which one collapsed: `python experiments/posterior_collapse.py`.

Scores the runs as `analyze.py --metrics fast` does, and writes their values to
experiments/posterior_collapse.csv. `python experiments/tables.py` makes the tables.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from csv_rows import read_rows, write_rows  # noqa: E402

from vae_tf.results.score_records import values_of  # noqa: E402
from vae_tf.results.score_runs import score_run  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.scores.score import FLAG  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
RUNS = (
    *("MNIST-AE", "MNIST-VAE", "MNIST-KLD-Anneal", "MNIST-VAE-dense"),
    "MNIST-VAE-averaged-losses",
)
# Name of a value -> its heading, decimals, and the value that flags it.
COLLAPSE = {
    "active_units": ("active units", 0, None),
    "kl": ("KL", 2, None),
    "index_code_mutual_information": ("information", 2, "information_at_limit"),
    "total_correlation": ("total correlation", 2, None),
    "least_total_correlation": ("dependence, at least", 2, None),
    "dimension_wise_kl": ("dimension-wise KL", 2, None),
    "log_likelihood": ("log-likelihood", 1, "few_effective_samples"),
    "effective_samples": ("effective samples of 100", 1, None),
    "bits_per_dimension": ("bits per dimension", 3, "few_effective_samples"),
}
_CLUSTERS = {
    f"cluster_{algorithm}_{name}": (f"{words}, {heading}", 2, None)
    for algorithm, words in (("kmeans", "k-means"), ("mixture", "mixture"))
    for name, heading in (("ari", "adjusted Rand"), ("nmi", "NMI"), ("purity", "purity"))
}
DIGITS = {
    "probe_linear_accuracy": ("linear probe", 3, None),
    "probe_neighbor_accuracy": ("neighbors", 3, None),
    **_CLUSTERS,
}


def table(columns: dict[str, tuple]) -> str:
    """Values of all runs as Markdown, with a `!` after flagged ones."""
    heads = ["run", *(heading for heading, *_ in columns.values())]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for run in RUNS:
        values = {
            row["value"]: float(row["number"]) for row in read_rows(ROWS) if row["run"] == run
        }
        cells = [_cell(values, name, *rest) for name, (_, *rest) in columns.items()]
        lines.append(f"| `{run}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: dict[str, float], name: str, digits: int, flag: str | None) -> str:
    error = values.get(f"{name}_error")
    text = f"{values[name]:.{digits}f}"
    text += "" if error is None else f" ± {error:.{digits}f}"
    return f"{text} {FLAG}" if values.get(flag) else text


def main():
    """Scores the runs and writes the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    kept = [*COLLAPSE, *DIGITS]
    kept += [f"{name}_error" for name in kept] + ["information_at_limit", "few_effective_samples"]
    rows = []
    for name in RUNS:
        record = score_run(Run(options.predictions / name), "fast", progress=False)
        values = values_of(record)
        rows += [
            {"run": name, "value": value, "number": f"{values[value]:.5g}"}
            for value in kept
            if value in values
        ]
    write_rows(ROWS, ("run", "value", "number"), rows)


if __name__ == "__main__":
    main()
