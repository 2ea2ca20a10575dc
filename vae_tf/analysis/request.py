"""Request and outcome of an analysis."""

import dataclasses
from collections.abc import Callable, Collection, Sequence
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Request:
    """The pictures to draw, and their folder.

    Attributes:
        images: Folder of the results, with a folder per run.
        only: Names of files to draw; None for all.
        force: Whether up-to-date files are drawn again, too.
        projection: Additional projection of the latent space, in its own file: "tsne", "umap", or
            "pca" for none.
        say: Function that is called with each line of progress.
        formats: Formats of figures in addition to PNG, see `analyze`.
        data: Images of runs that were trained on given images, see `analyze`.
    """

    images: Path
    only: Collection[str] | None
    force: bool
    projection: str
    say: Callable[[str], None]
    formats: Sequence[str] = ()
    data: object = None

    def asks_for(self, name: str, on_request: bool = False) -> bool:
        """Whether a file is to be drawn. A file `on_request` is drawn only if it is named."""
        if name == f"latent_space_{self.projection}.png":
            return True
        return not on_request if self.only is None else name in self.only


@dataclasses.dataclass
class Outcome:
    """Outcome of an analysis.

    Attributes:
        drawn: Files written, in order.
        current: Number of files that were up to date.
        problems: Texts: the pictures that could not be drawn, the reason and the remedy.
        seconds: Name of a product -> its drawing time in seconds, summed over runs.
    """

    drawn: list[Path] = dataclasses.field(default_factory=list)
    current: int = 0
    problems: list[str] = dataclasses.field(default_factory=list)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    _told: set[tuple[str, str]] = dataclasses.field(default_factory=set, repr=False)

    def add_drawn(self, path: Path, seconds: float = 0.0):
        """Notes a file that was written, and the time it took."""
        self.drawn.append(path)
        if seconds:
            self.seconds[path.name] = self.seconds.get(path.name, 0.0) + seconds

    def add_problem(self, run: str, what: str, reason: str):
        """Notes a problem of a run, unless the same reason was noted before.

        Args:
            run: Name of the run.
            what: The failed task, such as "traversal.png not drawn".
            reason: Sentences with the reason and the remedy.
        """
        if (run, reason) not in self._told:
            self._told.add((run, reason))
            self.problems.append(f"{run}: {what}. {reason}")
