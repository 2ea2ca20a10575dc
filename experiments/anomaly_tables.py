"""The tables of docs/results/anomalies.md, from experiments/anomalies.csv."""

import statistics
from collections import defaultdict
from pathlib import Path

from csv_rows import read_rows
from page_tables import spread

TABLE = Path(__file__).with_name("anomalies.csv")
_DIGITS = 10


def digits_table(experiment: str, dataset: str) -> str:
    """Markdown table of AUROC, averaged over the ten classes, with the spread over seeds.

    Args:
        experiment: "left_out", "left_out_long" or "one_class".
        dataset: "mnist" or "fashion_mnist".
    """
    # (features, method, latents) -> seed -> values of digits
    found: dict = defaultdict(lambda: defaultdict(list))
    for row in _rows(experiment):
        if row["dataset"] != dataset:
            continue
        latents = "" if row["features"] == "pixels" else row["latents"]
        key = row["features"], row["method"], latents
        found[key][row["seed"]].append(float(row["auroc"]))
    lines = ["| scored on | method | latents | AUROC | seeds |", "| --- | --- | --- | --- | --- |"]
    for (features, method, latents), seeds in sorted(found.items(), key=_order):
        whole = [statistics.mean(each) for each in seeds.values() if len(each) == _DIGITS]
        if whole:
            value = f"{spread(whole, 3)} | {len(whole)}"
            lines.append(f"| {features} | {method} | {latents} | {value} |")
    return "\n".join(lines)


def paradox_table(dataset: str) -> str:
    """Markdown table of AUROC of odd sets under a VAE of a set: a row per method."""
    found: dict = defaultdict(lambda: defaultdict(list))
    for row in _rows(f"paradox {dataset}"):
        found[row["method"]][row["dataset"]].append(float(row["auroc"]))
    sets = sorted({name for each in found.values() for name in each})
    head = "| method | " + " | ".join(sets) + " |"
    lines = [head, "| --- " * (len(sets) + 1) + "|"]
    for method, each in found.items():
        lines.append(f"| {method} | " + " | ".join(spread(each[name], 3) for name in sets) + " |")
    return "\n".join(lines)


def _order(item):
    (features, method, latents), _ = item
    return ("vae", "codes", "pixels").index(features), method, int(latents or 0)


def _rows(experiment):
    return [row for row in read_rows(TABLE) if row["experiment"] == experiment]
