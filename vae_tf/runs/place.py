"""The place of a run folder: a folder that was renamed or replaced meanwhile is not written to."""

import os
from pathlib import Path

from vae_tf.process.errors import TrainingStopped
from vae_tf.runs import checkpoints


class Place:
    """Context in which a folder is known by its device and inode, whatever becomes of its path.

    It holds the folder open: the inode of one that is deleted goes to no other folder meanwhile.

    Args:
        path: The run folder.
    """

    def __init__(self, path: Path):
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            if isinstance(error, OSError):
                self.check()  # a file that is not found has moved along with its folder
        finally:
            os.close(self._descriptor)

    def check(self):
        """Checks that the path still names the folder; to be called before each writing.

        Raises:
            TrainingStopped: If it does not; the message says where the folder is now.
        """
        if self._is_at(self._path):
            return
        now = self._found()
        if now is None:
            raise TrainingStopped(
                f"The run folder '{self._path}' was moved or deleted while it was trained, so "
                f"training stopped, and nothing is written in its place. Put it back and continue "
                f"with --resume, or start it again."
            )
        raise TrainingStopped(
            f"The run folder '{self._path}' was moved to '{now}' while it was trained, so training "
            f"stopped, and nothing is written in its place. "
            f"{checkpoints.describe_newest(now / 'checkpoints')} Move the folder back, or resume "
            f"from where it is (--predictions, --name), with --resume."
        )

    def _is_at(self, path: Path) -> bool:
        try:
            return os.path.samestat(os.stat(path), os.fstat(self._descriptor))
        except OSError:
            return False

    def _found(self) -> Path | None:
        """Where the folder is now, as far as the system knows; None if it was deleted."""
        try:
            now = Path(os.readlink(f"/proc/self/fd/{self._descriptor}"))
        except OSError:  # no Linux
            return None
        return now if self._is_at(now) else None
