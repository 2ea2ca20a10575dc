"""The images of all runs under analysis, each set loaded once."""

import logging

from vae_tf.data import ImageSet
from vae_tf.process.errors import UserError
from vae_tf.runs import Run, kept_images


class ImageSets:
    """Validation splits, each loaded once however many runs were trained on it.

    Images that were given to train(data=...) are no data set, whatever the parameters name: they
    are shared with no other run.
    """

    def __init__(self) -> None:
        self._found: dict[tuple, ImageSet | UserError] = {}

    def of(self, run: Run) -> ImageSet:
        """Returns the validation split of a run; where it cannot be had, the sample in its folder.

        Raises:
            UserError: If there is neither; a set that failed is not tried again.
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
            "The images of '%s' cannot be had. Pictures show the %d validation images that are "
            "kept in the run folder. --force draws them again later.",
            params.dataset,
            len(kept),
        )
        return kept
