"""Training: parameters in, run folder out; stopped at any moment and continued to the last bit."""

import contextlib
import importlib.util
import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from vae_tf import checkpoints, runs
from vae_tf.callbacks import Callback, ProgressBar, TensorBoard
from vae_tf.config import Params
from vae_tf.data.batches import batch_at, batches, parts
from vae_tf.data.image_set import ImageSet
from vae_tf.errors import TrainingStopped, UserError
from vae_tf.interruption import Interruption
from vae_tf.models.autoencoder import AutoEncoder
from vae_tf.models.build import build_model
from vae_tf.plots.grids import image_grid
from vae_tf.plots.saving import save_png
from vae_tf.schedules import triggered

_PICTURED = 10  # images a row of a sample picture
_NOISE_SEED = 0  # of validation and pictures: the same noise at every step, in every run


def train(
    params: Params,
    run_dir: "str | os.PathLike",
    resume: bool = False,
    *,
    overwrite: bool = False,
    data: tuple[ImageSet, ImageSet] | None = None,
    progress: bool = False,
    tensorboard: bool = False,
) -> runs.Run:
    """Trains a model and leaves a run folder.

    A run that was stopped goes on as if it had not been: on a CPU, log.csv and the final weights
    are the same to the last bit.

    Args:
        params: Of the run.
        run_dir: Folder of the run, see `runs`.
        resume: Go on with the run that is there.
        overwrite: Replace the run that is there.
        data: Training and validation images, where `params.dataset` is not to be loaded.
        progress: Show a progress bar.
        tensorboard: Write event files to the folder `tensorboard` of the run, too.

    Returns:
        The run, with `.model` trained.

    Raises:
        UserError: If it cannot begin; nothing has then been written.
        TrainingStopped: If it cannot go on: a loss is not finite, or the disk is full.
        KeyboardInterrupt: After Ctrl-C, with a checkpoint saved.
    """
    run_dir = Path(run_dir)
    if resume and overwrite:
        raise UserError("Expected one of resume and overwrite, received both. Drop one.")
    if tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise UserError(
            "Event files need the package tensorboard, which is not installed. Install it with "
            "pip install tensorboard, or train without it: log.csv has the same numbers."
        )
    if resume:
        runs.check_resumable(runs.Run(run_dir), params)
    else:
        runs.check_new(run_dir, overwrite=overwrite)
    images, validation = data or [
        runs.load_data(params, split) for split in ("train", "validation")
    ]
    _check_images(images, validation)
    model = build_model(params, images.image_shape, len(images))
    _check_batches(model, params, images, validation)
    with runs.locked(run_dir), contextlib.ExitStack() as stack:
        training = None
        try:
            if resume:
                run = runs.Run(run_dir)
            else:
                run = runs.create(run_dir, params, overwrite=overwrite)
            run.params = params
            # What training has at hand need not be read again from the folder.
            run.__dict__ |= {"model": model, "data": images, "validation_data": validation}
            training = Training(run, model, images, validation, own_data=data is not None)
            start = training.restore() if resume else 0
            runs.write_text(run.params_path, params.to_json())
            runs.record_environment(run, start)
            callbacks: list[Callback] = []
            if progress:
                callbacks.append(stack.enter_context(ProgressBar(run.name, start, params.steps)))
            if tensorboard:
                callbacks.append(stack.enter_context(TensorBoard(run.path / "tensorboard")))
            training.run(callbacks)
        except OSError as error:
            last = training.last_checkpoint() if training else "Nothing was trained."
            raise TrainingStopped(
                f"Writing to '{run_dir}' failed: {error.strerror or error}. {last} Mend that and "
                f"go on with --resume."
            ) from error
    run.__dict__.pop("_checkpoint", None)
    return run


def _check_images(images: ImageSet, validation: ImageSet):
    if images.image_shape != validation.image_shape:
        raise UserError(
            f"Training and validation images must have one shape. Received: {images.image_shape} "
            f"and {validation.image_shape}."
        )
    some = images.images(np.unique(np.linspace(0, len(images) - 1, 256).astype(int)))
    low, high = float(some.min()), float(some.max())
    if not (math.isfinite(low) and low >= 0 and high <= 1):
        raise UserError(
            f"Images must lie in [0, 1]: every likelihood models them as sigmoid(logits). "
            f"Received values from {low:g} to {high:g} in '{images.name}'. Rescale them."
        )


def _check_batches(model: AutoEncoder, params: Params, images: ImageSet, validation: ImageSet):
    for count, what in ((params.batch_size, "batch_size"), (len(validation), "validation images")):
        if count < model.smallest_batch:
            raise UserError(
                f"Model '{params.model}' compares images of a batch with each other and needs at "
                f"least {model.smallest_batch} of them. Received: {count} ({what}). Raise it."
            )
    if params.patience is not None and not model.comparable_losses:
        raise UserError(
            f"Model '{params.model}' has a loss against an opponent that learns: its values at "
            f"different steps cannot be compared, and early stopping has nothing to go by. "
            f"Received: patience={params.patience}. Set patience=none."
        )
    if model.batch_kind != "images" or model.smallest_batch > 1:
        # The model or its batches may refuse what does not fit them: better now than after the
        # folder is made.
        batch = batch_at(images, params.batch_size, params.seed, 0, model.batch_kind)
        with _state_kept(model):
            model.compute_terms(_tensors(batch), training=False)


class Training:
    """The course of one training: its loop and the state that a checkpoint holds.

    What happens at a step is decided by the step alone. Row `s` of the log is the state after `s`
    updates: terms of the batch that update `s + 1` will use, under the weight it will use.

    Args:
        run: Where to write.
        model: Compiled.
        images: To train on.
        validation: To validate on.
        own_data: Whether these are not the data set that the parameters name.
    """

    def __init__(
        self,
        run: runs.Run,
        model: AutoEncoder,
        images: ImageSet,
        validation: ImageSet,
        *,
        own_data: bool = False,
    ):
        self.run_folder = run
        self.own_data = own_data
        self.params = run.params
        self.model = model
        self.images = images
        self.validation = validation
        self.step = 0
        self.best = math.inf  # lowest validation loss
        self.waited = 0  # validations since then
        self.window = [0.0, 0]  # sum and count of reconstructions since the last row
        # As in Keras, the functions are compiled once and see tensors of one shape.
        self._update = tf.function(model.update)
        self._terms = tf.function(model.compute_terms)

    # --- checkpoints ---

    def restore(self) -> int:
        """Goes back to the newest checkpoint that is whole; returns its step."""
        found = checkpoints.load_newest(self.run_folder.checkpoints, set_aside=True)
        if found is not None:
            arrays, details = found
            if details.get("slim"):
                raise UserError(
                    f"'{self.run_folder.path}' was published without optimizer state and cannot "
                    f"go on. Train it again under another --name, or with --overwrite."
                )
            expected = {"image_shape": list(self.images.image_shape)}
            expected["dataset_size"] = len(self.images)
            changed = {name for name, value in expected.items() if details[name] != value}
            if changed:
                raise UserError(
                    f"The data of '{self.run_folder.path}' changed since it was started: "
                    f"{', '.join(f'{name} was {details[name]}' for name in sorted(changed))}, "
                    f"received {expected}. Put the same data back, or start anew."
                )
            checkpoints.restore(self.model, arrays)
            self.step = details["step"]
            self.best = math.inf if details["best"] is None else details["best"]
            self.waited = details["waited"]
            self.window = details["window"]
        return self.step

    def last_checkpoint(self) -> str:
        """A sentence that names the last good checkpoint."""
        path = checkpoints.newest(self.run_folder.checkpoints)
        return f"The last good checkpoint is {path}." if path else "There is no checkpoint yet."

    def _save(self):
        arrays = checkpoints.arrays_of(self.model)
        bad = [name for name, array in arrays.items() if not np.all(np.isfinite(array))]
        if bad:
            self._diverged(f"the variable {bad[0]}")
        details = {
            "step": self.step,
            "num_weights": len(self.model.weights),
            "image_shape": list(self.images.image_shape),
            "dataset_size": len(self.images),
            "own_data": self.own_data,
            "best": self.best if math.isfinite(self.best) else None,
            "waited": self.waited,
            "window": self.window,
        }
        checkpoints.save(self.run_folder.checkpoints, self.step, arrays, details)

    # --- the loop ---

    def run(self, callbacks: list[Callback]):
        """Trains from where it stands to `params.steps`, or until early stopping.

        Raises:
            TrainingStopped: If a term is not finite.
            KeyboardInterrupt: After a signal, with a checkpoint saved.
        """
        if self._out_of_patience():
            return  # it stopped early in an earlier session
        params = self.params
        validated = [f"val_{name}" for name in self._validated_columns()]
        log = runs.Log(
            self.run_folder.log_path, ["step", *self.model.columns, *validated], before=self.step
        )
        upcoming = batches(
            self.images,
            params.batch_size,
            params.seed,
            self.step,
            params.steps,
            self.model.batch_kind,
        )
        with contextlib.closing(log), contextlib.closing(upcoming), Interruption() as interruption:

            def write(row: dict[str, float]):
                log.write(row)
                for callback in callbacks:
                    callback.on_row(row)

            while True:
                done = self.step == params.steps
                if done or self.step % params.checkpoint_every == 0:
                    log.sync()
                    self._save()
                if done or self._pictured():
                    self._picture()
                val = {}
                if done or (self.step and self.step % params.validate_every == 0):
                    val = self._validate()
                stopping = done or self._out_of_patience()
                if stopping:
                    write({"step": self.step, **self._terms_of_next_batch(), **val})
                    break
                terms = self._update_on(next(upcoming))
                logged = self.step % params.log_every == 0
                if logged or val:
                    row = {name: float(value) for name, value in terms.items()}
                    write({"step": self.step, **row, **val})
                self.step += 1
                self._watch_trigger(terms, logged)
                for callback in callbacks:
                    callback.on_step(self.step)
                if interruption.requested:
                    self._save()
                    raise KeyboardInterrupt
            if self.step < params.steps:
                self._save()
            if interruption.requested:
                raise KeyboardInterrupt

    def _update_on(self, batch) -> dict:
        terms = self._update(_tensors(batch))
        if not math.isfinite(terms["loss"]):
            bad = [name for name, term in terms.items() if not math.isfinite(term)]
            # The loss is named last, being the sum of the others, and before it the KL, which is
            # always infinite where the encoder is deterministic.
            self._diverged(min(bad, key=lambda name: (name == "loss", name in ("kl", "elbo"))))
        return terms

    def _diverged(self, what: str):
        raise TrainingStopped(
            f"At step {self.step} {what} is not finite, so training stopped. "
            f"{self.last_checkpoint()} A lower learning_rate, another seed or a slower ramp of "
            f"the KL weight may help."
        )

    def _terms_of_next_batch(self) -> dict[str, float]:
        """The terms that the next update would report, without the update."""
        params = self.params
        batch = batch_at(
            self.images, params.batch_size, params.seed, self.step, self.model.batch_kind
        )
        with _state_kept(self.model):
            terms = self._terms(_tensors(batch), training=True)
        return {name: float(term) for name, term in terms.items()}

    def _watch_trigger(self, terms: dict, logged: bool):
        """Starts a triggered KL weight when the window's mean reconstruction is good enough."""
        schedule = self.params.kl_weight
        if not isinstance(schedule, triggered) or int(self.model.trigger_step) >= 0:
            return
        total, count = self.window
        total, count = total + float(terms["reconstruction"]), count + 1
        if logged:
            full = count >= self.params.log_every
            if full and total / count <= schedule.threshold:
                self.model.trigger_step.assign(self.step)
            total, count = 0.0, 0
        self.window = [total, count]

    # --- validation and pictures ---

    def _validated_columns(self) -> list[str]:
        return [name for name in self.model.columns if name not in ("kl_weight", "trigger_step")]

    def _validate(self) -> dict[str, float]:
        val = evaluate(self.model, self.validation, self.params.batch_size, terms=self._terms)
        # Losses under different weights cannot be compared: before the weight has settled every
        # one counts as an improvement.
        if val["loss"] < self.best or not self._settled():
            self.best = val["loss"] if self._settled() else math.inf
            self.waited = 0
        else:
            self.waited += 1
        return {f"val_{name}": val[name] for name in self._validated_columns()}

    def _settled(self) -> bool:
        start = 0
        if self.model.trigger_step is not None:
            start = int(self.model.trigger_step)
        return start >= 0 and self.step >= start + self.model.settled_at

    def _out_of_patience(self) -> bool:
        return self.params.patience is not None and self.waited >= self.params.patience

    def _pictured(self) -> bool:
        early = self.params.sample_steps
        after = self.step - max(early, default=0)
        return self.step in early or (after >= 0 and after % self.params.sample_every == 0)

    def _picture(self):
        picked = np.linspace(0, len(self.validation) - 1, _PICTURED).astype(int)
        originals = self.validation.images(picked)
        rows = [originals, self.model.reconstruct(originals)]
        rows.append(self.model.generate(_PICTURED, _NOISE_SEED))
        path = self.run_folder.samples / f"step_{self.step:08d}.png"
        save_png(path, image_grid(np.concatenate(rows), _PICTURED))


@contextlib.contextmanager
def _state_kept(model: AutoEncoder, seed: int | None = None) -> Iterator[None]:
    """Leaves the model as it was; inside, its random state starts from `seed` if given."""
    noise = model.seed_generator.state
    # Statistics of batch normalisation move in a forward pass of training.
    state = [noise, *model.non_trainable_weights]
    kept = [np.array(variable) for variable in state]
    try:
        if seed is not None:
            noise.assign([seed, 0])
        yield
    finally:
        for variable, value in zip(state, kept, strict=True):
            variable.assign(value)


def _tensors(batch):
    """A batch as tensors, of the same shapes at every step: compiled functions see one shape."""
    return tf.nest.map_structure(tf.constant, batch)


def evaluate(model: AutoEncoder, images: ImageSet, batch_size: int, *, terms=None) -> dict:
    """The terms of the log over a whole set of images.

    Args:
        model: Any.
        images: All of them are used, each once, under the same noise at every call.
        batch_size: Images at a time; matters to estimators that depend on the batch.
        terms: `model.compute_terms`, compiled.

    Returns:
        Dict of floats: means over images, minima of `*_min`, maxima of `*_max`.
    """
    terms = terms or tf.function(model.compute_terms)
    rows, sizes = [], []
    with _state_kept(model, _NOISE_SEED):
        for batch in parts(images, batch_size, model.batch_kind):
            values = terms(_tensors(batch), training=False)
            rows.append({name: float(value) for name, value in values.items()})
            sizes.append(len(batch["image"] if isinstance(batch, dict) else batch))
    reductions = {"min": min, "max": max}
    result = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        reduce = reductions.get(name.rsplit("_", 1)[-1])
        result[name] = reduce(values) if reduce else float(np.average(values, weights=sizes))
    return result
