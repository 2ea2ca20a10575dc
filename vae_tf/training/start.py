"""Train a model with one call."""

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
    """Trains a model and saves a run folder.

    A stopped run resumes exactly: on a CPU, log.csv and the final weights are the same, bit for
    bit, as without the stop.

    Args:
        params: The parameters of the run.
        run_dir: The run folder, see `vae_tf.runs`.
        resume: Whether to resume the run in the folder.
        overwrite: Whether to replace the run in the folder.
        data: Images to train on, in place of `params.dataset`: an array `[N, H, W, C]`, vectors
            `[N, D]`, an `ImageSet`, or a pair of these for training and validation; see
            `data.given_images`.
        encoder: Your own encoder, in place of the encoder of the parameters: a keras.Model
            `x [B, H, W, C] -> (mean [B, L], log_stddev [B, L])`. A copy of it, with its weights, is
            trained as `run.model.encoder`. Your model does not change.
        decoder: Your own decoder, likewise: `z [B, L] -> logits [B, H, W, C]`. Give both or
            neither. A resumed run needs neither, because they are saved in its folder.
        callbacks: Callbacks of Keras, see `callbacks.KerasCallbacks`. If they change the training,
            it does not resume exactly.
        progress: Whether to show a progress bar.
        tensorboard: Whether to write event files to the folder `tensorboard` of the run, too.
        say: Function that is called with lines of text. Before the training, they are about copied
            weights, the forecast and devices. After the training, there is a line if a target of
            `kl_weight` was not reached.
        devices: Number of devices that share every batch, see `training.devices`.

    Returns:
        The run, with the trained model as `.model`.

    Raises:
        UserError: If the training cannot begin. Nothing is written.
        TrainingStopped: If the training cannot continue: the loss is not finite, the run has
            diverged, the disk is full, or the run folder was moved.
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
