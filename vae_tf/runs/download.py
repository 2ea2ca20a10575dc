"""Runs of the Hugging Face hub: `hf://USER/NAME`, or `hf://USER/NAME@REVISION`.

What comes is what `load_run` reads, by the names of its files: parameters, tables and arrays, never
code. It goes to the hub library's own cache.
"""

import re
from pathlib import Path

from vae_tf.errors import UserError

SCHEME = "hf://"
_ADDRESS = re.compile(r"hf://([\w.-]+/([\w.-]+))(?:@([\w./-]+))?", re.ASCII)
_FILES = (
    *("params.json", "networks.json", "environment.json", "log.csv", "metrics.json"),
    *("checkpoints/step_*.safetensors", "checkpoints/step_*.npz"),
)
_MOST_BYTES = 4 * 2**30  # of all files of a run; the weights of the largest here take a hundredth


def hub_library():
    """The `huggingface_hub` module.

    Raises:
        UserError: If it is not installed.
    """
    try:
        import huggingface_hub
        import huggingface_hub.errors
        import huggingface_hub.utils  # these two are not there by themselves
    except ModuleNotFoundError:
        raise UserError(
            "The Hugging Face hub needs a package that is not installed. Install it with: "
            'pip install "vae_tf[hub]", in a clone: pip install -e ".[hub]"'
        ) from None
    return huggingface_hub


def download(address: str) -> tuple[Path, str]:
    """Brings a run from the hub onto this machine, where it is not yet.

    Args:
        address: `hf://USER/NAME`, or `hf://USER/NAME@REVISION`, a branch, tag or commit.

    Returns:
        The run folder, and the run's name.

    Raises:
        UserError: If the address is none, the library is missing, the hub cannot be reached and
            the run is not in the cache, or there is no such run.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise UserError(
            f"No address of the hub: '{address}'. Expected hf://USER/NAME or "
            f"hf://USER/NAME@REVISION."
        )
    repository, name, revision = match.groups()
    hub = hub_library()
    try:
        folder = Path(_snapshot(hub, repository, revision))
    except UserError as error:
        raise UserError(f"'{address}' is no run of vae_tf: {error}") from None
    except Exception as error:  # whatever a network makes the library raise
        raise UserError(f"'{address}' cannot be loaded: {_explained(hub.errors, error)}") from None
    if not (folder / "params.json").is_file():
        raise UserError(
            f"'{address}' is no run of vae_tf: it holds no params.json. Name a repository that "
            f"vae_tf.publish made; Keras' own models are loaded with keras.saving.load_model."
        )
    return folder, name


def _snapshot(hub, repository: str, revision: str | None) -> str:
    """Downloads a run, once it is known that it will not fill the disk."""
    wanted = list(_FILES)
    asked = {"revision": revision, "allow_patterns": wanted}
    try:
        found = hub.HfApi().model_info(repository, revision=revision, files_metadata=True)
    except Exception:  # offline, or an error that the download explains; the cache may have it
        return hub.snapshot_download(repository, **asked)
    sizes = {file.rfilename: file.size or 0 for file in found.siblings}
    size = sum(sizes[n] for n in hub.utils.filter_repo_objects(sizes, allow_patterns=wanted))
    if size > _MOST_BYTES:
        raise UserError(f"its files take {size:,} bytes, and a run at most {_MOST_BYTES:,}.")
    return hub.snapshot_download(repository, **asked)


def _explained(errors, error: Exception) -> str:
    if isinstance(error, errors.GatedRepoError):
        return "its owner gives access on request. Ask on its page, then log in: hf auth login"
    if isinstance(error, errors.RepositoryNotFoundError):
        return "there is no such repository, or it is private: then log in with hf auth login."
    if isinstance(error, errors.RevisionNotFoundError):
        return "it has no such revision. Leave @... out for the newest."
    if isinstance(error, errors.LocalEntryNotFoundError):
        return "the hub cannot be reached, and the cache does not hold it. Go online once."
    return str(error).strip().partition("\n")[0]
