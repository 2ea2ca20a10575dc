"""The tables of docs/results/imputation.md, from experiments/imputation.csv."""

import csv
import statistics
from collections import defaultdict
from pathlib import Path

import not_miwae
from published_numbers import published_texts

TABLE = Path(__file__).with_name("imputation.csv")
_METHODS = {
    "mean": "mean of the column",
    "knn": "5 nearest neighbors",
    "mice": "MICE (`IterativeImputer`)",
    "forest": "random forests",
    "miwae": "MIWAE",
    "not_miwae_self_masking": "not-MIWAE, self-masking",
    "not_miwae_self_masking_high": "not-MIWAE, large values known to be missing",
}
_MECHANISMS = ("self_masking", "self_masking_high")


def at_random_table() -> str:
    """Markdown table of standardized RMSE: a row per set and share missing, a column per method."""
    return _table("at_random", lambda key: f"{key[0]} | {float(key[1]):.0%}", "set | missing")


def self_masking_table() -> str:
    """Markdown table of standardized RMSE: a row per set, and published figures."""
    return _table("self_masking", lambda key: key[0], "set", _published)


def _published(name: str) -> list[str]:
    """MICE; not-MIWAE with two layers and self-masking, then with the sign known."""
    both = [not_miwae.PUBLISHED[name, "two layers", mechanism] for mechanism in _MECHANISMS]
    errors = ", ".join(text.partition(" ")[0] for text in both)
    return [published_texts("imputation")[f"{name}, MICE"], errors]


def _table(experiment: str, name, heading: str, published=None) -> str:
    # (set, share) -> method -> values of seeds
    found: dict = defaultdict(lambda: defaultdict(list))
    with open(TABLE, newline="") as file:
        for row in csv.DictReader(file):
            if row["experiment"] == experiment:
                key = row["dataset"], row["missing"]
                found[key][row["method"]].append(float(row["rmse"]))
    methods = [each for each in _METHODS if any(each in values for values in found.values())]
    titles = [heading, *(_METHODS[each] for each in methods), "seeds"]
    if published:
        titles += ["published: MICE", "published: not-MIWAE, both"]
    lines = [f"| {' | '.join(titles)} |"]
    lines.append("|" + " --- |" * lines[0].count(" |"))
    for key, values in found.items():
        most = max(len(each) for each in values.values())
        # Only methods with all seeds are compared.
        best = min(statistics.mean(each) for each in values.values() if len(each) == most)
        cells = [
            _cell(values[each], best if len(values[each]) == most else None) for each in methods
        ]
        seeds = sorted({len(each) for each in values.values() if each})
        cells.append("-".join(map(str, [seeds[0], seeds[-1]] if len(seeds) > 1 else seeds)))
        if published:
            cells += published(key[0])
        lines.append(f"| {name(key)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: list, best: float | None) -> str:
    if not values:
        return ""
    mean = statistics.mean(values)
    text = f"**{mean:.3f}**" if mean == best else f"{mean:.3f}"
    return f"{text} ± {statistics.stdev(values):.3f}" if len(values) > 1 else text
