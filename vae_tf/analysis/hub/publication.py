"""Publish a run: write a folder that others can load, and upload it."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vae_tf.analysis import analyze
from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.hub.card import card_of
from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import open_regular
from vae_tf.process.files.saving import folder_written_whole
from vae_tf.results.score_records import RECORD
from vae_tf.runs import COLUMNS, NETWORKS, PARAMS, Run, checkpoints, load_run
from vae_tf.runs.download import SCHEME, hub_library

_PICTURES = ("generations.png", "reconstructions.png", "traversals.png", "latent_space.png")


def publish(
    run: "Run | str | os.PathLike",
    folder: "str | os.PathLike",
    *,
    license: str | None = None,
    push: str | None = None,
) -> str:
    """Writes a folder with a run for others, and uploads it to the Hugging Face hub on request.

    The folder has a model card (README.md), the weights as safetensors, and the parameters, log,
    environment and scores of the run. It also has at most four pictures, except for a run on
    arrays, whose data cannot be loaded. `load_run` and `analyze` accept the folder. The training
    cannot be resumed from it.

    Args:
        run: Run, or its folder.
        folder: Folder to write. It must be empty or not exist. After an error, no partial folder is
            left.
        license: Identifier of the license of the weights, such as "mit". None if no license is
            chosen; the card says so.
        push: USER/NAME of the repository on the hub for the folder; None to upload nothing. A new
            repository is public. Log in with `hf auth login` first.

    Returns:
        Argument for `load_run`: the folder, or hf://USER/NAME if it was uploaded.

    Raises:
        UserError: If the run has no checkpoint, the folder is not empty, the packages of the extra
            `hub` are not installed, or the upload fails. After a failed upload the folder is kept.

    Example:
        >>> publish("predictions/MNIST-VAE", "published/MNIST-VAE", push="ada/mnist-vae")
        ... # doctest: +SKIP
        'hf://ada/mnist-vae'
    """
    run = run if isinstance(run, Run) else load_run(run)
    path, hub = Path(folder), hub_library()
    if push is not None:
        _check_repository(hub, push)
    with folder_written_whole(path) as partial:
        checkpoints.publish(partial / "checkpoints", *run.checkpoint)
        analyzed = AnalyzedRun(run)
        copied = [PARAMS, "log.csv", "environment.json", NETWORKS, COLUMNS]
        for name in [*copied, RECORD] if analyzed.record else copied:
            _copy(run.path / name, partial / name)
        pictures = _draw(run, partial / "pictures")
        card = card_of(analyzed, pictures, license, push)
        (partial / "README.md").write_text(card, encoding="utf-8")
    if push is None:
        return str(path)
    _push(hub, path, push)
    return f"{SCHEME}{push}"


def _copy(source: Path, target: Path):
    if os.path.lexists(source):
        with open_regular(source) as file, open(target, "wb") as copy:
            shutil.copyfileobj(file, copy)


def _draw(run: Run, folder: Path) -> Sequence[str]:
    """Draws the pictures of the card and returns their names: none for a run on arrays."""
    try:
        data = (run.data, run.validation_data) if run.details["own_data"] else None
    except UserError:  # the images given to train cannot be loaded by name
        return ()
    with tempfile.TemporaryDirectory() as scratch:
        analyze(run.path, scratch, data=data, only=_PICTURES)
        drawn = {path.name: path for path in Path(scratch).rglob("*.png")}
        folder.mkdir()
        for name in drawn:
            shutil.copyfile(drawn[name], folder / name)
    return [name for name in _PICTURES if name in drawn]


def _check_repository(hub, name: str):
    try:
        hub.utils.validate_repo_id(name)
        if name.count("/") != 1:
            raise ValueError("It must be USER/NAME.")
    except ValueError as error:
        raise UserError(f"'{name}' is no name of a repository. {error}") from None


def _push(hub, folder: Path, name: str):
    try:
        api = hub.HfApi()
        api.create_repo(name, exist_ok=True)
        api.upload_folder(repo_id=name, folder_path=folder, commit_message="Publish a vae_tf run")
    except Exception as error:  # the network may cause any error of the library
        reason = str(error).strip().partition("\n")[0]
        raise UserError(
            f"'{folder}' was written, but not uploaded: {reason}. Log in with hf auth login, and "
            f"upload it with: hf upload {name} {folder}"
        ) from None
