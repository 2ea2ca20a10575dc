"""The images of all runs under analysis, each set loaded once."""

import logging

from vae_tf.data import ImageSet
from vae_tf.process.errors import UserError
from vae_tf.runs import Run, kept_images


class ImageSets:
    """Validation splits. Each is loaded once and shared by all runs on the same data set.

    Images that were given to `train(data=...)` are not shared with other runs.
    """

    def __init__(self) -> None:
        self._found: dict[tuple, ImageSet | UserError] = {}

    def of(self, run: Run) -> ImageSet:
        """Returns the validation split of a run or, if it cannot be loaded, the saved sample.

        Raises:
            UserError: If there is neither. A set that failed is not loaded again.
        """
        params = run.params
        own = str(run.path) if run.details["own_data"] else None
        key = (own, params.dataset, params.image_size, params.channels, params.validation)
        if key not in self._found:
            try:
                self._found[key] = run.validation_data
            except UserError as error:
                self._found[key] = error
        found = self._found[key]
        if not isinstance(found, UserError):
            return found
        kept = kept_images(run.path, params.dataset)
        if kept is None:
            raise UserError(f"It needs the images of '{params.dataset}'. {found}")
        logging.warning(
            "The images of '%s' cannot be loaded. Pictures show the %d validation images that are "
            "saved in the run folder. --force draws the pictures again later.",
            params.dataset,
            len(kept),
        )
        return kept
