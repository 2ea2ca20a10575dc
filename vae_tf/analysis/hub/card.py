"""The model card of a published run: the README.md that the Hugging Face hub shows."""

import math
from collections.abc import Sequence

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.summaries import summarize
from vae_tf.analysis.verdict import verdict
from vae_tf.config import Params
from vae_tf.process.errors import UserError
from vae_tf.process.files.reading import read_json, require_fields
from vae_tf.results.score_records import values_of
from vae_tf.results.score_tables import columns, number
from vae_tf.runs import Run
from vae_tf.runs.download import hub_library

_ALT = {
    "generations.png": "Images generated from random codes",
    "reconstructions.png": "Images, and their reconstructions",
    "traversals.png": "Each latent moved through its range",
    "latent_space.png": "Codes of images",
}
# Quantity of summaries.py -> its name and unit; `_words` fills in "image" or "vector".
_NUMBERS = {
    "val_elbo": "ELBO, nats per {one}, validation",
    "val_reconstruction": "reconstruction, nats per {one}, validation",
    "val_kl": "KL, nats per {one}, validation",
    "mse": "mean squared error per {part}, validation",
    "active": "active latents",
    "val_error": "classification error, validation",
    "test_error": "classification error, test",
}
_SHOWN = (
    *("dataset", "model", "hyper", "likelihood", "kl_weight", "latent_size", "encoder", "decoder"),
    *("optimizer", "learning_rate", "batch_size", "steps", "seed"),
)


def card_of(
    analyzed: AnalyzedRun, pictures: Sequence[str], license: str | None, address: str | None
) -> str:
    """Writes the model card of a run, with its results.

    Args:
        analyzed: The run.
        pictures: Names of the files that are in `pictures/`.
        license: Identifier of its license, or None.
        address: USER/NAME of its repository, or None.

    Returns:
        Markdown, with the header of the hub in YAML.
    """
    run, params = analyzed.run, analyzed.params
    summary = summarize(analyzed)
    results = {name: summary[name] for name in _NUMBERS if summary[name] is not None}
    scores = _scores(analyzed.record)
    header = _header(run, license, results | scores)
    kind = "images" if _has_pictures(run) else "vectors"
    parts = [
        f"---\n{header}\n---\n\n# {run.name}",
        f"`{params.model}`, {run.model.latent_size} latents, trained on {kind} of "
        f"`{params.dataset}` with `vae_tf` (TensorFlow, Keras 3). {_judged(summary, params)}",
        "\n\n".join(f"![{_ALT[name]}](pictures/{name})" for name in pictures),
        "## Use\n\nWith the package `vae_tf` and its extra `hub`:\n\n"
        f"```python\n{_code(run, address)}```\n\n"
        "This reads JSON, CSV and safetensors files, and runs no code from this repository.",
        _table("Numbers", {_words(run, n): _number(value) for n, value in results.items()}),
        _table("Scores", {f"`{name}`": _number(value) for name, value in scores.items()}),
        "Each score's protocol and sizes are in `metrics.json`." if scores else "",
        _table(
            "Training", {f"`{n}`": f"`{v}`" for n, v in params.to_dict().items() if n in _SHOWN}
        ),
        f"All parameters are in `params.json`, all logged steps in `log.csv`. {_session(run)}",
        f"## License\n\n{license or 'None was chosen: ask the owner before you use it.'}",
    ]
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


def _has_pictures(run: Run) -> bool:
    return len(run.details["image_shape"]) == 3


def _words(run: Run, name: str) -> str:
    """Return the name and unit of a number: per image or per vector."""
    one, part = ("image", "pixel") if _has_pictures(run) else ("vector", "value")
    return _NUMBERS[name].format(one=one, part=part)


def _header(run: Run, license: str | None, results: dict[str, float]) -> str:
    hub, params = hub_library(), run.params
    task = "unconditional-image-generation" if _has_pictures(run) else "other"
    measured = [
        hub.EvalResult(
            task_type=task,
            dataset_type=params.dataset,
            dataset_name=params.dataset,
            metric_type=name,
            metric_name=_words(run, name) if name in _NUMBERS else None,
            metric_value=value,
        )
        for name, value in results.items()
        if math.isfinite(value)
    ]
    # Not `keras`: the hub would then advise to load it with Keras alone.
    data = hub.ModelCardData(
        library_name="vae_tf",
        tags=["keras", "tensorflow", "variational-autoencoder", params.model],
        license=license,
        model_name=run.name,
        eval_results=measured or None,
    )
    return data.to_yaml()


def _scores(record: dict | None) -> dict[str, float]:
    """Return the scores of a metrics.json that tables show, by name."""
    values = {} if record is None else values_of(record)
    return {n: values[n] for members in columns().values() for n in members if n in values}


def _judged(summary: dict, params: Params) -> str:
    judged = verdict(summary, params)
    step = f"Weights of step {summary['step']:,} of {params.steps:,}"
    return f"{step}: {judged}." if judged else f"{step}."


def _code(run: Run, address: str | None) -> str:
    shape = ", ".join(map(str, run.details["image_shape"]))
    size, given = run.model.latent_size, run.model.conditional
    label = ", label" if given else ""
    labeled = "label = 0  # of all images, or [16] integers\n" if given else ""
    return (
        f'import vae_tf\n\nrun = vae_tf.load_run("hf://{address or "USER/NAME"}")\n'
        f"{labeled}"
        f"x = run.generate(16{', label=label' if given else ''})  # [16, {shape}]\n"
        f"mean, log_stddev = run.model.encode(x{label})  # [16, {size}] each\n"
        f"run.model.decode(mean{label})  # [16, {shape}]\n"
    )


def _number(value: float) -> str:
    return f"{value:.4f}" if isinstance(value, float) and abs(value) < 1 else number(value)


def _table(heading: str, rows: dict[str, str]) -> str:
    if not rows:
        return ""
    lines = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"## {heading}\n\n| | |\n| --- | --- |\n{lines}"


def _session(run: Run) -> str:
    """Write the package versions of the training; empty if environment.json cannot be read."""
    try:
        record = read_json(run.path / "environment.json")
        last = require_fields(record, {"sessions": list})["sessions"][-1]
        versions = require_fields(last, {"versions": dict})["versions"]
    except (OSError, UserError, IndexError):
        return ""
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"Trained with {listed}: see `environment.json`."
