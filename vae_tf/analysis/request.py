"""Request and outcome of an analysis."""

import dataclasses
from collections.abc import Callable, Collection, Sequence
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Request:
    """The pictures to draw, and their folder.

    Attributes:
        images: Folder of the results, a folder a run.
        only: Files to draw; None for all.
        force: Whether files that are up to date are drawn, too.
        projection: Projection of the latent space that is drawn in addition, in a file of its own:
            "tsne", "umap", or "pca" for none.
        say: Function that is given a line of progress at a time.
        formats: Formats of figures in addition to PNG: "svg", "pdf", "2x".
        data: Images of runs that were trained on images given to `train`, as there.
    """

    images: Path
    only: Collection[str] | None
    force: bool
    projection: str
    say: Callable[[str], None]
    formats: Sequence[str] = ()
    data: object = None

    def asks_for(self, name: str, on_request: bool = False) -> bool:
        """Whether a file is to be drawn; one `on_request` only where it is named."""
        if name == f"latent_space_{self.projection}.png":
            return True
        return not on_request if self.only is None else name in self.only


@dataclasses.dataclass
class Outcome:
    """Outcome of an analysis.

    Attributes:
        drawn: Files written, in order.
        current: Number of files that were up to date.
        problems: Pictures that could not be drawn, why, and the remedy; a sentence each.
        seconds: Name of a product -> time it took, summed over runs.
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
        """Notes what could not be drawn of a run; a reason is given once.

        Args:
            run: Name of the run.
            what: The failed task, such as "traversal.png not drawn".
            reason: A sentence on why, and the remedy.
        """
        if (run, reason) not in self._told:
            self._told.add((run, reason))
            self.problems.append(f"{run}: {what}. {reason}")
