"""The training loop, and the state that is saved in a checkpoint."""

import contextlib
import math
from collections.abc import Callable
from time import monotonic

import numpy as np
import tensorflow as tf

from vae_tf.data.batches import batch_at, batches
from vae_tf.data.image_set import ImageSet
from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.process.errors import TrainingStopped
from vae_tf.runs import Log, Place, Run, checkpoints, read_log, read_proven_log
from vae_tf.runs.details import check_details, describe_params
from vae_tf.runs.kept import keep
from vae_tf.training.averages import WeightAverages
from vae_tf.training.callbacks import Callback
from vae_tf.training.checks import check_checkpoint, check_networks, check_no_progress
from vae_tf.training.devices import Devices, check_count
from vae_tf.training.divergence import is_ruined
from vae_tf.training.early_stopping import EarlyStopping
from vae_tf.training.evaluation import as_tensors, classification_error, evaluate, state_kept
from vae_tf.training.samples import is_sampled, save_samples
from vae_tf.training.signals import Interruption

# Maximum time between checkpoints: a kill loses at most this much work.
_MOST_SECONDS = 300.0


class Training:
    """A training: its loop, and the state that is saved in a checkpoint.

    The step alone decides which tasks are due. The row of step `s` in the log describes the state
    after `s` updates. Its terms are computed on the batch of the next update, with the KL
    weight of the next update.

    Args:
        run: The run to write to.
        model: The model, compiled.
        images: The training images.
        validation: The validation images.
        place: The run folder, held open.
        data: Result of `describe_data` for all images.
        own_data: Whether the images were given to `train`, not loaded by name.
        networks: Digest of the user's own networks; None for networks of the parameters.
        test: Labeled test images, whose classification error is also logged; None for none.
        devices: Devices for updates; None for one device. All other computations use one device.
    """

    def __init__(
        self,
        run: Run,
        model: GenerativeModel,
        images: ImageSet,
        validation: ImageSet,
        *,
        place: Place,
        data: dict[str, str],
        own_data: bool = False,
        networks: str | None = None,
        test: ImageSet | None = None,
        devices: Devices | None = None,
    ):
        self.test = test
        self.run_folder = run
        self._place = place
        self.own_data = own_data
        self.networks = networks
        self.params = run.params
        self.model = model
        self.images = images
        self.validation = validation
        self._data = data
        self._proof: dict | None = None  # of the log, at the step of the checkpoint
        self.step = 0
        self._saved_at = monotonic()
        self._early_stopping = EarlyStopping(run.params.patience)
        # The functions are compiled once.
        self._devices = devices or Devices()
        self._averages: WeightAverages | None = None
        if (decay := run.params.ema) is not None:
            self._averages = self._devices.build(lambda: WeightAverages(model, decay))
        self._update = self._devices.compiled(self._updated)
        self._terms = tf.function(model.compute_terms, autograph=False)

    # --- checkpoints ---

    def restore(self) -> int:
        """Restores the newest undamaged checkpoint; returns its step, or 0 if there is none.

        Raises:
            UserError: If it does not belong to this run, these images or this log.
        """
        run = self.run_folder
        found = checkpoints.load_newest(run.checkpoints, set_aside=True)
        if found is None:
            check_no_progress(run)
            return 0
        arrays, details = found
        check_details(details)
        check_count(details, self._devices, run.path)
        check_checkpoint(run, details, self.images, self._data, own_data=self.own_data)
        check_networks(run, details, self.networks)
        self._proof = details.get("log")
        read_proven_log(run.log_path, details["step"], self._proof)
        checkpoints.restore(self.model, arrays)
        if self._averages is not None:
            self._averages.restore(checkpoints.averages_of(arrays))
        self.step = details["step"]
        self._early_stopping.restore(details)
        return self.step

    def _save(self, log: Log, *, due: bool = True):
        self._saved_at = monotonic()
        log.sync()
        arrays = checkpoints.arrays_of(self.model)
        if self._averages is not None:
            arrays = checkpoints.with_averages(arrays, self._averages.arrays)
        bad = [name for name, array in arrays.items() if not np.all(np.isfinite(array))]
        if bad and due:
            self._not_finite(f"the variable {bad[0]}")
        if bad:
            return  # a run must not stop at a step that depends on the clock
        details = {
            "step": self.step,
            "num_weights": len(self.model.weights),
            "image_shape": list(self.images.image_shape),
            "dataset_size": len(self.images),
            "num_classes": self.images.num_classes,
            "own_data": self.own_data,
            **self._early_stopping.details,
            "params": describe_params(self.params),
            "data": self._data,
            "log": log.proof(self.step),
            "devices": self._devices.count,
        }
        if self.networks is not None:
            details["networks"] = self.networks
        self._place.check()
        checkpoints.save(self.run_folder.checkpoints, self.step, arrays, details)

    # --- the loop ---

    def run(self, callbacks: list[Callback]):
        """Trains from the current step to `params.steps`, or until early stopping.

        Args:
            callbacks: Observers of every step and every row.

        Raises:
            TrainingStopped: If the loss or a weight is not finite, the run has diverged, or its
                folder was moved.
            Stopped: After a signal, with a checkpoint saved.
        """
        if not self._early_stopping.out_of_patience:  # in an earlier session
            self._train(callbacks)
        if self._averages is not None:
            self._averages.use()

    def _train(self, callbacks: list[Callback]):
        with (
            contextlib.closing(self._open_log()) as log,
            contextlib.closing(self._upcoming_batches()) as upcoming,
            Interruption() as interruption,
        ):

            def write(row: dict[str, float]):
                self._place.check()
                log.write(row)
                for callback in callbacks:
                    callback.on_row(row)

            while True:
                val = self._save_and_validate(log)
                if self._done or self._early_stopping.out_of_patience:
                    row = {**self._where(), **self._terms_of_next_batch(), **val}
                    self._check_converged(row)
                    write(row)
                    break
                for callback in callbacks:
                    callback.before_step(self.step)
                terms = self._advance(next(upcoming), val, write)
                for callback in callbacks:
                    callback.on_step(self.step, terms)
                if interruption.number:
                    self._save(log)
                    interruption.raise_if_requested()
                if getattr(self.model, "stop_training", False):  # a callback of Keras has set it
                    break
            if not self._done:
                self._save(log)
            interruption.raise_if_requested()

    def _where(self) -> dict[str, float]:
        """The columns of a row that do not come from the model: step and learning rate."""
        if self.model.learning_rate is None:
            rate = self.model.scheduled_optimizers[0].learning_rate  # callbacks may change it
        else:
            rate = np.float32(self.params.rate(self.model.step_of_rate(self.step)))
        return {"step": self.step, "learning_rate": float(np.asarray(rate))}

    @property
    def _done(self) -> bool:
        return self.step == self.params.steps

    def _open_log(self) -> Log:
        validated = [f"val_{name}" for name in self._validated_columns()]
        tested = [] if self.test is None else ["test_error"]
        columns = ["step", *self.model.columns, "learning_rate", *validated, *tested]
        self._place.check()
        return Log(self.run_folder.log_path, columns, self.step, self._proof)

    def _upcoming_batches(self):
        return batches(self._batch_at, self.step, self.params.steps)

    def _batch_at(self, step: int) -> dict:
        params, needs = self.params, self.model.batch_keys
        return batch_at(self.images, params.batch_size, params.seed, step, needs, params.augment)

    def _save_and_validate(self, log: Log) -> dict[str, float]:
        """Saves, draws and validates if due before an update; returns the validation columns."""
        params = self.params
        if self._done or self.step % params.checkpoint_every == 0:
            self._save(log)
        elif monotonic() - self._saved_at >= _MOST_SECONDS:
            self._save(log, due=False)
        kept = self.step in params.keep_steps
        drawn = self._done or is_sampled(params, self.step)
        drawn = drawn and len(self.images.image_shape) == 3  # vectors are no pictures
        validated = self._done or (self.step and self.step % params.validate_every == 0)
        if not (kept or drawn or validated):
            return {}
        self._place.check()
        with self._averages_used():
            if kept:
                keep(self.run_folder, self.model, self.step)
            if drawn:
                save_samples(self.run_folder.samples, self.step, self.model, self.validation)
            return self._validate() if validated else {}

    def _advance(
        self, batch, val: dict[str, float], write: Callable[[dict[str, float]], None]
    ) -> dict:
        """Makes one update, and writes the row of the state before the update if it is due."""
        terms = self._update_on(batch)
        if self.step % self.params.log_every == 0 or val:
            row = {name: float(value) for name, value in terms.items()}
            write({**self._where(), **row, **val})
        self.step += 1
        return terms

    def _updated(self, batch) -> dict:
        terms = self.model.update(batch)
        if self._averages is not None:
            self._averages.update()
        return terms

    def _averages_used(self):
        """Context in which the model has its averaged weights, if weights are averaged."""
        return contextlib.nullcontext() if self._averages is None else self._averages.used()

    def _update_on(self, batch) -> dict:
        terms = self._update(batch)
        if not math.isfinite(terms["loss"]):
            bad = [name for name, term in terms.items() if not math.isfinite(term)]
            # The message names another term than the loss, which is the sum of the terms, and than
            # the KL, which is always infinite for a deterministic encoder, if it can.
            self._not_finite(min(bad, key=lambda name: (name == "loss", name in ("kl", "elbo"))))
        return terms

    def _not_finite(self, what: str):
        raise TrainingStopped(
            f"At step {self.step} {what} is not finite, so training stopped. "
            f"{checkpoints.describe_newest(self.run_folder.checkpoints)} A lower learning_rate, "
            f"another seed or a slower ramp of the KL weight may help."
        )

    def _check_converged(self, last: dict[str, float]):
        """Checks the last row, before it is written.

        A run that diverged to finite numbers ends like a run with NaN: with an error, and without
        the last row of a finished run. So scripts and studies do not continue with it.

        Raises:
            TrainingStopped: If the run has diverged.
        """
        columns, rows = read_log(self.run_folder.log_path)
        first = float(rows[0][columns.index("reconstruction")])
        reconstructions = last["reconstruction"], last["val_reconstruction"]
        if is_ruined(self.model, self.images, reconstructions, first):
            raise TrainingStopped(
                f"The run diverged: at step {self.step} the reconstruction is "
                f"{reconstructions[1]:.3g} nats per validation image. It was {first:.3g} before "
                f"training. Train it again with --overwrite: a lower learning_rate, another seed "
                f"or a slower ramp of the KL weight may help."
            )

    def _terms_of_next_batch(self) -> dict[str, float]:
        """Computes the terms of the next update, without making the update."""
        batch = self._batch_at(self.step)
        with state_kept(self.model):
            terms = self._terms(as_tensors(batch), training=True)
        return {name: float(term) for name, term in terms.items()}

    # --- validation ---

    def _validated_columns(self) -> list[str]:
        return [name for name in self.model.columns if name not in ("kl_weight", "trigger_step")]

    def _validate(self) -> dict[str, float]:
        val = evaluate(self.model, self.validation, self.params.batch_size, terms=self._terms)
        self._early_stopping.observe(val["loss"], self.model.is_constant_from(self.step))
        row = {f"val_{name}": val[name] for name in self._validated_columns()}
        if self.test is not None:
            row["test_error"] = classification_error(self.model, self.test)
        return row
