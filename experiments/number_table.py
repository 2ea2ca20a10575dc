"""Numbers by question, setting, seed and name, in a CSV that is committed."""

from pathlib import Path

import numpy as np
from csv_rows import read_rows, write_rows

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "images" / "gallery"


class Table:
    """Rows of a committed CSV: numbers by question, setting, seed and name.

    Args:
        path: The file.
    """

    columns = ("question", "setting", "seed", "name", "value")

    def __init__(self, path: Path):
        self.path = path
        self.rows = read_rows(path)

    def has(self, question: str, setting: object, seed: int) -> bool:
        """Whether numbers of a question, a setting and a seed are there."""
        key = (question, str(setting), str(seed))
        return any((row["question"], row["setting"], row["seed"]) == key for row in self.rows)

    def add(self, question: str, setting: object, seed: int, values: dict[str, float]):
        """Adds numbers, and writes the file."""
        for name, value in values.items():
            new = (question, str(setting), str(seed), name, f"{value:.5g}")
            self.rows.append(dict(zip(self.columns, new, strict=True)))
        write_rows(self.path, self.columns, self.rows)
        print(question, setting, seed, values, flush=True)

    def values(self, question: str, setting: object, name: str) -> np.ndarray:
        """Numbers of all seeds."""
        key = (question, str(setting), name)
        found = [r for r in self.rows if (r["question"], r["setting"], r["name"]) == key]
        return np.array([float(row["value"]) for row in found])

    def settings(self, question: str) -> list[str]:
        """Settings of a question, in the order of the rows."""
        return list(dict.fromkeys(r["setting"] for r in self.rows if r["question"] == question))

    def cell(self, question: str, setting: object, name: str, digits: int = 2) -> str:
        """Mean and standard deviation over seeds, as text; empty where there is no number."""
        found = self.values(question, setting, name)
        if not len(found):
            return ""
        mean = f"{found.mean():.{digits}f}"
        return f"{mean} ± {found.std(ddof=1):.{digits}f}" if len(found) > 1 else mean

    def markdown(self, question: str, heading: str, names: dict, digits: int = 2) -> str:
        """Numbers of a question, a row for each setting, as Markdown.

        Args:
            question: The question.
            heading: Heading of the first column.
            names: Name of a number -> heading of its column.
            digits: Decimals.
        """
        lines = [f"| {heading} | " + " | ".join(names.values()) + " |"]
        lines.append("| --- " * (len(names) + 1) + "|")
        for setting in self.settings(question):
            cells = [self.cell(question, setting, name, digits) for name in names]
            lines.append(f"| {setting} | " + " | ".join(cells) + " |")
        return "\n".join(lines)
