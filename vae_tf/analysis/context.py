"""What the products of one run share, computed once and only when asked for."""

import functools
import hashlib
import json
import logging
import sys

import numpy as np

from vae_tf.analysis.records import RECORD, load_record
from vae_tf.data import GroundTruthImages, ImageSet
from vae_tf.errors import UserError
from vae_tf.metrics.decomposition import kl_per_code
from vae_tf.plots.latents import CodeStatistics, code_statistics
from vae_tf.quiet_tensorflow import import_tensorflow
from vae_tf.runs import Run, checkpoints
from vae_tf.version import VERSION

NUM_ANALYSED = 1_000  # images encoded; the second project's number
NUM_SHOWN = 10  # images shown, the same as in the pictures of training
SEED = 0  # of every random choice


class Context:
    """A run under analysis.

    Images come from its validation split, evenly spaced over it: nothing is picked by hand.

    Args:
        run: To be analysed.
        data: Image sets by what names them, shared between contexts; a set that could not be
            loaded is kept as the error, so that it is tried once.
        projection: Of the latent space besides PCA: "pca" for none, "tsne" or "umap".
    """

    def __init__(self, run: Run, data: dict | None = None, projection: str = "pca"):
        self.run = run
        self.params = run.params
        self.projection = projection
        self._data = {} if data is None else data

    # --- the run ---

    @property
    def model(self):
        """The model at the newest checkpoint."""
        if "tensorflow" not in sys.modules:
            import_tensorflow()
        logging.getLogger("tensorflow").addFilter(_not_about_retracing)
        return self.run.model

    @property
    def step(self) -> int:
        """Optimizer updates that the model has seen."""
        return self.run.details["step"]

    @functools.cached_property
    def history(self) -> dict[str, np.ndarray]:
        """Columns of log.csv."""
        history = self.run.history
        if not history or not len(history["step"]):
            raise UserError(
                f"{self.run.log_path} holds no rows yet. Train the run, or wait for its first row."
            )
        return history

    @functools.cached_property
    def about(self) -> str:
        """A line that says which model is shown."""
        return f"{self.run.name}, step {self.step:,} of {self.params.steps:,}"

    @functools.cached_property
    def record(self) -> dict | None:
        """Content of metrics.json; None if the run is not scored."""
        return load_record(self.run.path / RECORD)

    # --- the images ---

    @property
    def images(self) -> ImageSet:
        """The validation split.

        Raises:
            UserError: If the data cannot be had.
        """
        params = self.params
        key = (params.dataset, params.image_size, params.channels, params.validation)
        if key not in self._data:
            try:
                self._data[key] = self.run.validation_data
            except UserError as error:
                self._data[key] = error
        if isinstance(self._data[key], UserError):
            raise UserError(f"It needs the images of '{params.dataset}'. {self._data[key]}")
        images = self._data[key]
        expected = tuple(self.run.details["image_shape"])
        if images.image_shape != expected:
            raise UserError(
                f"The images of '{params.dataset}' are {images.image_shape} now, and were "
                f"{expected} when the run was trained. Put the same data back."
            )
        return images

    @property
    def shown(self) -> np.ndarray:
        """`[10]` indices of the images that are shown."""
        return np.linspace(0, len(self.images) - 1, NUM_SHOWN).astype(int)

    @property
    def analysed(self) -> np.ndarray:
        """Indices of the images that are encoded: 1,000, or all where there are fewer."""
        count = len(self.images)
        return np.unique(np.linspace(0, count - 1, min(count, NUM_ANALYSED)).astype(int))

    @property
    def has_factors(self) -> bool:
        """Whether the generating factors of the images are known."""
        return isinstance(self.images, GroundTruthImages)

    @functools.cached_property
    def originals(self) -> np.ndarray:
        """`[10, H, W, C]`, the images that are shown."""
        return self.images.images(self.shown)

    @functools.cached_property
    def shown_codes(self) -> np.ndarray:
        """`[10, L]`, posterior means of the images that are shown."""
        return self.model.encode(self.originals)[0]

    @functools.cached_property
    def statistics(self) -> CodeStatistics:
        """Codes of the analysed images."""
        mean, log_stddev = self.model.encode(self.images.images(self.analysed))
        if self.model.deterministic:
            kl = np.full(mean.shape[1], np.inf)
        elif not self.model.gaussian_posterior:
            kl = np.full(mean.shape[1], np.nan)
        else:
            kl = kl_per_code(mean, log_stddev)
        return code_statistics(mean, log_stddev, kl, seed=SEED)

    @property
    def many(self) -> str:
        """How many images were encoded, in words."""
        return f"{len(self.analysed):,} validation images"

    # --- what products are made from ---

    def source(self, kinds: tuple[str, ...], options: tuple = ()) -> str:
        """Names what a product is made from: equal where nothing changed, whatever the clock says.

        Args:
            kinds: Of "log", "samples", "checkpoint" and "scores".
            options: JSON values that change the product.
        """
        parts = [self._digests[kind] for kind in ("params", *kinds)]
        text = json.dumps([VERSION, parts, options])
        return f"vae_tf {VERSION} {hashlib.sha256(text.encode()).hexdigest()[:24]}"

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
    """Filter: TensorFlow takes the models of several runs for one function traced again."""
    return "triggered tf.function retracing" not in record.getMessage()


def _digest(path) -> str:
    if path is None or not path.is_file():
        return "none"
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
