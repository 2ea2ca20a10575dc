"""Starting a training: checks first, then the run folder, then the loop."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from vae_tf import runs
from vae_tf.config import Params
from vae_tf.data.given import given_images
from vae_tf.data.image_set import ImageSet
from vae_tf.data.labels import with_few_labels
from vae_tf.errors import TrainingStopped, UserError
from vae_tf.files.saving import write_text
from vae_tf.forecasts.sentence import forecast_sentence
from vae_tf.models import CLASSIFIERS
from vae_tf.models.template.build import build_model, checked_sizes
from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.models.template.memory import check_memory
from vae_tf.models.template.output_bias import begin_at_mean
from vae_tf.networks.own import OwnNetworks
from vae_tf.probability.likelihoods.texts import read_likelihood
from vae_tf.runs import NETWORKS, Run, checkpoints
from vae_tf.runs.details import describe_data
from vae_tf.schedules import as_schedule, warm_up
from vae_tf.training.callbacks import (
    Callback,
    KerasCallbacks,
    ProgressBar,
    TensorBoard,
    check_callbacks,
)
from vae_tf.training.checks import (
    check_batches,
    check_count_of_images,
    check_images,
    check_options,
)
from vae_tf.training.devices import Devices
from vae_tf.training.loop import Training
from vae_tf.training.plateau import plateau_advice
from vae_tf.training.transfer import find_start, transfer


def train(
    params: Params,
    run_dir: "str | os.PathLike",
    resume: bool = False,
    *,
    overwrite: bool = False,
    data=None,
    encoder=None,
    decoder=None,
    callbacks: Sequence = (),
    progress: bool = False,
    tensorboard: bool = False,
    say: Callable[[str], None] | None = None,
    devices: int = 1,
) -> Run:
    """Trains a model and leaves a run folder.

    A run that was stopped goes on as if it had not been: on a CPU, log.csv and the final weights
    are the same to the last bit.

    Args:
        params: The parameters of the run.
        run_dir: The run folder, see `vae_tf.runs`.
        resume: Go on with the run that is there.
        overwrite: Replace the run that is there.
        data: Images to train on, where `params.dataset` is not to be loaded and names nothing: an
            array `[N, H, W, C]`, vectors `[N, D]`, an `ImageSet`, or a pair of these for training
            and validation, see `data.given_images`.
        encoder: A network of your own in place of the one that the parameters name: a keras.Model
            `x [B, H, W, C] -> (mean [B, L], log_stddev [B, L])`. It is rebuilt from its
            configuration, with its weights, and stays as it is: `run.model.encoder` is trained.
        decoder: The same, `z [B, L] -> logits [B, H, W, C]`; give both. A run that is resumed has
            its own.
        callbacks: Callbacks of Keras, see `callbacks.KerasCallbacks`. What they do besides looking
            on is not part of what is resumed exactly.
        progress: Show a progress bar.
        tensorboard: Write event files to the folder `tensorboard` of the run, too.
        say: Function that is given lines: before a run begins, which weights it starts with, its
            forecast and what it runs on, and at the end what its KL weight was to hold and did not.
        devices: Devices that share every batch, see `training.devices`.

    Returns:
        The run, with `.model` trained.

    Raises:
        UserError: If it cannot begin; nothing has then been written.
        TrainingStopped: If it cannot go on: a loss is not finite or has diverged, the disk is full,
            or the run folder was moved.
        Stopped: After Ctrl-C (it is a `KeyboardInterrupt`), SIGTERM, SIGHUP or a scheduler's
            warning, with a checkpoint saved.
    """
    run_dir = Path(run_dir)
    check_options(resume=resume, overwrite=overwrite, tensorboard=tensorboard)
    if resume:
        runs.check_resumable(Run(run_dir), params)
    else:
        runs.check_new(run_dir, overwrite=overwrite)
    check_callbacks(callbacks)
    networks = _own_networks(run_dir, encoder, decoder, resume=resume)
    images, validation = _images(params, data)
    if not resume:
        check_count_of_images(images, validation)
    machine = Devices(devices)
    model = _model(params, images, validation, networks, machine)
    copied = None
    if not (resume and checkpoints.newest(run_dir / "checkpoints")):
        if params.output_bias == "mean" and networks is None:
            begin_at_mean(model, images)
        if params.start is not None:
            copied = transfer(find_start(params.start, run_dir), model)
    told = params.model in CLASSIFIERS and data is None and "test" in images.splits
    test = runs.load_data(params, "test") if told else None
    labeled = bool({"label", "labeled_image"} & set(model.batch_keys))
    described = describe_data(images, validation, labeled=labeled)
    if say is not None:
        for first in _first_lines(params, model, images, copied, machine, resume=resume):
            say(first)
    with contextlib.ExitStack() as stack:
        stack.enter_context(runs.locked(run_dir))
        stack.enter_context(_disk_errors_explained(run_dir))
        place = stack.enter_context(runs.Place(run_dir))
        if not resume:
            text = None if networks is None else networks.text
            runs.create(run_dir, params, overwrite=overwrite, networks=text)
        run = Run(run_dir, model=model, data=images, validation_data=validation)
        _make_ready(run, params)
        training = Training(
            run,
            model,
            images,
            validation,
            place=place,
            data=described,
            own_data=data is not None,
            networks=None if networks is None else networks.digest,
            test=test,
            devices=machine,
        )
        start = training.restore() if resume else 0
        place.check()
        write_text(run.params_path, params.to_json())
        runs.record_environment(run, start, None if copied is None else copied._asdict())
        observers = _observers(run, start, progress, tensorboard, callbacks)
        training.run([stack.enter_context(each) for each in observers])
    if say is not None and (line := model.kl_weight.shortfall()):
        say(line)
    return run


def check_trainable(params: Params):
    """Builds the model that `train` would train, on its data, and leaves nothing behind.

    Args:
        params: The parameters of the run.

    Raises:
        UserError: If it cannot be built, or not be trained on these images.
    """
    _model(params, *_images(params, None), None, Devices(1))


def _make_ready(run: Run, params: Params):
    """Checks and tidies a folder that nobody else writes to, now that it is locked."""
    runs.check_links(run.path)
    runs.check_resumable(run, params)  # another process may have gone on meanwhile
    runs.clean(run.path)
    run.params = params  # those in the folder may still have fewer steps


def _first_lines(params, model, images, copied, machine, *, resume: bool) -> Iterator[str]:
    """What is said before a run begins; the forecast takes seconds and is made only for this."""
    if copied is not None:
        yield copied.sentence()
    if not resume and (line := _forecast(params, images)):
        yield line
    if not resume and copied is None and (line := plateau_advice(model, images)):
        yield line
    if line := rate_advice(params):
        yield line
    yield machine.describe(params)


def _observers(run: Run, start: int, progress, tensorboard, callbacks) -> list[Callback]:
    """What looks on from step `start`, as it was asked for."""
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
    """The networks that were given, or those that a run to be resumed was given; else None."""
    if encoder is not None and decoder is not None:
        return OwnNetworks.of(encoder, decoder)
    if encoder is not None or decoder is not None:
        missing = "encoder" if encoder is None else "decoder"
        raise UserError(f"Networks of your own come in pairs. Received: no `{missing}`. Give both.")
    if resume and (run_dir / NETWORKS).is_file():
        return runs.read_networks(run_dir)
    return None


def _images(params: Params, data) -> tuple[ImageSet, ImageSet]:
    """Training images, labeled as the parameters say, and validation images."""
    if data is not None:
        images, validation = given_images(data, params.validation)
    else:
        images, validation = (runs.load_data(params, each) for each in ("train", "validation"))
    if params.labels is not None:
        images = with_few_labels(images, params.labels, params.seed)
    return images, validation


def _model(
    params: Params,
    images: ImageSet,
    validation: ImageSet,
    networks: OwnNetworks | None,
    machine: Devices,
) -> GenerativeModel:
    """The model, built once it is known to fit the machine, and checked against the images."""
    shape = images.image_shape
    sizes = checked_sizes(params, shape, networks)
    check_memory(params, shape, training=True, sizes=sizes, num_classes=images.num_classes)
    model = machine.build(
        lambda: build_model(params, shape, len(images), images.num_classes, networks)
    )
    machine.check(model, params)
    check_images(images, validation, unit=model.likelihood.unit)
    check_batches(model, params, images, validation)
    return model


def rate_advice(params: Params) -> str | None:
    """What does not fit between the learning rate's schedule and the steps; None if all does."""
    rate, steps = params.rate, params.steps
    if isinstance(rate, warm_up) and rate.steps >= steps:
        return (
            f"Warning: the learning rate warms up for {rate.steps:,} steps, and the run has "
            f"{steps:,}. Shorten the warm-up: learning_rate={rate}."
        )
    if rate.settled_at and rate.settled_at < steps and not rate(steps):
        return (
            f"Warning: the learning rate is 0 from step {rate.settled_at:,} on, and the run has "
            f"{steps:,} steps. Lengthen the schedule: learning_rate={rate}."
        )
    return None


def _forecast(params: Params, images: ImageSet) -> str | None:
    """What the images alone tell of a VAE on them; None for other models and likelihoods."""
    if params.model not in ("vae", "beta_vae") or len(images.image_shape) == 1:
        return None
    likelihood = read_likelihood(params.likelihood)
    weight = as_schedule(params.kl_weight)
    return forecast_sentence(images, weight, params.latent_size, *likelihood)


@contextlib.contextmanager
def _disk_errors_explained(run_dir: Path) -> Iterator[None]:
    """Context in which an error of the disk stops the training with a remedy.

    Raises:
        TrainingStopped: If there is an `OSError`, in its place.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # whoever reads our output is gone, which is no error of the disk
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
        return "The run has not begun. Fix that and start it again."
    last = checkpoints.describe_newest(run_dir / "checkpoints")
    return f"{last} Fix that and go on with --resume."
