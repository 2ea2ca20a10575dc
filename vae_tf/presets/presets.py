"""Named runs of one subject, or studies, each with a sentence about it."""

from typing import Generic, TypeVar

_Preset = TypeVar("_Preset")


class Presets(dict[str, _Preset], Generic[_Preset]):
    """Runs, or studies, by name.

    Args:
        subject: Name of the group, as of `train.py --list SUBJECT`.
        title: Heading of the group: what the runs are trained on, and what they download.

    Attributes:
        about: Name -> one sentence: what a run shows, and how long it takes on two CPU cores.
    """

    def __init__(self, subject: str, title: str):
        super().__init__()
        self.subject = subject
        self.title = title
        self.about: dict[str, str] = {}

    def add(self, name: str, preset: _Preset, about: str):
        """Adds a run or a study."""
        self[name] = preset
        self.about[name] = about

    def sentence(self, name: str, preset: _Preset) -> str:
        """The sentence about a preset; empty for another one of this name."""
        return self.about[name] if name in self and self[name] == preset else ""
