"""Weights kept at chosen steps of a training, to see how it went: `Params.keep_steps`."""

from vae_tf.process.errors import UserError
from vae_tf.process.files.saving import written_whole
from vae_tf.process.texts.command_names import option_words, quoted
from vae_tf.runs import checkpoints
from vae_tf.runs.folder import Run
from vae_tf.runs.tensors import write_tensors

KEPT = "kept"  # folder within the run folder


def keep(run: Run, model, step: int):
    """Keeps the weights of a model, entirely or not at all.

    Args:
        run: The run.
        model: The model that is trained.
        step: Optimizer updates that it has seen.
    """
    arrays = list(checkpoints.arrays_of(model).items())[: len(model.weights)]
    with written_whole(checkpoints.path_of(run.path / KEPT, step)) as partial:
        write_tensors(partial, dict(arrays), {"step": step})


def kept_steps(run: Run) -> list[int]:
    """Steps whose weights are kept, in order."""
    return [checkpoints.step_of(path) for path in checkpoints.found(run.path / KEPT)]


def restore_kept(run: Run, step: int):
    """Puts the weights of a step into the run's model.

    Args:
        run: The run.
        step: One of `kept_steps`.

    Returns:
        The model.

    Raises:
        UserError: If no weights are kept of this step, or they are damaged.
    """
    path = checkpoints.path_of(run.path / KEPT, step)
    if not path.is_file():
        known = ", ".join(map(str, kept_steps(run))) or "none"
        option = quoted(*option_words(set=f"keep_steps=[0, {step}]"))
        raise UserError(
            f"No weights of step {step} are kept in '{run.path}'. Known: {known}. Name the steps "
            f"before the training: {option}"
        )
    arrays, _ = checkpoints.load(path)
    checkpoints.restore(run.model, arrays, weights_only=True)
    return run.model
