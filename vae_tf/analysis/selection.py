"""Which runs and which products are meant."""

from collections.abc import Sequence
from pathlib import Path

from vae_tf.analysis.overview import OVERVIEW
from vae_tf.analysis.products import PRODUCTS
from vae_tf.errors import UserError, unknown


def find_runs(predictions: Path, names: Sequence[str] = ()) -> list[Path]:
    """Finds run folders by name.

    Args:
        predictions: Folder of the run folders.
        names: Names of the runs; none for all there are.

    Raises:
        UserError: If there are none, or one is unknown; the message names the nearest.
    """
    try:
        folders = sorted(predictions.iterdir()) if predictions.is_dir() else []
    except OSError as error:
        raise UserError(f"The folder '{predictions}' cannot be read: {error.strerror}.") from None
    found = {path.name: path for path in folders if _is_run(path)}
    if not found:
        what = "holds no run" if predictions.is_dir() else "does not exist"
        raise UserError(
            f"The folder '{predictions}' {what}. Train one with python train.py, or say where "
            f"runs lie with --predictions."
        )
    names = [Path(name).name if Path(name).parent == predictions else name for name in names]
    for name in names:
        if name not in found:
            raise unknown("run", name, found, f"Runs lie in '{predictions}'.")
    return [found[name] for name in dict.fromkeys(names or found)]


def _is_run(path):
    try:
        return (path / "params.json").is_file()
    except OSError:  # a folder of somebody else, such as lost+found
        return False


def chosen_products(text: str | None) -> list[str] | None:
    """Returns the files named by `--only`, with their ending or without.

    Args:
        text: Names with commas between; None for everything.

    Raises:
        UserError: If a name is unknown, naming the nearest.

    Example:
        >>> chosen_products("traversals,comparison")
        ['traversals.png', 'traversals.gif', 'comparison.png']
    """
    if text is None:
        return None
    known = [*PRODUCTS, *OVERVIEW]
    chosen = []
    for name in filter(None, (part.strip() for part in text.split(","))):
        matching = [file for file in known if name in (file, file.rpartition(".")[0])]
        if not matching:
            raise unknown("product", name, known)
        chosen += matching
    if not chosen:
        raise UserError(f"--only names products, with commas between. Known: {', '.join(known)}.")
    return list(dict.fromkeys(chosen))
