"""Published numbers with their sources, from experiments/published_numbers.csv.

An epoch is counted from 1. Rows without an epoch are results of whole trainings.
"""

from pathlib import Path

from csv_rows import read_rows

ROWS = Path(__file__).with_suffix(".csv")


def published_rows(experiment: str) -> list[dict]:
    """Rows of an experiment, in the order of the file."""
    return [row for row in read_rows(ROWS) if row["experiment"] == experiment]


def published_texts(experiment: str) -> dict[str, str]:
    """Name of a row -> number as published, with its error where there is one."""
    return {
        row["row"]: f"{row['value']} ± {row['error']}" if row["error"] else row["value"]
        for row in published_rows(experiment)
    }
