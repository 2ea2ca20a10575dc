"""A run under analysis: values that its pictures share, each computed once, on first use."""

import functools
import hashlib
import json
import logging
from pathlib import Path

import numpy as np

from vae_tf import __version__
from vae_tf.analysis.attributes import NamedDirection, attribute_directions
from vae_tf.analysis.edits import (
    ImageClassifiers,
    ScoredDirection,
    image_classifiers,
    scored_directions,
)
from vae_tf.analysis.failures import reading
from vae_tf.analysis.forecasting import has_forecast
from vae_tf.analysis.image_sets import ImageSets
from vae_tf.analysis.naming import latent_names
from vae_tf.data import GroundTruthImages, ImageSet
from vae_tf.models import MODELS
from vae_tf.models.template.codes import codes_and_kl, encode_images
from vae_tf.plots.code_statistics import CodeStatistics, code_statistics
from vae_tf.priors.code_mixture import CodeMixture
from vae_tf.process.errors import UserError
from vae_tf.results.score_records import RECORD, load_record
from vae_tf.runs import COLUMNS, Run, checkpoints

SEED = 0  # seed of every random choice
_NUM_ANALYZED = 1_000  # images that are encoded; the second project's number
_NUM_SHOWN = 10  # images that are shown, as in the pictures of training
_NUM_RANDOM = 5_000  # random images of a set with known factors


class AnalyzedRun:
    """A run with the images, codes and numbers of its pictures.

    Its images are evenly spaced over the validation split.

    Args:
        run: The run.
        image_sets: Image sets that are shared with other runs; None to load the images again.
        results: Folder of the results of all runs, for commands in messages.

    Attributes:
        run: The run.
        params: Its parameters.
        results: See above.
    """

    def __init__(
        self,
        run: Run,
        image_sets: ImageSets | None = None,
        *,
        results: Path = Path("images"),
    ):
        self.run = run
        self.results = results
        self.params = run.params
        self._image_sets = image_sets or ImageSets()

    # --- the run ---

    @property
    def model(self):
        """The model with the weights of the newest checkpoint."""
        logging.getLogger("tensorflow").addFilter(_not_about_retracing)
        return self.run.model

    @property
    def step(self) -> int:
        """Optimizer updates that the model has seen."""
        return self.run.details["step"]

    @functools.cached_property
    def history(self) -> dict[str, np.ndarray]:
        """Columns of log.csv by name.

        Raises:
            UserError: If the file has no row yet, or cannot be read.
        """
        with reading(self.run.log_path):
            history = self.run.history
        if not history or not len(history["step"]):
            raise UserError(
                f"{self.run.log_path} has no rows yet. Train the run, or wait for its first row."
            )
        return history

    @functools.cached_property
    def caption(self) -> str:
        """A line with the name of the run and the step of the model."""
        return f"{self.run.name}, step {self.step:,} of {self.params.steps:,}"

    @functools.cached_property
    def record(self) -> dict | None:
        """Content of metrics.json, None if the run has no scores.

        Raises:
            UserError: If the file cannot be read.
        """
        with reading(self.run.path / RECORD):
            record = load_record(self.run.path / RECORD)
            return record and record | {"run": self.run.name}  # the folder may have a new name

    # --- the images ---

    @functools.cached_property
    def images(self) -> ImageSet:
        """The validation split or, if it cannot be loaded, the sample in the run folder.

        Raises:
            UserError: If there is neither, or the images have another shape than in the training.
        """
        images = self._image_sets.of(self.run)
        expected = tuple(self.run.details["image_shape"])
        if images.image_shape != expected:
            raise UserError(
                f"The images of '{self.params.dataset}' are {images.image_shape} now, and were "
                f"{expected} when the run was trained. Restore the data of the training."
            )
        return images

    @property
    def training_images(self) -> ImageSet:
        """The training split.

        Raises:
            UserError: If the data cannot be loaded.
        """
        try:
            return self.run.data
        except UserError as error:
            named = f"It needs the training images of '{self.params.dataset}'."
            raise UserError(f"{named} {error}") from None

    @property
    def has_pictures(self) -> bool:
        """Whether the data are images, not vectors; True if that is not known."""
        newest = checkpoints.newest(self.run.checkpoints)
        try:
            details = checkpoints.load_details(newest) if newest else {}
        except UserError:  # loading the model reports it
            details = {}
        shape = details.get("image_shape")
        return not (isinstance(shape, list) and len(shape) == 1)

    @property
    def has_table(self) -> bool:
        """Whether the data are rows of a table."""
        return (self.run.path / COLUMNS).is_file()

    @property
    def has_factors(self) -> bool:
        """Whether the factors that generate the images are known."""
        return isinstance(self.images, GroundTruthImages)

    @property
    def ground_truth(self) -> GroundTruthImages:
        """The validation split, with the factors that generate its images.

        Raises:
            UserError: If they are not known.
        """
        images = self.images
        if not isinstance(images, GroundTruthImages):
            raise UserError(
                f"It needs the factors of images. The factors of '{self.params.dataset}' "
                f"are not known. Look at the traversals instead."
            )
        return images

    @property
    def shown_rows(self) -> np.ndarray:
        """Indices of the images that are shown, `[10]`."""
        return np.linspace(0, len(self.images) - 1, _NUM_SHOWN).astype(int)

    @property
    def analyzed_rows(self) -> np.ndarray:
        """Indices of the images that are encoded: at most 1,000, evenly spaced."""
        count = len(self.images)
        return np.unique(np.linspace(0, count - 1, min(count, _NUM_ANALYZED)).astype(int))

    @property
    def image_count(self) -> str:
        """The number of analyzed images in words, such as "1,000 validation images"."""
        return f"{len(self.analyzed_rows):,} validation images"

    @functools.cached_property
    def originals(self) -> np.ndarray:
        """The images that are shown, `[10, H, W, C]`."""
        return self.images.images(self.shown_rows)

    # --- their codes ---

    @functools.cached_property
    def shown_codes(self) -> np.ndarray:
        """Posterior means of the images that are shown, `[10, L]`."""
        return self.model.encode(
            self.images.observed(self.shown_rows), self.labels_of(self.shown_rows)
        )[0]

    @functools.cached_property
    def statistics(self) -> CodeStatistics:
        """Statistics of the codes of the analyzed images."""
        labels = self.labels_of(self.analyzed_rows)
        rows = self.analyzed_rows
        mean, log_stddev, kl = codes_and_kl(self.model, self.images.observed, rows, labels)
        return code_statistics(mean, log_stddev, kl.mean(axis=0), seed=SEED)

    @functools.cached_property
    def code_mixture(self) -> CodeMixture | None:
        """Mixture of Gaussians that is fitted to codes of training images.

        None if the training images cannot be loaded. None also for maps of discrete codes: a sample
        of a Gaussian is no such map.
        """
        from vae_tf.probability.distributions import CodeMap  # imports TensorFlow

        if self.model.posterior is CodeMap:
            return None
        try:
            with reading():
                return self.run.code_mixture
        except UserError as error:
            logging.info("No mixture of the codes of %s: %s", self.run.name, error)
            return None

    @functools.cached_property
    def latent_names(self) -> dict[int, str]:
        """Number of a latent -> the attribute that it predicts best; see `naming.latent_names`."""
        classifiers = self.classifiers if self.directions else None
        return latent_names(self.run, self.statistics, self.directions, classifiers)

    @functools.cached_property
    def directions(self) -> list[NamedDirection]:
        """Directions of attributes, see `attribute_directions`."""
        return attribute_directions(self.run)

    @functools.cached_property
    def classifiers(self) -> ImageClassifiers:
        """Classifiers of the attributes of `directions` in decoded images."""
        return image_classifiers(self.run, self.directions)

    @functools.cached_property
    def scored_directions(self) -> list[ScoredDirection]:
        """Directions with their effects on images, the best first."""
        known = self.directions
        return scored_directions(self.run, known, self.classifiers) if known else []

    @property
    def has_forecast(self) -> bool:
        """Whether a linear VAE can forecast the run."""
        return has_forecast(self.params)

    @property
    def draws_classes(self) -> bool:
        """Whether the model can draw images of a chosen class."""
        model = MODELS[self.params.model]
        return model.conditional or (model.classifies and self.params.model != "m1")

    def labels_of(self, rows: np.ndarray) -> np.ndarray | None:
        """Labels of images for a model that needs labels; None for other models."""
        if not self.model.conditional or self.images.labels is None:
            return None
        return self.images.labels[rows]

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Decode codes. If the model needs labels, all have the label of the first shown image."""
        labels = self.labels_of(self.shown_rows)
        return self.model.decode(codes, None if labels is None else labels[0])

    @functools.cached_property
    def random_codes(self) -> tuple[np.ndarray, np.ndarray]:
        """Posterior means `[5000, L]` and factors `[5000, K]` of random images.

        Raises:
            UserError: If the model needs labels (random factors have none), or the factors of the
                images are not known.
        """
        if self.model.conditional:
            raise UserError(
                "Its codes are for images with given labels, and do not contain the labels. "
                "Look at the traversals instead."
            )
        images = self.ground_truth
        factors = images.sample_factors(_NUM_RANDOM, np.random.default_rng(SEED))
        return encode_images(self.model, images.images_of, factors)[0], factors

    # --- what products are made from ---

    def source(self, kinds: tuple[str, ...]) -> str:
        """Returns a name of the sources of a product. It changes only if the sources change.

        Args:
            kinds: Parts of the run that the product is made from: "log", "samples", "checkpoint",
                "scores".
        """
        parts = [self._digests[kind] for kind in ("params", *kinds)]
        text = json.dumps([__version__, parts, []])  # another form would draw all pictures again
        return f"vae_tf {__version__} {hashlib.sha256(text.encode()).hexdigest()[:24]}"

    @functools.cached_property
    def _digests(self) -> dict[str, str]:
        newest = checkpoints.newest(self.run.checkpoints)
        pictures = sorted(self.run.samples.glob("step_*.png"))
        return {
            "params": _digest(self.run.params_path),
            "log": _digest(self.run.log_path),
            "checkpoint": _digest(newest),
            "scores": _digest(self.run.path / RECORD),
            "samples": " ".join(f"{path.name}:{path.stat().st_size}" for path in pictures),
        }


def _not_about_retracing(record: logging.LogRecord) -> bool:
    """Drops TensorFlow's warnings of retracing: it counts models of several runs as one model."""
    return "triggered tf.function retracing" not in record.getMessage()


def _digest(path: Path | None) -> str:
    if path is None or not path.is_file():
        return "none"
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
