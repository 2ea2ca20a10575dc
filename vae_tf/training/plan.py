"""A training in two steps: `prepare` checks all inputs and writes nothing, `Plan.run` trains."""

import contextlib
import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from vae_tf import runs
from vae_tf.config import Params
from vae_tf.data.image_set import ImageSet
from vae_tf.data.tables.table import columns_of
from vae_tf.models import MODELS
from vae_tf.models.template.build import build_model
from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.models.template.hyperparameters import check_hyper_names
from vae_tf.models.template.output_bias import begin_at_mean
from vae_tf.networks.own import OwnNetworks
from vae_tf.process.errors import TrainingStopped, UserError
from vae_tf.process.files.saving import write_text
from vae_tf.runs import NETWORKS, Run, checkpoints, with_layout
from vae_tf.runs.details import describe_data
from vae_tf.training.advice import forecast_advice, precision_advice, rate_advice
from vae_tf.training.callbacks import Callback, KerasCallbacks, ProgressBar, TensorBoard
from vae_tf.training.checks import (
    check_batches,
    check_columns,
    check_count_of_images,
    check_images,
)
from vae_tf.training.devices import Devices
from vae_tf.training.images import images_of, named_for
from vae_tf.training.loop import Training
from vae_tf.training.plateau import plateau_advice
from vae_tf.training.transfer import Transfer, find_start, transfer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """A training that can begin: all its inputs are loaded and checked.

    Attributes:
        params: The parameters of the run.
        run_dir: The run folder.
        resume: Whether to resume the run in the folder.
        overwrite: Whether to replace the run in the folder.
        images: The training images.
        validation: The validation images.
        own_data: Whether the images were given to `train`, not loaded by name.
        networks: The user's own networks; None for networks of the parameters.
        model: The model with initial weights. A resumed run restores its weights later.
        copied: Description of the weights that come from another run; None without such weights.
        devices: Devices for updates.
    """

    params: Params
    run_dir: Path
    resume: bool
    overwrite: bool
    images: ImageSet
    validation: ImageSet
    own_data: bool
    networks: OwnNetworks | None
    model: GenerativeModel
    copied: Transfer | None
    devices: Devices

    def advice(self) -> Iterator[str]:
        """Yields lines with advice before the training begins. The forecast takes seconds."""
        if self.copied is not None:
            yield self.copied.sentence()
        if not self.resume and (line := forecast_advice(self.params, self.images)):
            yield line
        if not self.resume and self.copied is None:
            if line := plateau_advice(self.model, self.images):
                yield line
        if line := rate_advice(self.params.rate, self.params.steps):
            yield line
        yield self.devices.describe(self.params)
        if not self.resume and self.devices.kind == "CPU":
            if line := precision_advice(self.params):
                yield line

    def run(
        self, *, callbacks: Sequence = (), progress: bool = False, tensorboard: bool = False
    ) -> Run:
        """Trains the model. A plan can be run once.

        Args:
            callbacks: Callbacks of Keras, see `callbacks.KerasCallbacks`.
            progress: Whether to show a progress bar.
            tensorboard: Whether to write event files to the folder `tensorboard` of the run, too.

        Returns:
            The run, with the trained model as `.model`.

        Raises:
            UserError: If the folder has changed, so that the training cannot begin.
            TrainingStopped: If the training cannot continue.
            Stopped: After a signal, with a checkpoint saved.
        """
        params, run_dir, networks = self.params, self.run_dir, self.networks
        labeled = bool({"label", "labeled_image"} & set(self.model.batch_keys))
        described = describe_data(self.images, self.validation, labeled=labeled)
        test = self._test_images()
        with contextlib.ExitStack() as stack:
            stack.enter_context(runs.locked(run_dir))
            stack.enter_context(_disk_errors_explained(run_dir))
            place = stack.enter_context(runs.Place(run_dir))
            if not self.resume:
                text = None if networks is None else networks.text
                table = columns_of(self.images)
                columns = None if table is None else table.to_json()
                options = {"networks": text, "columns": columns}
                runs.create(run_dir, params, overwrite=self.overwrite, **options)
            run = Run(run_dir, model=self.model, data=self.images, validation_data=self.validation)
            _make_ready(run, params)
            training = Training(
                run,
                self.model,
                self.images,
                self.validation,
                place=place,
                data=described,
                own_data=self.own_data,
                networks=None if networks is None else networks.digest,
                test=test,
                devices=self.devices,
            )
            start = training.restore() if self.resume else 0
            place.check()
            write_text(run.params_path, params.to_json())
            copied = None if self.copied is None else self.copied._asdict()
            runs.record_environment(run, start, copied)
            runs.keep_images(run_dir, self.validation)
            observers = _observers(run, start, progress, tensorboard, callbacks)
            training.run([stack.enter_context(each) for each in observers])
        return run

    def _test_images(self) -> ImageSet | None:
        """The test images for the error of a classifier; None without classifier or test split."""
        told = MODELS[self.params.model].classifies and not self.own_data
        if told and "test" in self.images.splits:
            return runs.load_data(self.params, "test")
        return None


def prepare(
    params: Params,
    run_dir: "str | os.PathLike",
    resume: bool = False,
    *,
    overwrite: bool = False,
    data=None,
    encoder=None,
    decoder=None,
    devices: int = 1,
) -> Plan:
    """Loads and checks all inputs of a training, and writes nothing.

    Args:
        params: The parameters of the run.
        run_dir: The run folder.
        resume: Whether to resume the run in the folder.
        overwrite: Whether to replace the run in the folder.
        data: Images to train on, see `train`.
        encoder: Your own encoder, see `train`.
        decoder: Your own decoder, see `train`.
        devices: Number of devices that share every batch.

    Raises:
        UserError: If the training cannot begin.
    """
    run_dir = Path(run_dir)
    if data is not None:
        params = named_for(params, data, run_dir if resume else None)
    if resume:
        runs.check_resumable(Run(run_dir), params)
    else:
        runs.check_new(run_dir, overwrite=overwrite)
    networks = _own_networks(run_dir, encoder, decoder, resume=resume)
    check_hyper_names(params)  # before images are read, which may take minutes
    images, validation = images_of(params, data)
    if resume:
        check_columns(run_dir, images)
    else:
        check_count_of_images(images, validation)
    machine = Devices(devices)
    model = _model(params, images, validation, networks, machine)
    copied = None
    newest = checkpoints.newest(run_dir / "checkpoints") if resume else None
    if newest:
        model.check_more_steps(Run(run_dir).params.steps, checkpoints.step_of(newest))
    else:
        if params.output_bias == "mean" and networks is None:
            begin_at_mean(model, images)
        source = model.borrows_from
        model.borrow(None if source is None else Run(Path(source)).model.encoder)
        if params.start is not None:
            copied = transfer(find_start(params.start, run_dir), model)
    return Plan(
        params=params,
        run_dir=run_dir,
        resume=resume,
        overwrite=overwrite,
        images=images,
        validation=validation,
        own_data=data is not None,
        networks=networks,
        model=model,
        copied=copied,
        devices=machine,
    )


def check_trainable(params: Params):
    """Checks that `train` can build the model and train it on its data. Writes nothing.

    Args:
        params: The parameters of the run.

    Raises:
        UserError: If the model cannot be built, or cannot be trained on these images.
    """
    _model(params, *images_of(params, None), None, Devices(1))


def _make_ready(run: Run, params: Params):
    """Checks and cleans the run folder, which must be locked."""
    runs.check_links(run.path)
    runs.check_resumable(run, params)  # another process may have resumed the run before the lock
    runs.clean(run.path)
    run.params = params  # params.json may still have fewer steps


def _observers(run: Run, start: int, progress, tensorboard, callbacks) -> list[Callback]:
    """Makes the requested callbacks, from step `start`."""
    params = run.params
    observers: list[Callback] = []
    if progress:
        observers.append(ProgressBar(run.name, start, params.steps, params.batch_size))
    if tensorboard:
        observers.append(TensorBoard(run.path / "tensorboard"))
    if callbacks:
        observers.append(KerasCallbacks(list(callbacks), run.model, params.steps))
    return observers


def _own_networks(run_dir: Path, encoder, decoder, *, resume: bool):
    """Returns the user's own networks, given now or to the run that is resumed; else None."""
    if encoder is not None and decoder is not None:
        return OwnNetworks.of(encoder, decoder)
    if encoder is not None or decoder is not None:
        missing = "encoder" if encoder is None else "decoder"
        raise UserError(f"Give both `encoder` and `decoder`, or neither. Received: no `{missing}`.")
    if resume and (run_dir / NETWORKS).is_file():
        return runs.read_networks(run_dir)
    return None


def _model(
    params: Params,
    images: ImageSet,
    validation: ImageSet,
    networks: OwnNetworks | None,
    machine: Devices,
) -> GenerativeModel:
    """Builds the model, and checks that the images fit it."""
    shape = images.image_shape
    params = with_layout(params, columns_of(images))
    facts = (shape, len(images), images.num_classes)
    model = machine.build(lambda: build_model(params, *facts, networks, training=True))
    machine.check(model, params)
    check_images(images, validation, unit=model.likelihood.unit)
    check_batches(model, params, images, validation)
    return model


@contextlib.contextmanager
def _disk_errors_explained(run_dir: Path) -> Iterator[None]:
    """Context that turns an error of the disk into a message with a remedy.

    Raises:
        TrainingStopped: In place of an `OSError`.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # the reader of our output has ended, which is no error of the disk
    except OSError as error:
        reason = error.strerror or error
        if error.filename is None:
            what = f"Training stopped: {reason}."
        elif Path(str(error.filename)).is_relative_to(run_dir):
            what = f"Writing to '{error.filename}' failed: {reason}."
        else:
            what = f"'{error.filename}' cannot be used: {reason}."
        raise TrainingStopped(f"{what} {_how_to_go_on(run_dir)}") from error


def _how_to_go_on(run_dir: Path) -> str:
    if not (run_dir / runs.PARAMS).is_file():
        return "The run has not begun. Fix the problem and start the run again."
    last = checkpoints.describe_newest(run_dir / "checkpoints")
    return f"{last} Fix the problem and continue with --resume."
