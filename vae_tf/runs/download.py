"""Runs of the Hugging Face hub: `hf://USER/NAME`, or `hf://USER/NAME@REVISION`.

It gets the files that `load_run` reads, by name: parameters, tables and arrays, never
code. It goes to the hub library's own cache.
"""

import contextlib
import re
from pathlib import Path

from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.saving import write_text

SCHEME = "hf://"
_ADDRESS = re.compile(r"hf://([\w.-]+/([\w.-]+))(?:@(.*))?", re.ASCII | re.DOTALL)
# Names that git refuses for a branch or tag (git help check-ref-format), and what is not
# printable ASCII.
_NO_REVISION = re.compile(
    r"[^!-~]|[~^:?*\[\\]|\.\.|@\{|//|^[/-]|[/.]$|(^|/)\.|\.lock(/|$)|^@?$", re.DOTALL
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_FILES = (
    *("params.json", "networks.json", "columns.json"),
    *("environment.json", "log.csv", "metrics.json"),
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
            f"No address of the hub: {shown(address)}. Expected hf://USER/NAME or "
            f"hf://USER/NAME@REVISION."
        )
    repository, name, revision = match.groups()
    if ".." in repository or (revision is not None and not _is_revision(revision)):
        raise UserError(
            f"No address of the hub: {shown(address)}. A revision is a branch, a tag or a commit, "
            f"named as git names them, and nothing has '..' in it. Expected hf://USER/NAME@REVISION."
        )
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


def _is_revision(name: str) -> bool:
    """Whether git lets a branch, a tag or a commit have this name.

    Example:
        >>> _is_revision("refs/pr/1"), _is_revision("../x"), _is_revision("v1.lock")
        (True, False, False)
    """
    return _NO_REVISION.search(name) is None


def _snapshot(hub, repository: str, revision: str | None) -> str:
    """Downloads a run, once it is known that it will not fill the disk.

    The library makes paths of what a server answers, so that is checked before, and the download is
    of the commit alone: the server is not asked a second time what the revision is.
    """
    wanted = list(_FILES)
    try:
        found = hub.HfApi().model_info(repository, revision=revision, files_metadata=True)
    except Exception as error:  # offline, mostly; the cache may have it
        asked = {"revision": revision, "allow_patterns": wanted, "local_files_only": True}
        try:
            return hub.snapshot_download(repository, **asked)
        except hub.errors.LocalEntryNotFoundError as missing:
            raise error if isinstance(error, hub.errors.HfHubHTTPError) else missing from None
    commit = found.sha
    if not (isinstance(commit, str) and _COMMIT.fullmatch(commit)):
        raise UserError(f"the server names a commit that is none: {shown(commit)}.")
    if revision is not None and _COMMIT.fullmatch(revision) and revision != commit:
        raise UserError(f"the server has another commit there, {commit}.")
    sizes = {file.rfilename: file.size or 0 for file in found.siblings}
    size = sum(sizes[n] for n in hub.utils.filter_repo_objects(sizes, allow_patterns=wanted))
    if size > _MOST_BYTES:
        raise UserError(f"its files take {size:,} bytes, and a run at most {_MOST_BYTES:,}.")
    folder = hub.snapshot_download(repository, revision=commit, allow_patterns=wanted)
    _remember(Path(folder), revision or "main", commit)
    return folder


def _remember(folder: Path, revision: str, commit: str):
    """Notes in the library's cache which commit a revision is, to find it offline, as it does."""
    if folder.parent.name == "snapshots" and revision != commit:
        with contextlib.suppress(OSError):  # a cache that others write
            write_text(folder.parents[1] / "refs" / revision, commit)


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
