"""The table of docs/results/table_quality.md, from experiments/table_quality.csv."""

import csv
import statistics
from collections import defaultdict
from pathlib import Path

_CSV = Path(__file__).with_name("table_quality.csv")
_NUMBERS = ("detection", "detection_linear", "utility", "copies")


def table() -> str:
    """Markdown table of means over seeds, with standard deviations: a row per table and method."""
    found: dict = defaultdict(list)
    with open(_CSV, newline="") as file:
        for row in csv.DictReader(file):
            found[row["table"], row["steps"], row["method"]].append(
                [float(row[name]) for name in _NUMBERS]
            )
    names = "table,steps,rows from,detection (forest),detection (line),utility,copies,seeds".split(
        ","
    )
    lines = [f"| {' | '.join(names)} |", "| --- " * len(names) + "|"]
    for (name, steps, method), values in found.items():
        cells = " | ".join(_spread(each) for each in zip(*values, strict=True))
        lines.append(f"| {name} | {int(steps):,} | {method} | {cells} | {len(values)} |")
    return "\n".join(lines)


def _spread(values) -> str:
    mean = f"{statistics.mean(values):.2f}"
    return f"{mean} ± {statistics.stdev(values):.2f}" if len(values) > 1 else mean
