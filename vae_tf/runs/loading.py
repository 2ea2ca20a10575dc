"""Loading a run, from its folder or from the Hugging Face hub."""

import os

from vae_tf.data import given_images
from vae_tf.runs.download import SCHEME, download
from vae_tf.runs.folder import Run


def load_run(path: "str | os.PathLike", data=None) -> Run:
    """Loads a run. Its model, history and data are read when they are first used.

    Args:
        path: The run folder, or `hf://USER/NAME` or `hf://USER/NAME@REVISION` for a run that was
            published on the Hugging Face hub, see `hub.publish`.
        data: Images of a run that was trained with `train(data=...)`, in the same form.

    Raises:
        UserError: If the folder is not a run folder, the images are not valid, the hub has no such
            run, or the hub cannot be reached.
    """
    if isinstance(path, str) and path.startswith(SCHEME):
        folder, name = download(path)
        run = Run(folder, name=name)
    else:
        run = Run(path)
    if data is not None:
        run.data, run.validation_data = given_images(data, run.params.validation)
        for split, images in (("train", run.data), ("validation", run.validation_data)):
            run.warn_of_other(split, images)
    return run
