"""Groups of runs on the same images: order, differing parameters and verdict (compute)."""

import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

from vae_tf import schedules
from vae_tf.analysis.collapse import is_collapsed
from vae_tf.analysis.report.quantities import written
from vae_tf.analysis.report.reported_run import ReportedRun
from vae_tf.config import Params

# Fields of the images, which are shown once above a group. Fields of the training's length and of
# its records, which are not compared.
_OF_GROUPS = ("dataset", "image_size", "channels")
_BOOKKEEPING = (
    *("steps", "patience", "log_every", "sample_every", "sample_steps", "keep_steps"),
    *("checkpoint_every", "validate_every"),
)
_WEIGHT = "kl_weight"
_MOST_WORDS = 5  # weights that a verdict names


class Group(NamedTuple):
    """Runs of the same images.

    Attributes:
        name: Data set and shape.
        runs: The runs, sorted by KL weight.
        fields: Parameters in the table: model and KL weight, then other parameters that differ.
        verdict: A line on the effect of the KL weight; empty if no active latents are known.
    """

    name: str
    runs: list[ReportedRun]
    fields: list[str]
    verdict: str


def groups_of(runs: Sequence[ReportedRun]) -> list[Group]:
    """Groups runs by their images, and sorts each group by KL weight.

    Args:
        runs: Runs. Groups are in the order of their first runs.
    """
    found: dict[str, list] = {}
    for run in runs:
        shape = "x".join(map(str, run.summary["image_shape"]))
        found.setdefault(f"{run.params.dataset}, {shape}", []).append(run)
    groups = []
    for name, members in found.items():
        members = sorted(members, key=_place)
        differing = differing_fields([run.params for run in members])
        first = ["model", _WEIGHT]
        fields = [each for each in differing if each not in (*_OF_GROUPS, *_BOOKKEEPING, *first)]
        groups.append(Group(name, members, [*first, *fields], verdict_of(members)))
    return groups


def _place(run):
    """Key for sorting: by final weight, constant weights before schedules."""
    words = weight_words(run.params)
    return weight_of(run.params), "(" in words, words, run.summary["run"]


def differing_fields(params: Iterable[Params]) -> list[str]:
    """Returns the names of parameters that differ between runs, in the order of `Params`."""
    dicts = [each.to_dict() for each in params]
    fields = dicts[0] if dicts else {}
    return [name for name in fields if any(one[name] != fields[name] for one in dicts)]


def weight_of(params: Params) -> float:
    """Returns the KL weight at the end of the training; infinity for a weight set by feedback."""
    weight = schedules.as_schedule(params.kl_weight)
    return math.inf if isinstance(weight, schedules.Feedback) else float(weight(params.steps))


def verdict_of(runs: Sequence[ReportedRun]) -> str:
    """Describes the effect of the KL weight in runs on the same images.

    Example of a line: "Weight 10: 8 of 32 latents are active, MSE 0.0285; weight 1,000 and above
    collapse."
    """
    by_weight: dict[str, list] = {}
    for run in runs:
        if _lives(run):
            by_weight.setdefault(weight_words(run.params), []).append(run)
    lost = [run for run in runs if is_collapsed(run.summary)]
    words = [_of_weight(weight, found) for weight, found in _few(by_weight)]
    if len(by_weight) > len(words):
        words.append(f"{len(by_weight) - len(words)} more weights have active latents")
    words += _collapses(lost, [run for run in runs if _lives(run)])
    return f"{words[0][0].upper()}{'; '.join(words)[1:]}." if words else ""


def weight_words(params: Params) -> str:
    """Writes the KL weight: such as "1,000" for a constant, else the schedule."""
    weight = schedules.as_schedule(params.kl_weight)
    if isinstance(weight, schedules.constant):
        return f"{weight.value:,.15g}"
    return str(weight)


def _lives(run) -> bool:
    return run.summary["active"] is not None and not is_collapsed(run.summary)


def _few(alive: dict[str, list]) -> list[tuple[str, list]]:
    """Picks the weights that fit on a line, constant weights first."""
    constant = [each for each in alive.items() if "(" not in each[0]]
    others = [each for each in alive.items() if "(" in each[0]]
    return [*constant, *others][:_MOST_WORDS]


def _of_weight(weight: str, runs: list) -> str:
    active = sorted(run.summary["active"] for run in runs)
    sizes = sorted({len(run.summary.get("kl_per_latent") or []) or run.params.latent_size
                    for run in runs})  # fmt: skip
    errors = [run.summary["mse"] for run in runs if run.summary["mse"] is not None]
    error = f", MSE {written('mse', median(errors))}" if errors else ""
    over = f" (median of {len(runs)} runs)" if len(runs) > 1 and errors else ""
    counts = f"{_range(active)} of {_range(sizes)} latents are active"
    return f"weight {weight}: {counts}{error}{over}"


def _range(values: Sequence[int]) -> str:
    low, high = values[0], values[-1]
    return f"{low}" if low == high else f"{low} to {high}"


def _collapses(lost: list, living: list) -> list[str]:
    """Names collapsed runs: "weight W and above" if all runs from W on collapsed, else by name."""
    if not lost:
        return []
    highest = max((weight_of(run.params) for run in living), default=-math.inf)
    above = sorted({weight_of(run.params) for run in lost if weight_of(run.params) > highest})
    named = [_named(run) for run in lost if weight_of(run.params) <= highest]
    words = []
    if above and math.isfinite(above[0]):
        more = " and above" if len(above) > 1 else ""
        words.append(f"weight {above[0]:,.15g}{more} collapse{'' if more else 's'}")
    elif above:
        named += [_named(run) for run in lost if weight_of(run.params) > highest]
    if named:
        shown = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
        words.append(f"{shown} collapsed")
    return words


def _named(run) -> str:
    return f"{run.summary['run']} (weight {weight_words(run.params)})"
