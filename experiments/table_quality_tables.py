"""The table of docs/results/table_quality.md, from experiments/table_quality.csv."""

from collections import defaultdict
from pathlib import Path

from csv_rows import read_rows
from page_tables import spread

_CSV = Path(__file__).with_name("table_quality.csv")
_NUMBERS = ("detection", "detection_linear", "utility", "copies")


def table() -> str:
    """Markdown table of means over seeds, with standard deviations: a row per table and method."""
    found: dict = defaultdict(list)
    for row in read_rows(_CSV):
        numbers = [float(row[name]) for name in _NUMBERS]
        found[row["table"], row["steps"], row["method"]].append(numbers)
    names = ["table", "steps", "rows from", "detection (forest)", "detection (logistic)"]
    names += ["utility", "copies", "seeds"]
    lines = [f"| {' | '.join(names)} |", "| --- " * len(names) + "|"]
    for (name, steps, method), values in found.items():
        cells = " | ".join(spread(each) for each in zip(*values, strict=True))
        lines.append(f"| {name} | {int(steps):,} | {method} | {cells} | {len(values)} |")
    return "\n".join(lines)
