"""A run folder as an object: parameters, model, log and data, each read on demand."""

import functools
import os
from pathlib import Path

import numpy as np

from vae_tf.config import Params
from vae_tf.data import ImageSet, load
from vae_tf.errors import UserError
from vae_tf.runs import checkpoints
from vae_tf.runs.log import read_log


class Run:
    """A run folder, read on demand.

    What is at hand already, as after a training, is passed in and not read from the folder.

    Args:
        path: The folder.
        model: The trained model.
        data: The images it was trained on.
        validation_data: The images it was validated on.

    Attributes:
        path: The folder.
        params: The parameters of the run.

    Raises:
        UserError: If the folder is no run.
    """

    def __init__(
        self,
        path: "str | os.PathLike",
        *,
        model=None,
        data: ImageSet | None = None,
        validation_data: ImageSet | None = None,
    ):
        self.path = Path(path)
        if not self.params_path.is_file():
            what = "holds no params.json" if self.path.is_dir() else "does not exist"
            raise UserError(
                f"'{self.path}' is no run folder: it {what}. Name a folder that train.py made, "
                f"such as predictions/RUN."
            )
        try:
            self.params = Params.from_json(self.params_path.read_text())
        except (UserError, UnicodeDecodeError) as error:
            raise UserError(f"{self.params_path} cannot be read: {error}") from None
        if model is not None:
            self.model = model
        if data is not None:
            self.data = data
        if validation_data is not None:
            self.validation_data = validation_data

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def params_path(self) -> Path:
        return self.path / "params.json"

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
        from vae_tf.models.build import build_model

        arrays, details = self._checkpoint
        model = build_model(self.params, tuple(details["image_shape"]), details["dataset_size"])
        checkpoints.restore(model, arrays, weights_only=self.slimmed)
        return model

    @property
    def details(self) -> dict:
        """Step, image shape and state of early stopping at the newest checkpoint."""
        return self._checkpoint[1]

    @property
    def slimmed(self) -> bool:
        """Whether the newest checkpoint holds weights in half precision and nothing else."""
        return self.details.get("slim", False)

    @functools.cached_property
    def _checkpoint(self) -> tuple[dict[str, np.ndarray], dict]:
        return self._read_checkpoint()

    def reread_checkpoint(self):
        """Reads the newest checkpoint again, after it was written anew."""
        self._checkpoint = self._read_checkpoint()

    def _read_checkpoint(self) -> tuple[dict[str, np.ndarray], dict]:
        found = checkpoints.load_newest(self.checkpoints, set_aside=False)
        if found is None:
            raise UserError(
                f"Run '{self.path}' has no checkpoint to load. Train it: "
                f"python train.py RUN --name {self.name} --resume"
            )
        return found

    @property
    def history(self) -> dict[str, np.ndarray]:
        """Columns of log.csv by name: `[rows]`, `step` int, others float, NaN where empty."""
        columns, rows = read_log(self.log_path)
        table = [[float(cell or "nan") for cell in row] for row in rows]
        history = {name: np.array([row[i] for row in table]) for i, name in enumerate(columns)}
        return history | {"step": history["step"].astype(int)} if history else {}

    @functools.cached_property
    def data(self) -> ImageSet:
        """The images it was trained on."""
        return self._load_data("train")

    @functools.cached_property
    def validation_data(self) -> ImageSet:
        """The images it was validated on."""
        return self._load_data("validation")

    def _load_data(self, split: str) -> ImageSet:
        if any(self.checkpoints.glob("step_*.npz")) and self.details["own_data"]:
            raise UserError(
                f"'{self.path}' was trained on images given to train(data=...), which cannot be "
                f"loaded by name. Use your images in their place."
            )
        return load_data(self.params, split)


def load_run(path: "str | os.PathLike") -> Run:
    """Loads a run; its model, history and data are read when they are asked for.

    Args:
        path: The run folder.

    Raises:
        UserError: If the folder is no run.
    """
    return Run(path)


def load_data(params: Params, split: str) -> ImageSet:
    """Loads one split of the data set that the parameters name.

    Args:
        params: The parameters of a run.
        split: "train", "validation", "test" or "all".
    """
    return load(
        params.dataset,
        split,
        params.image_size,
        channels=params.channels,
        validation=params.validation,
    )
