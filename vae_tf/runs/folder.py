"""A run folder as an object: parameters, model, log and data, each read on demand."""

import functools
import logging
import os
from pathlib import Path

import numpy as np

from vae_tf.config import Params
from vae_tf.data import ImageSet, load
from vae_tf.data.fingerprints import fingerprint
from vae_tf.data.missing import with_missing
from vae_tf.models.template.codes import encode_images
from vae_tf.priors.code_flow import CodeFlow, fit_flow
from vae_tf.priors.code_mixture import CodeMixture, fit_mixture
from vae_tf.priors.flow_matching import match_flow
from vae_tf.process.errors import UserError, unknown
from vae_tf.process.files.reading import read_text
from vae_tf.process.numbers import check_count
from vae_tf.process.quiet_tensorflow import import_tensorflow
from vae_tf.process.texts.command_names import name_of as script_name
from vae_tf.runs import checkpoints
from vae_tf.runs.anomalies.run_methods import AnomalyMethods
from vae_tf.runs.code_flow import keep_code_flow, kept_code_flow
from vae_tf.runs.columns import read_columns, with_layout
from vae_tf.runs.details import check_details, check_params, same_images
from vae_tf.runs.inference.run_methods import InferenceMethods
from vae_tf.runs.lock import LOCK
from vae_tf.runs.log import read_log, read_proven_log
from vae_tf.runs.networks import read_networks
from vae_tf.runs.tables import TableMethods

PARAMS = "params.json"  # the file that makes a folder a run
REPLACED = "params.json.replaced"  # its name while --overwrite removes the run
STUDY = "study.csv"  # the file that makes a folder a study, in which its runs are
_MOST_FITTED = 10_000  # images to whose codes a mixture is fitted


class Run(AnomalyMethods, InferenceMethods, TableMethods):
    """A run folder, read on demand.

    Objects that are already in memory, for example after a training, are passed as arguments. They
    are not read from the folder.

    Args:
        path: The folder.
        name: Name of the run; None for the name of its folder.
        model: The trained model.
        data: The images that the model was trained on.
        validation_data: The images that it was validated on.

    Attributes:
        path: The folder.
        name: Name of the run; STUDY/POINT for a run of a study.
        params: The parameters of the run.

    Raises:
        UserError: If the folder is not a run folder.
    """

    def __init__(
        self,
        path: "str | os.PathLike",
        *,
        name: str | None = None,
        model=None,
        data: ImageSet | None = None,
        validation_data: ImageSet | None = None,
    ):
        self.path = Path(path)
        self.name = name or name_of(self.path)
        if not self.params_path.is_file():
            raise UserError(f"'{self.path}' is no run folder: {self._what_it_is()}")
        try:
            self.params = Params.from_json(read_text(self.params_path))
        except UserError as error:
            raise UserError(f"{self.params_path} cannot be read: {error}") from None
        if model is not None:
            self.model = model
        if data is not None:
            self.data = data
        if validation_data is not None:
            self.validation_data = validation_data

    def __repr__(self):
        params = self.params
        newest = checkpoints.newest(self.checkpoints)
        trained = "not trained yet"
        if newest is not None:
            trained = f"step {checkpoints.step_of(newest):,} of {params.steps:,}"
        return (
            f"<Run {self.name!r}: {params.model} of {params.latent_size} latents on "
            f"{params.dataset}, kl_weight {params.kl_weight}, {trained}>"
        )

    def _what_it_is(self) -> str:
        if any((self.path / name).exists() for name in (LOCK, REPLACED)):
            return (
                f"it holds no {PARAMS}, as a training there was stopped before it began. Start it "
                f"anew with --overwrite."
            )
        what = f"holds no {PARAMS}" if self.path.is_dir() else "does not exist"
        return f"it {what}. Name one that a training made, such as predictions/RUN."

    @property
    def predictions(self) -> Path:
        """The folder of the run folders, as given to `--predictions`."""
        beside = self.path.parent
        return beside.parent if (beside / STUDY).is_file() else beside

    @property
    def params_path(self) -> Path:
        return self.path / PARAMS

    @property
    def log_path(self) -> Path:
        return self.path / "log.csv"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    @functools.cached_property
    def model(self):
        """The model with the weights of the newest checkpoint."""
        import_tensorflow()
        from vae_tf.models.template.build import build_model

        arrays, details = self.checkpoint
        digest = details.get("networks")
        model = build_model(
            with_layout(self.params, read_columns(self.path)),
            tuple(details["image_shape"]),
            details["dataset_size"],
            details.get("num_classes"),
            read_networks(self.path, digest) if digest else None,
        )
        checkpoints.restore(model, arrays, weights_only=self.slimmed, averaged=True)
        return model

    @functools.cached_property
    def training_codes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Indices, means and log-stddevs of at most 10,000 evenly spaced training images.

        Raises:
            UserError: If the images cannot be loaded.
        """
        rows = self.data.evenly_spaced(_MOST_FITTED)
        labels = self.data.labels if self.model.conditional else None
        given = None if labels is None else labels[rows]
        return rows, *encode_images(self.model, self.data.observed, rows, given)

    @functools.cached_property
    def code_mixture(self) -> CodeMixture:
        """A Gaussian mixture fitted to samples of the posteriors of `training_codes`.

        Raises:
            UserError: If the images cannot be loaded.
        """
        _, mean, log_stddev = self.training_codes
        noise = np.random.default_rng(0).standard_normal(mean.shape)
        return fit_mixture(mean + np.exp(log_stddev) * noise)

    @functools.cached_property
    def code_flow(self) -> CodeFlow:
        """A normalizing flow fitted to the posteriors of `training_codes`, in at most a minute.

        If the encoder gives posteriors, the flow is a RealNVP. If codes have no noise, the flow is
        learned by flow matching. The flow is saved in the run folder. If the weights of the model
        change, the flow is fitted again.

        Raises:
            UserError: If the images cannot be loaded.
        """
        flow = kept_code_flow(self)
        if flow is None:
            _, mean, log_stddev = self.training_codes
            without_noise = np.isneginf(log_stddev).all()
            flow = match_flow(mean) if without_noise else fit_flow(mean, log_stddev)
            keep_code_flow(self, flow)
        return flow

    def generate(self, n: int, seed: int = 0, *, prior: str = "model", label=None) -> np.ndarray:
        """`n` images `[n, H, W, C]` in [0, 1] decoded from random codes.

        Args:
            n: Number of images, at least 0.
            seed: Seed of the codes, at least 0.
            prior: "model" for codes of the model's own prior. "mixture" and "flow" for codes of a
                density that was fitted to codes of training images, see `code_mixture` and
                `code_flow`. With them, a plain autoencoder also generates images.
            label: `[n]`, or one label for all images, if the model needs labels. None draws random
                labels.

        Raises:
            UserError: If the prior is unknown, the images that it is fitted to cannot be loaded, or
                another argument is not valid.
        """
        n, seed = check_count("n", n, 0), check_count("seed", seed, 0)
        if prior == "model":
            return self.model.generate(n, seed, label)
        rng = np.random.default_rng(seed)
        return self.model.decode(*self.random_codes(n, rng, prior=prior, label=label), rng)

    def random_codes(self, n: int, rng: np.random.Generator, *, prior: str, label=None) -> tuple:
        """Codes `[n, L]` of a prior, and their labels or None; arguments as in `generate`."""
        if prior not in ("model", "mixture", "flow"):
            raise unknown("prior", prior, ("model", "mixture", "flow"))
        if prior == "model":
            z = self.model.sample_prior(n, rng)
        else:
            z = (self.code_mixture if prior == "mixture" else self.code_flow).sample(n, rng)
        return z, self.model.label_rows(label, n, rng).get("label")

    def compress(self, images: np.ndarray, *, progress: bool = False) -> bytes:
        """Compresses images without loss; `vae_tf.decompress(content, run)` restores them.

        Args:
            images: `[N, H, W, C]`, of any type that training accepts. If the model has a Bernoulli
                likelihood, images must be black and white. If it has a beta-binomial or a
                discretized logistic likelihood, images must have 256 grey levels.
            progress: Whether to show a progress bar on stderr.

        Returns:
            Content of the compressed file, see `compression`.

        Raises:
            UserError: If the model cannot compress, or the images do not fit its likelihood.
        """
        from vae_tf.runs.compression import compress_images

        return compress_images(self.model, images, self.name, progress=progress).content

    @property
    def details(self) -> dict:
        """Step, image shape and state of early stopping at the newest checkpoint."""
        return self.checkpoint[1]

    @property
    def slimmed(self) -> bool:
        """Whether the newest checkpoint contains only weights."""
        return self.details.get("slim", False)

    @functools.cached_property
    def checkpoint(self) -> tuple[dict[str, np.ndarray], dict]:
        """Arrays and details of the newest checkpoint."""
        return self._read_checkpoint()

    def reread_checkpoint(self):
        """Reads the newest checkpoint again, after a new one was written."""
        self.checkpoint = self._read_checkpoint()

    def _read_checkpoint(self) -> tuple[dict[str, np.ndarray], dict]:
        found = checkpoints.load_newest(self.checkpoints, set_aside=False)
        if found is None:
            script = "study.py" if (self.path.parent / STUDY).is_file() else "train.py"
            option = "" if script == "study.py" else ", with --resume"
            raise UserError(
                f"Run '{self.path}' has no checkpoint to load. Train it: repeat the command of "
                f"{script_name(script)} which began it{option}."
            )
        try:
            check_details(found[1])
        except UserError as error:
            newest = checkpoints.newest(self.checkpoints)
            raise UserError(
                f"The details of the checkpoint {newest} are damaged: {error}"
            ) from None
        check_params(self.path, found[1], self.params)
        return found

    @property
    def history(self) -> dict[str, np.ndarray]:
        """Columns of log.csv by name, `[rows]`: `step` int, others float. Empty cells are NaN.

        Raises:
            UserError: If the file is damaged, or does not belong to the newest checkpoint.
        """
        # Before the log is read: a training that resumes meanwhile only adds rows to it.
        newest = checkpoints.newest(self.checkpoints)
        if newest is not None:
            self._check_log(newest)
        columns, rows = read_log(self.log_path)
        table = [[float(cell or "nan") for cell in row] for row in rows]
        history = {name: np.array([row[i] for row in table]) for i, name in enumerate(columns)}
        return history | {"step": history["step"].astype(int)} if history else {}

    def _check_log(self, checkpoint: Path):
        try:
            details = check_details(checkpoints.load_details(checkpoint))
        except UserError:
            return  # it proves nothing; loading the model reports it
        read_proven_log(self.log_path, details["step"], details.get("log"))

    @functools.cached_property
    def data(self) -> ImageSet:
        """The images that the model was trained on."""
        return self._load_data("train")

    @functools.cached_property
    def validation_data(self) -> ImageSet:
        """The images that the model was validated on."""
        return self._load_data("validation")

    def _load_data(self, split: str) -> ImageSet:
        details = self.details if checkpoints.newest(self.checkpoints) else {}
        if details.get("own_data"):
            raise UserError(
                f"'{self.path}' was trained on images given to train(data=...), which cannot be "
                f"loaded by name. Give them again: load_run(path, data=...)."
            )
        images = load_data(self.params, split)
        self.warn_of_other(split, images)
        return images

    def warn_of_other(self, split: str, images: ImageSet):
        """Warns if the images of a split differ from the images that the run was trained with."""
        details = self.details if checkpoints.newest(self.checkpoints) else {}
        then = details.get("data", {}).get(split)
        if then is not None and same_images(then, fingerprint(images)) is False:
            logging.warning(
                "The %s images of '%s' are not those that '%s' was trained with.",
                split,
                images.name,
                self.path,
            )


def name_of(path: Path) -> str:
    """The name of a run: its folder's name, and STUDY/POINT for a run of a study."""
    if (path.parent / STUDY).is_file():
        return f"{path.absolute().parent.name}/{path.name}"
    return path.name


def load_data(params: Params, split: str) -> ImageSet:
    """Loads one split of the data set that the parameters name.

    Args:
        params: The parameters of a run.
        split: "train", "validation", "test" or "all".
    """
    images = load(
        params.dataset,
        split,
        params.image_size,
        channels=params.channels,
        validation=params.validation,
        columns=params.columns,
    )
    return images if params.missing is None else with_missing(images, params.missing)
