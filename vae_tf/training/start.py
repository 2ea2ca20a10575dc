"""Training as one call."""

import os
from collections.abc import Callable, Sequence

from vae_tf.config import Params
from vae_tf.runs import Run
from vae_tf.training.callbacks import check_callbacks
from vae_tf.training.checks import check_options
from vae_tf.training.plan import prepare


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

    A run that was stopped resumes as if it had not been: on a CPU, log.csv and the final weights
    are the same to the last bit.

    Args:
        params: The parameters of the run.
        run_dir: The run folder, see `vae_tf.runs`.
        resume: Continue with the run that is there.
        overwrite: Replace the run that is there.
        data: Images to train on, where `params.dataset` is not to be loaded and names nothing: an
            array `[N, H, W, C]`, vectors `[N, D]`, an `ImageSet`, or a pair of these for training
            and validation, see `data.given_images`.
        encoder: A network of your own in place of the one that the parameters name: a keras.Model
            `x [B, H, W, C] -> (mean [B, L], log_stddev [B, L])`. It is rebuilt from its
            configuration, with its weights, and stays as it is: `run.model.encoder` is trained.
        decoder: The same, `z [B, L] -> logits [B, H, W, C]`; give both. A run that is resumed has
            its own.
        callbacks: Callbacks of Keras, see `callbacks.KerasCallbacks`. Their changes to the training
            are not resumed exactly.
        progress: Show a progress bar.
        tensorboard: Write event files to the folder `tensorboard` of the run, too.
        say: Function that is given lines: before a run begins, which weights it starts with, its
            forecast and what it runs on, and at the end what its KL weight was to hold and did not.
        devices: Devices that share every batch, see `training.devices`.

    Returns:
        The run, with `.model` trained.

    Raises:
        UserError: If it cannot begin; nothing has then been written.
        TrainingStopped: If it cannot resume: a loss is not finite or has diverged, the disk is
            full, or the run folder was moved.
        Stopped: After Ctrl-C (it is a `KeyboardInterrupt`), SIGTERM, SIGHUP or a scheduler's
            warning, with a checkpoint saved.
    """
    check_options(resume=resume, overwrite=overwrite, tensorboard=tensorboard)
    check_callbacks(callbacks)
    plan = prepare(
        params,
        run_dir,
        resume,
        overwrite=overwrite,
        data=data,
        encoder=encoder,
        decoder=decoder,
        devices=devices,
    )
    if say is not None:
        for line in plan.advice():
            say(line)
    run = plan.run(callbacks=callbacks, progress=progress, tensorboard=tensorboard)
    if say is not None and (line := run.model.kl_weight.shortfall()):
        say(line)
    return run
