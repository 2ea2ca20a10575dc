"""Which runs and which products are meant."""

from collections.abc import Sequence
from pathlib import Path

from vae_tf.analysis.overview import OVERVIEW
from vae_tf.analysis.products import PRODUCTS
from vae_tf.analysis.study_products import STUDY_PRODUCTS
from vae_tf.plots.saving import FORMATS
from vae_tf.process.errors import UserError, unknown
from vae_tf.process.texts.command_names import command_line
from vae_tf.runs import PARAMS, STUDY


def find_runs(predictions: Path, names: Sequence[str] = ()) -> list[Path]:
    """Finds run folders by name; runs of a study by the study's name or as STUDY/POINT.

    Args:
        predictions: Folder of the run folders, and of the folders of studies.
        names: Names of the runs and studies; none for all there are.

    Raises:
        UserError: If there are none, or one is unknown; the message names the nearest.
    """
    found = {path.name: [path] for path in _folders(predictions) if _is(path, PARAMS)}
    points: dict[str, list[Path]] = {}
    for study in _folders(predictions):
        if _is(study, STUDY):
            runs = [path for path in _folders(study) if _is(path, PARAMS)]
            found |= {study.name: runs} if runs else {}
            points |= {f"{study.name}/{path.name}": [path] for path in runs}
    if not found:
        what = "holds no run" if predictions.is_dir() else "does not exist"
        raise UserError(
            f"The folder '{predictions}' {what}. Say where runs are with --predictions, or "
            f"train one: {command_line('train.py', predictions=predictions)}"
        )
    chosen: list[Path] = []
    for name in names or found:
        inside = Path(name).is_relative_to(predictions)
        name = str(Path(name).relative_to(predictions)) if inside else name.rstrip("/")
        if name not in found and name not in points:
            known = points if "/" in name and name.partition("/")[0] in found else found
            raise unknown("run", name, known, f"Runs are in '{predictions}'.")
        chosen += found.get(name) or points[name]
    return list(dict.fromkeys(chosen))


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    except OSError as error:
        raise UserError(f"The folder '{folder}' cannot be read: {error.strerror}.") from None


def _is(path: Path, file: str) -> bool:
    try:
        return (path / file).is_file()
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
    known = [*PRODUCTS, *OVERVIEW, *STUDY_PRODUCTS]
    chosen = []
    for name in filter(None, (part.strip() for part in text.split(","))):
        matching = [file for file in known if name in (file, file.rpartition(".")[0])]
        if not matching:
            raise unknown("picture or page", name, known, "docs/seeing.md explains them.")
        chosen += matching
    if not chosen:
        raise UserError(f"--only names products, with commas between. Known: {', '.join(known)}.")
    return list(dict.fromkeys(chosen))


def chosen_formats(text: str, plain: bool = False) -> list[str]:
    """Returns the formats named by `--format`.

    Args:
        text: Names with commas between.
        plain: Whether these are without titles (`--plain`); PDF if no format is named.

    Raises:
        UserError: If a name is unknown, naming the nearest.

    Example:
        >>> chosen_formats("svg, pdf"), chosen_formats("", plain=True)
        (['svg', 'pdf'], ['pdf-plain'])
    """
    chosen = [name for part in text.split(",") if (name := part.strip())]
    for name in chosen:
        if name not in FORMATS:
            raise unknown("format", name, FORMATS)
    if plain:
        chosen = [f"{name}-plain" for name in chosen or ["pdf"]]
    return list(dict.fromkeys(chosen))
