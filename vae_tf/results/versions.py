"""Versions of the packages that the rows of a study were trained and scored with."""

from pathlib import Path

from vae_tf import runs
from vae_tf.results.points import score_record
from vae_tf.runs.environment import is_versions

SCORED_WITH = "scored_with"  # column of study.csv: the version of this package


def version_cells(folder: Path) -> dict[str, str]:
    """Versions of a row of study.csv: package -> its versions, the first one first.

    Args:
        folder: Run folder of the point; it may be missing.
    """
    cells: dict[str, list[str]] = {}
    for used in runs.recorded_versions(folder):
        for package in runs.versions().keys() & used.keys():
            cells.setdefault(package, [])
            if used[package] not in cells[package]:
                cells[package].append(used[package])
    if record := score_record(folder):
        cells[SCORED_WITH] = [record["version"]]
    return {package: ", ".join(used) for package, used in cells.items()}


def trained_by_others(folder: Path) -> list[str]:
    """In which versions, in words, a run was trained that are not those in use now."""
    return _differing(runs.recorded_versions(folder))


def scored_by_others(folder: Path) -> list[str]:
    """The same of its scores; none where it has no scores."""
    record = score_record(folder)
    if record is None:
        return []
    used = record.get("versions")  # not in files of older versions
    return _differing([used if is_versions(used) else {"vae_tf": record["version"]}])


def _differing(recorded: list[dict[str, str]]) -> list[str]:
    now = runs.versions()
    return list(
        dict.fromkeys(
            f"{package} {used[package]}"
            for used in recorded
            for package in now
            if package in used and used[package] != now[package]
        )
    )
