"""Description of a score: its function, its inputs, and its columns in tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

# Inputs that a score may need. "codes": codes of images. "factors": the factors of these images.
# "densities": their posteriors q(z|x). "interventions": codes of images with chosen factors.
# "model": a model that estimates likelihoods. "pixels": images that a model reconstructs and
# generates. "labels": codes of images with classes. "seeds": several models that differ by seed.
NEEDS = ("codes", "factors", "densities", "interventions", "model", "pixels", "labels", "seeds")

# Mark behind a number that must not be read as it is, see `Column.flag`.
FLAG = "!"


class Column(NamedTuple):
    """A number that tables show and that runs are compared by.

    Attributes:
        group: Heading above columns that belong together.
        heading: Its own heading.
        best: `max`, `min`, or None if neither is better: a collapsed model has the lowest KL.
        within: Settings that must be equal, in addition to data and preset, to compare two numbers.
        flag: Name of another value. If that value is not 0, this number must not be read as it is,
            and tables put `FLAG` behind it.
        caution: Meaning of the flag, for the note under tables.
        level: Name of another value to compare this number with, such as its chance level; figures
            of studies draw it into the same panel.
    """

    group: str
    heading: str
    best: Callable | None = max
    within: tuple[str, ...] = ()
    flag: str | None = None
    caution: str = ""
    level: str | None = None

    @property
    def name(self) -> str:
        """The heading with its group, if the group is a name such as DCI; else only the heading."""
        return f"{self.group} {self.heading}" if self.group[0].isupper() else self.heading


class Score(NamedTuple):
    """A row of `SCORES`. The file with the score's function has it in `ROWS`, name -> row.

    Attributes:
        compute: Function of the suite's `Draws` that returns a dict, name -> float. The arrays
            "matrix" `[L, K]` and "chance_matrix" in it are stored separately, for plots. For a
            score that needs "seeds", a function of the codes and the KL of several models, which
            returns a list of such dicts.
        protocol: Paper, and the settings that a reader of the number must know.
        needs: Required inputs, a part of `NEEDS`.
        sizes: Fields of `Sizes` that the score uses; a mapping, name in metrics.json -> field, if
            these names differ.
        columns: Name of a value -> its `Column`; values without a column are only in metrics.json.
        note: Name of a size -> its meaning, for the note under tables.
        turn: Position in the suite, which computes cheap scores first.
    """

    compute: Callable
    protocol: str
    needs: tuple[str, ...]
    sizes: Sequence[str] | Mapping[str, str] = ()
    columns: Mapping[str, Column] = {}
    note: Mapping[str, str] = {}
    turn: int = 1_000


def named(prefix: str, scores: Mapping) -> dict:
    """Put a prefix before the names of scores, as in metrics.json."""
    return {f"{prefix}_{name}": value for name, value in scores.items()}
