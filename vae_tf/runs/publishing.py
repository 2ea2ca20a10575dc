"""Making a run small enough to publish."""

from pathlib import Path

import numpy as np
from PIL import Image

from vae_tf.process.files.reading import open_regular
from vae_tf.process.files.saving import written_whole
from vae_tf.runs import checkpoints
from vae_tf.runs.creation import check_links
from vae_tf.runs.folder import Run

_COLORS = 128  # of a sample picture
_PICTURES = 12  # of a run, at most: a film of some seconds


def slim(run: Run):
    """Makes a run small enough to publish: to be analyzed, not to be resumed.

    The newest weights of its checkpoints are kept, in half precision, and of its pictures 12 at
    most, of 128 colors each.
    """
    check_links(run.path)
    checkpoints.slim(run.checkpoints)
    for path in _thinned(sorted(run.samples.glob("step_*.png"))):
        with open_regular(path) as file, Image.open(file) as picture:
            if picture.mode == "P":
                continue
            small = picture.quantize(_COLORS)
        with written_whole(path) as partial:
            small.save(partial, format="PNG", optimize=True)
    run.reread_checkpoint()


def _thinned(paths: list[Path]) -> list[Path]:
    """The pictures that stay, closest at the beginning, where most happens; deletes others."""
    spaced = np.geomspace(1, max(1, len(paths)), _PICTURES).round().astype(int)
    kept = [paths[place - 1] for place in np.unique(spaced)] if paths else []
    for path in set(paths) - set(kept):
        path.unlink()
    return kept
