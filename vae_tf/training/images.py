"""Images of a training: the data set that the parameters name, or images given by the user."""

from pathlib import Path

from vae_tf import runs
from vae_tf.config import Params, replace
from vae_tf.data.given import YOUR_ARRAYS, given_images
from vae_tf.data.image_set import ImageSet
from vae_tf.data.labels import with_few_labels
from vae_tf.data.missing import with_missing


def named_for(params: Params, data, run_dir: Path | None) -> Params:
    """Return the parameters with a name for given data in place of the default data set."""
    if params.dataset != Params.dataset:
        return params
    if run_dir is not None and (run_dir / runs.PARAMS).is_file():  # the name may be an older one
        return replace(params, dataset=runs.Run(run_dir).params.dataset)
    first = data[0] if isinstance(data, (tuple, list)) and len(data) else data
    return replace(params, dataset=first.name if isinstance(first, ImageSet) else YOUR_ARRAYS)


def images_of(params: Params, data) -> tuple[ImageSet, ImageSet]:
    """Return the training images, with the labels that the parameters allow, and validation images.

    Images that are given to `train` get missing values if the parameters say so.
    """
    if data is not None:
        images, validation = given_images(data, params.validation)
        if params.missing is not None:
            images, validation = (with_missing(x, params.missing) for x in (images, validation))
    else:
        images, validation = (runs.load_data(params, each) for each in ("train", "validation"))
    if params.labels is not None:
        images = with_few_labels(images, params.labels, params.seed)
    return images, validation
