"""All scores of a run into its metrics.json, score by score."""

import json
import time
from collections.abc import Callable, Iterator

import numpy as np

from vae_tf import metrics
from vae_tf.data import GroundTruthImages
from vae_tf.runs import Run, write_text
from vae_tf.version import VERSION

SEED = 0

# Images and samples of the log-likelihood, images of sets without known factors.
_SIZES = {
    "full": {"num_images": 1_000, "num_samples": 1_000, "num_codes": 10_000},
    "fast": {"num_images": 100, "num_samples": 100, "num_codes": 1_000},
}
# Stored values on [0, 1] are bytes: a density becomes the probability of one of 256 levels.
_LEVELS = {"bernoulli": None, "gaussian": 256, "laplace": 256}


def score_run(
    run: Run, preset: str = "full", *, progress: bool = True, say: Callable[[str], None] = print
) -> dict:
    """Scores a run and writes `metrics.json` into its folder after each score.

    Interrupted, it goes on with the score it was at: what is there of the same checkpoint, preset
    and version is kept. A run without known factors gets what needs none: the unsupervised scores,
    active units, the decomposition of the KL and the log-likelihood.

    Args:
        run: To be scored.
        preset: "full" (the published sizes) or "fast" (about a tenth).
        progress: Whether to show progress bars on stderr.
        say: Told a line of progress at a time.

    Returns:
        The content of metrics.json: what was scored (`run`, `step`, `preset`, `seed`, `version`,
        `factors`) and `scores`, name -> entry as in `metrics.score_suite`.

    Raises:
        UserError: If the run has no checkpoint, or its data cannot be had.
    """
    path = run.path / "metrics.json"
    known = isinstance(run.data, GroundTruthImages)
    about = {
        "run": run.name,
        "step": run.details["step"],
        "preset": preset,
        "seed": SEED,
        "version": VERSION,
        "factors": list(run.data.factor_names) if known else None,
    }
    record = _stored(path, about) or {**about, "scores": {}}
    if not known:
        say(f"{run.name}: '{run.params.dataset}' has no known factors: scores that need none")
    for name, entry in _scores(run, known, preset, set(record["scores"]), progress):
        record["scores"][name] = entry
        write_text(path, json.dumps(record, indent=1) + "\n")
        say(f"  {name:20} {entry['seconds']:6.1f} s")
    return record


def _stored(path, about: dict) -> dict | None:
    """What an earlier call left, if it was about the same."""
    try:
        record = json.loads(path.read_text())
        same = all(record[name] == value for name, value in about.items())
        return record if same and isinstance(record["scores"], dict) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _scores(run, known, preset, done, progress) -> Iterator[tuple[str, dict]]:
    if "log_likelihood" not in done:
        yield "log_likelihood", _log_likelihood(run, preset, progress)
    if known:
        wanted = set(metrics.suite_names(_anything(run.model.latent_size)))
        if wanted <= done:
            return
        codes = metrics.Representation(run.model.encode, run.data, progress=progress)
    else:
        count = min(len(run.data), _SIZES[preset]["num_codes"])
        rows = np.sort(np.random.default_rng(SEED).permutation(len(run.data))[:count])
        codes = metrics.Codes(*_encode(run, rows))
    left = done & set(metrics.suite_names(codes))
    yield from metrics.score_suite(codes, preset=preset, seed=SEED, done=left, progress=progress)


def _anything(latent_size: int) -> metrics.Representation:
    """The smallest grid, to ask which scores there will be before the pass over the images."""
    codes = np.zeros((2, latent_size))
    return metrics.Representation.from_arrays(codes, np.array([[0], [1]]), codes)


def _encode(run, rows):
    """Means and log_stddevs of rows of the data, a thousand images at a time."""
    parts = [
        run.model.encode(run.data.images(rows[start : start + 1_000]))
        for start in range(0, len(rows), 1_000)
    ]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


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


def score_table(record: dict) -> str:
    """The values of a metrics.json as aligned lines, names to the left."""
    values = {
        name: value
        for entry in record["scores"].values()
        for name, value in entry["values"].items()
    }
    width = max(map(len, values), default=0)
    lines = [f"  {name:{width}}  {value:10.4f}" for name, value in values.items()]
    head = f"{record['run']}, step {record['step']:,}, preset {record['preset']}"
    return "\n".join([head, *lines])
