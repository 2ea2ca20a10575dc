"""All scores of a run into its metrics.json, score by score; UDR of runs that differ by seed."""

import json
import time
from collections.abc import Callable, Sequence

import numpy as np

from vae_tf import __version__, metrics
from vae_tf.data import GroundTruthImages, ImageSet
from vae_tf.data.labels import labels_of
from vae_tf.models.template.codes import encode_images
from vae_tf.process.files.saving import write_text
from vae_tf.results.score_records import RECORD, load_record
from vae_tf.runs import Run, load_data, versions

SEED = 0

_UDR_IMAGES = 1_000  # as in Duan et al. 2020


def score_run(
    run: Run, preset: str = "full", *, progress: bool = True, say: Callable[[str], None] = print
) -> dict:
    """Scores a run and writes `metrics.json` into its folder after each score.

    Interrupted, it continues with the score it was at: what is there of the same checkpoint, preset
    and version is kept. Scores that the run does not allow are left out, and `left_out` says why:
    without known factors there are the unsupervised scores, active units, the decomposition of the
    KL, the log-likelihood and the sharpness, and with labels probes and clusterings; without a
    Gaussian posterior nothing that needs its densities; and without noise in the encoder no
    log-likelihood either.

    Args:
        run: Run that is scored.
        preset: "full" (the published sizes) or "fast" (about a tenth, from codes of a sample of the
            images where the preset's `num_images` are fewer than there are).
        progress: Whether to show progress bars on stderr.
        say: Function that is given a line of progress at a time.

    Returns:
        The content of metrics.json: what was scored (`run`, `step`, `dataset`, `image_shape`,
        `likelihood`, `preset`, `seed`, `version`, `factors`, `left_out`), the `versions` of all
        packages that scored it, `scores`, name -> entry as in `metrics.score_suite`, and `complete`
        once the last is there.

    Raises:
        UserError: If the run has no checkpoint, or its data cannot be had.
    """
    offers = offers_of(run)
    about = _about(run, preset, offers)
    stored = load_record(run.path / RECORD)
    record: dict = {**about, "versions": versions(), "scores": {}}
    if stored is not None and all(stored.get(name) == about[name] for name in about):
        record = stored
    for sentence in about["left_out"]:
        say(f"{run.name}: {sentence}")
    done = set(record["scores"])
    left = [name for name in metrics.suite_names(offers) if name not in done]
    model = images = codes = labeled = None
    of_model = {"model", "pixels"}
    if any(of_model & set(metrics.SCORES[name].needs) for name in left):
        model, images = run.model, _held_out(run, preset)
        model.seed_generator.state.assign([SEED, 0])
    if any("labels" in metrics.SCORES[name].needs for name in left):
        labeled = _labeled_codes(run, preset)
    if any(not set(metrics.SCORES[name].needs) <= of_model | {"labels"} for name in left):
        codes = _codes(run, offers, preset, progress)
    suite = metrics.score_suite(
        codes,
        model=model,
        images=images,
        labeled=labeled,
        preset=preset,
        seed=SEED,
        done=done & set(metrics.SCORES),
        progress=progress,
    )
    for name, entry in suite:
        if name == "log_likelihood" and run.validation_data.binarization:
            entry["protocol"] += f"; {run.validation_data.binarization}"
        _store(run, record, name, entry, say)
    if record["scores"] and not record.get("complete"):
        record["complete"] = True
        write_text(run.path / RECORD, json.dumps(record, indent=1) + "\n")
    return record


def _about(run: Run, preset: str, offers: set[str]) -> dict:
    """Origin of scores: scores of another run, preset or version are not resumed."""
    return {
        "run": run.name,
        "step": run.details["step"],
        "dataset": run.params.dataset,
        "image_shape": list(run.model.image_shape),
        "likelihood": run.params.likelihood,
        "preset": preset,
        "seed": SEED,
        "version": __version__,
        "factors": _scored_factors(run, offers),
        "left_out": _left_out(run, offers),
    }


def offers_of(run: Run) -> set[str]:
    """Parts of a run that scores may need (`metrics.Score.needs`), before any image is encoded."""
    if run.model.conditional:
        return set()
    offers = {"codes"}
    if isinstance(run.data, GroundTruthImages):
        offers |= {"factors", "interventions"}
    if run.model.has_gaussian_codes:
        offers.add("densities")
    if run.model.has_densities:
        offers.add("model")
    if len(run.model.image_shape) == 3 and not run.validation_data.has_missing:
        offers.add("pixels")
    # Factors have scores of their own.
    if "factors" not in offers and len(_known_labels(run.data)[1]) > 1:
        if len(_known_labels(_test_images(run))[0]):
            offers.add("labels")
    return offers


def _scored_factors(run: Run, offers: set[str]) -> list[str] | None:
    if "factors" in offers and isinstance(run.data, GroundTruthImages):
        return list(run.data.factor_names)
    return None


def _left_out(run, offers) -> list[str]:
    """Sentences on which scores a run does not get, and why."""
    if not offers:
        return ["Its codes are for images with given labels: it is not scored."]
    sentences = []
    if "factors" not in offers:
        sentences.append(
            f"'{run.params.dataset}' has no known factors: scores that need none are computed."
        )
    if "model" not in offers:
        sentences.append(
            "Its encoder adds no noise: there are no densities of codes, so the KL, its "
            "decomposition, MIG by density and the log-likelihood are left out."
        )
    elif "densities" not in offers:
        sentences.append(
            "Its posterior is not Gaussian: the KL of each code, its decomposition and MIG by "
            "density are left out."
        )
    if "model" in offers and run.model.likelihood.levels == 2 and _is_grey(run.validation_data):
        sentences.append(
            "Its likelihood is a Bernoulli and its pixels are grey, of which that is no "
            "probability: bits per dimension are left out. Train with continuous_bernoulli."
        )
    return sentences


def _is_grey(images: ImageSet) -> bool:
    """Whether some of the first images have pixels between 0 and 1."""
    return not np.isin(images.images(np.arange(min(len(images), 16))), (0, 1)).all()


def _store(run, record, name, entry, say):
    record["scores"][name] = entry
    write_text(run.path / RECORD, json.dumps(record, indent=1) + "\n")
    say(f"  {name:20} {entry['seconds']:6.1f} s")


def encoder_of(model) -> Callable:
    """Function from images to Gaussian densities of codes, or to codes alone."""
    return model.encode if model.has_gaussian_codes else lambda x: model.encode(x)[0]


def _codes(
    run, offers, preset, progress
) -> metrics.Representation | metrics.FactorSample | metrics.Codes:
    """Codes of the factor grid, or of random images of it, or where no factors are known."""
    if "factors" in offers:
        encode, most = encoder_of(run.model), metrics.PRESETS[preset].num_images
        if most is not None and most < len(run.data):
            return metrics.FactorSample(encode, run.data, most, seed=SEED, progress=progress)
        return metrics.Representation(encode, run.data, progress=progress)
    mean, log_stddev = _encode(run, metrics.PRESETS[preset].num_codes)
    return metrics.Codes(mean, log_stddev if "densities" in offers else None)


def _encode(run, most: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Means and log_stddevs of so many random images of the data."""
    rows = np.sort(np.random.default_rng(SEED).permutation(len(run.data))[:most])
    return encode_images(run.model, run.data.observed, rows)


def _labeled_codes(run, preset) -> metrics.LabeledCodes:
    """Codes of random training images, and of test images, or else validation images."""
    sizes, parts = metrics.PRESETS[preset], []
    for images, most in ((run.data, sizes.num_train), (_test_images(run), sizes.num_test)):
        known, _ = _known_labels(images)
        rows = np.sort(np.random.default_rng(SEED).permutation(known)[:most])
        parts += [encode_images(run.model, images.observed, rows)[0], labels_of(images)[rows]]
    return metrics.LabeledCodes(*parts)


def _test_images(run) -> ImageSet:
    """The test split; the validation images where there is none, or its labels are not known."""
    if "test" in run.data.splits and not run.details["own_data"]:
        images = load_data(run.params, "test")
        if len(_known_labels(images)[0]):
            return images
    return run.validation_data


def _known_labels(images) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the images whose label is known, and which labels there are."""
    if images.labels is None:
        return np.zeros(0, int), np.zeros(0, int)
    known = np.flatnonzero(images.labels >= 0)
    return known, np.unique(images.labels[known])


def _held_out(run, preset) -> np.ndarray:
    """The validation images whose likelihood is estimated, evenly spaced."""
    images = run.validation_data
    count = min(len(images), metrics.PRESETS[preset].likelihood_images)
    return images.observed(images.evenly_spaced(count))


def score_udr(runs: Sequence[Run], *, say: Callable[[str], None] = print):
    """Adds UDR to the metrics.json of scored runs that differ by seed alone.

    Duan et al. compare models of the same parameters and data that were trained from different
    seeds, so runs belong together where all else in `Params`, the image shape and the step are
    equal; of runs of the same seed, which are the same model, the first stands for all. UDR is
    computed again when such a group changes, and kept otherwise. Scores of other versions (of
    this package or those it depends on) are in no group with new ones, and stay what they are.
    Alone in its group, or without a KL that shows which codes are informative, a run gets none.

    Args:
        runs: The runs; those without a metrics.json are left out.
        say: Function that is given a line of progress at a time.
    """
    groups: dict[str, dict[int, tuple[Run, dict]]] = {}
    for run in runs:
        record = load_record(run.path / RECORD)
        if record is not None and "kl_per_code" in record["scores"]:
            same = run.params.to_dict() | {"seed": None}
            scored_with = [record["version"], record.get("versions")]
            key = json.dumps([same, record["image_shape"], record["step"], scored_with])
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
    score = metrics.SCORES["udr"]
    results = score.compute(codes, kl)
    say(f"UDR of {', '.join(names)}")
    for (run, record), values in zip(members, results, strict=True):
        entry = {
            "values": values,
            "protocol": score.protocol,
            "preset": record["preset"],
            "sizes": {"num_images": len(codes[0]), "num_models": len(names)},
            "seed": SEED,
            "seconds": round(time.perf_counter() - start, 3),
            "runs": names,
        }
        _store(run, record, "udr", entry, say)
