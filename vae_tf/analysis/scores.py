"""All scores of a run into its metrics.json, score by score; UDR of runs that differ by seed."""

import json
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from vae_tf import metrics
from vae_tf.analysis.records import RECORD, load_record
from vae_tf.data import GroundTruthImages
from vae_tf.runs import Run
from vae_tf.saving import write_text
from vae_tf.version import VERSION

SEED = 0

# Images and samples of the log-likelihood; images encoded of sets without known factors, None for
# all: the mutual information of the decomposition cannot exceed the log of their number.
_SIZES = {
    "full": {"num_images": 1_000, "num_samples": 1_000, "num_codes": None},
    "fast": {"num_images": 100, "num_samples": 100, "num_codes": 10_000},
}
_UDR_IMAGES = 1_000  # as in Duan et al. 2020
# Scores whose sizes name the images that entered: all that were encoded, or a part of them.
_OF_ALL_IMAGES = ("active_units", "kl_per_code", "mig_density", "elbo_decomposition")
# Stored values on [0, 1] are bytes: a density becomes the probability of one of 256 levels.
_LEVELS = {"bernoulli": None, "gaussian": 256, "laplace": 256}


def score_run(
    run: Run, preset: str = "full", *, progress: bool = True, say: Callable[[str], None] = print
) -> dict:
    """Scores a run and writes `metrics.json` into its folder after each score.

    Interrupted, it goes on with the score it was at: what is there of the same checkpoint, preset
    and version is kept. Scores that the run does not allow are left out, and `left_out` says why:
    without known factors there are the unsupervised scores, active units, the decomposition of the
    KL and the log-likelihood; without a Gaussian posterior nothing that needs its densities; and
    without noise in the encoder no log-likelihood either.

    Args:
        run: To be scored.
        preset: "full" (the published sizes) or "fast" (about a tenth).
        progress: Whether to show progress bars on stderr.
        say: Told a line of progress at a time.

    Returns:
        The content of metrics.json: what was scored (`run`, `step`, `dataset`, `image_shape`,
        `likelihood`, `preset`, `seed`, `version`, `factors`, `left_out`) and `scores`, name ->
        entry as in `metrics.score_suite`.

    Raises:
        UserError: If the run has no checkpoint, or its data cannot be had.
    """
    known = isinstance(run.data, GroundTruthImages)
    noisy, gaussian = not run.model.deterministic, run.model.gaussian_posterior
    about = {
        "run": run.name,
        "step": run.details["step"],
        "dataset": run.params.dataset,
        "image_shape": list(run.model.image_shape),
        "likelihood": run.params.likelihood,
        "preset": preset,
        "seed": SEED,
        "version": VERSION,
        "factors": list(run.data.factor_names) if known else None,
        "left_out": _left_out(run, known, noisy, gaussian),
    }
    stored = load_record(run.path / RECORD)
    same = stored is not None and all(stored.get(name) == about[name] for name in about)
    record = stored if same else {**about, "scores": {}}
    for sentence in about["left_out"]:
        say(f"{run.name}: {sentence}")
    done = set(record["scores"])
    if noisy and "log_likelihood" not in done:
        _store(run, record, "log_likelihood", _log_likelihood(run, preset, progress), say)
    for name, entry in _suite(run, known, gaussian, preset, done, progress):
        _store(run, record, name, entry, say)
    return record


def _left_out(run, known, noisy, gaussian) -> list[str]:
    """Sentences on which scores a run does not get, and why."""
    sentences = []
    if not known:
        sentences.append(
            f"'{run.params.dataset}' has no known factors: scores that need none are computed."
        )
    if not noisy:
        sentences.append(
            "Its encoder adds no noise: there are no densities of codes, so the KL, its "
            "decomposition, MIG by density and the log-likelihood are left out."
        )
    elif not gaussian:
        sentences.append(
            "Its posterior is not Gaussian: the KL of each code, its decomposition and MIG by "
            "density are left out."
        )
    return sentences


def _store(run, record, name, entry, say):
    record["scores"][name] = entry
    write_text(run.path / RECORD, json.dumps(record, indent=1) + "\n")
    say(f"  {name:20} {entry['seconds']:6.1f} s")


def _suite(run, known, gaussian, preset, done, progress) -> Iterator[tuple[str, dict]]:
    """The scores of `metrics.score_suite` that are not done."""
    if set(metrics.suite_names(_anything(run.model.latent_size, known, gaussian))) <= done:
        return
    if known:
        codes = metrics.Representation(encoder_of(run.model), run.data, progress=progress)
    else:
        mean, log_stddev = _encode(run, _SIZES[preset]["num_codes"])
        codes = metrics.Codes(mean, log_stddev if gaussian else None)
    left = done & set(metrics.suite_names(codes))
    count = len(codes.mean)
    suite = metrics.score_suite(codes, preset=preset, seed=SEED, done=left, progress=progress)
    for name, entry in suite:
        if name in _OF_ALL_IMAGES:
            entry["sizes"]["num_images"] = min(entry["sizes"].get("num_images") or count, count)
        if not known and "num_train" in entry["sizes"]:
            entry["sizes"]["num_train"] = min(entry["sizes"]["num_train"], count)
        yield name, entry


def encoder_of(model) -> Callable:
    """What gives a model's codes to `metrics.Representation`: with Gaussian densities or alone."""
    return model.encode if model.gaussian_posterior else lambda x: model.encode(x)[0]


def _anything(latent_size: int, known: bool, gaussian: bool):
    """The smallest codes, to ask which scores there will be before the pass over the images."""
    mean = np.zeros((2, latent_size))
    log_stddev = mean if gaussian else None
    if not known:
        return metrics.Codes(mean, log_stddev)
    return metrics.Representation.from_arrays(mean, np.array([[0], [1]]), log_stddev)


def _encode(run, most: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Means and log_stddevs of so many random images of the data, a thousand at a time."""
    rows = np.sort(np.random.default_rng(SEED).permutation(len(run.data))[:most])
    parts = [
        run.model.encode(run.data.images(rows[start : start + 1_000]))
        for start in range(0, len(rows), 1_000)
    ]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _log_likelihood(run, preset, progress) -> dict:
    sizes = _SIZES[preset]
    count = min(len(run.validation_data), sizes["num_images"])
    rows = np.unique(np.linspace(0, len(run.validation_data) - 1, count).astype(int))
    model = run.model
    model.seed_generator.state.assign([SEED, 0])
    start = time.perf_counter()
    values = metrics.log_likelihood(
        model, run.validation_data.images(rows), sizes["num_samples"], progress=progress
    )
    levels = _LEVELS[run.params.likelihood]
    return {
        "values": {
            "log_likelihood": float(values.mean()),
            "log_likelihood_error": float(values.std(ddof=1) / np.sqrt(len(values)))
            if len(values) > 1
            else 0.0,
            "bits_per_dimension": metrics.bits_per_dimension(
                values, model.image_shape, levels=levels
            ),
        },
        "protocol": "Burda et al. 2016: importance samples of the posterior, validation images; "
        "nats an image, standard error over images",
        "preset": preset,
        "sizes": {"num_images": len(rows), "num_samples": sizes["num_samples"]},
        "seed": SEED,
        "seconds": round(time.perf_counter() - start, 3),
    }


def score_udr(runs: Sequence[Run], *, say: Callable[[str], None] = print):
    """Adds UDR to the metrics.json of scored runs that differ by seed alone.

    Duan et al. compare models of the same parameters and data that were trained from different
    seeds, so runs belong together where all else in `Params`, the image shape and the step are
    equal; of runs of the same seed, which are the same model, the first stands for all. UDR is
    computed again when such a group changes, and kept otherwise. Alone in its group, or without
    a KL to tell which codes are informative, a run gets none.

    Args:
        runs: With a metrics.json each; others are left out.
        say: Told a line of progress at a time.
    """
    groups: dict[str, dict[int, tuple[Run, dict]]] = {}
    for run in runs:
        record = load_record(run.path / RECORD)
        if record is not None and "kl_per_code" in record["scores"]:
            same = run.params.to_dict() | {"seed": None}
            key = json.dumps([same, record["image_shape"], record["step"]])
            groups.setdefault(key, {}).setdefault(run.params.seed, (run, record))
    for members in groups.values():
        names = [run.name for run, _ in members.values()]
        stored = [record["scores"].get("udr", {}).get("runs") for _, record in members.values()]
        if len(names) > 1 and any(group != names for group in stored):
            _udr(list(members.values()), names, say)


def _udr(members, names, say):
    start = time.perf_counter()
    codes, kl = [], []
    for run, _ in members:
        mean, log_stddev = _encode(run, _UDR_IMAGES)
        codes.append(mean)
        kl.append(metrics.kl_per_code(mean, log_stddev))
    values = metrics.udr_score(codes, kl)
    say(f"UDR of {', '.join(names)}")
    for (run, record), value in zip(members, values, strict=True):
        entry = {
            "values": {"udr": float(value)},
            "protocol": "Duan et al. 2020 with Lasso, alpha 0.1, over runs that differ by seed; a "
            "perfect match scores 0.9 with Lasso",
            "preset": record["preset"],
            "sizes": {"num_images": len(codes[0]), "num_models": len(names)},
            "seed": SEED,
            "seconds": round(time.perf_counter() - start, 3),
            "runs": names,
        }
        _store(run, record, "udr", entry, say)
