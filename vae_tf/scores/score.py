"""Description of a score: its function, its inputs, and its columns in tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

# Inputs that a score may need: "codes" of images, the "factors" and the "densities" q(z|x) behind
# them, "interventions", codes of images whose factors are set at will, a "model" that estimates
# likelihoods, "pixels" of images that a model reconstructs and draws, "labels", codes of images
# with their classes, or "seeds", several models that differ by their seed.
NEEDS = ("codes", "factors", "densities", "interventions", "model", "pixels", "labels", "seeds")

# Behind a number that is at the limit of what it is computed from.
FLAG = "!"


class Column(NamedTuple):
    """A number that tables show, and runs are compared by.

    Attributes:
        group: Heading above columns that belong together.
        heading: Its own heading.
        best: `max`, `min`, or None where neither is better: a collapsed model has the least KL.
        within: Values that, in addition to data and preset, must be equal for two values to be
            compared.
        flag: Name of a value that says, where it is not 0, that this one is not to be read as it
            is; tables put `FLAG` behind it.
        caution: Meaning of the flag, for the note under tables.
        level: Name of the value that it is read against, such as its level by chance; figures of
            studies draw it into the same panel.
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
        """The heading as it is alone: with its group, where that is the name of scores."""
        return f"{self.group} {self.heading}" if self.group[0].isupper() else self.heading


class Score(NamedTuple):
    """A row of `SCORES`: in `ROWS`, name -> row, of the file whose function it is.

    Attributes:
        compute: Function of the suite's `Draws` that returns a dict, name -> float; arrays in it,
            "matrix" `[L, K]` and "chance_matrix", are stored apart, for plots. A score that needs
            "seeds" is a function of codes and KL of several models instead, and returns a list of
            such dicts.
        protocol: Paper, and what of it is to be known beside the number.
        needs: Its required inputs, a part of `NEEDS`.
        sizes: Fields of `Sizes` that enter; a mapping where metrics.json has other names for them.
        columns: Name of a value -> its `Column`; values without one are in metrics.json alone.
        note: Name of a size -> what is counted, in words, for the note under tables.
        turn: Its place in the suite, which computes cheap scores first.
    """

    compute: Callable
    protocol: str
    needs: tuple[str, ...]
    sizes: Sequence[str] | Mapping[str, str] = ()
    columns: Mapping[str, Column] = {}
    note: Mapping[str, str] = {}
    turn: int = 1_000


def named(prefix: str, scores: Mapping) -> dict:
    """The scores of one function under the names that metrics.json has for them."""
    return {f"{prefix}_{name}": value for name, value in scores.items()}
