"""Making a run small enough to publish."""

from PIL import Image

from vae_tf.files.reading import open_regular
from vae_tf.files.saving import written_whole
from vae_tf.runs import checkpoints
from vae_tf.runs.creation import check_links
from vae_tf.runs.folder import Run

_COLORS = 128  # of a sample picture


def slim(run: Run):
    """Makes a run small enough to publish: to be analyzed, not to be resumed.

    Of its checkpoints the newest weights are kept, in half precision, and its pictures keep 128
    colors each.
    """
    check_links(run.path)
    checkpoints.slim(run.checkpoints)
    for path in run.samples.glob("step_*.png"):
        with open_regular(path) as file, Image.open(file) as picture:
            if picture.mode == "P":
                continue
            small = picture.quantize(_COLORS)
        with written_whole(path) as partial:
            small.save(partial, format="PNG", optimize=True)
    run.reread_checkpoint()
