"""Find the runs, products and formats that the user named."""

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
    """Finds run folders by name. The name of a study finds all its runs, STUDY/POINT one run.

    Args:
        predictions: Folder that contains the folders of runs and studies.
        names: Names of runs and studies; empty for all.

    Raises:
        UserError: If there are no runs, or a name is unknown. The message has the nearest name.
    """
    found = {path.name: [path] for path in _folders(predictions) if _is(path, PARAMS)}
    points: dict[str, list[Path]] = {}
    for study in _folders(predictions):
        if _is(study, STUDY):
            runs = [path for path in _folders(study) if _is(path, PARAMS)]
            found |= {study.name: runs} if runs else {}
            points |= {f"{study.name}/{path.name}": [path] for path in runs}
    if not found:
        what = "contains no run" if predictions.is_dir() else "does not exist"
        raise UserError(
            f"The folder '{predictions}' {what}. Give the folder of the runs with --predictions, "
            f"or train a run: {command_line('train.py', predictions=predictions)}"
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
    except OSError:  # no permission, such as in lost+found
        return False


def chosen_products(text: str | None) -> list[str] | None:
    """Returns the names of the files that `--only` selects.

    Args:
        text: Names separated by commas, with or without the ending; None for everything.

    Raises:
        UserError: If a name is unknown. The message has the nearest name.

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
        raise UserError(f"--only needs names separated by commas. Known: {', '.join(known)}.")
    return list(dict.fromkeys(chosen))


def chosen_formats(text: str, plain: bool = False) -> list[str]:
    """Returns the formats that `--format` and `--plain` select.

    Args:
        text: Names separated by commas.
        plain: Whether figures are without titles (`--plain`). The format is PDF if none is named.

    Raises:
        UserError: If a name is unknown. The message has the nearest name.

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
