"""Scores codes of the sprites from several sources, and prints the tables of RESULTS.md.

    python study.py sprites-paper --metrics full
    python study.py sprites-variants --metrics full
    python experiments/sprites_study.py

Higgins et al. (ICLR 2017, Table 1) give the accuracy of a linear classifier that names the factor
two images share, for codes from several sources. Here every source gets that score and all others
of the suite: the two studies train and score models, this script scores what needs no training.

Restartable: what is scored is skipped. Results are one JSON file a source in
experiments/sprites_study/; for trained sources it holds what the run folder says.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from published_numbers import published_texts  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import data, metrics  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.results.score_records import RECORD, load_record, values_of  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

RESULTS = Path(__file__).with_suffix("")
SEEDS = (0, 1, 2)
STUDIES = ("sprites-paper", "sprites-variants")
# Source that is trained, such as "beta-VAE 4, seed 0" -> its run folder within predictions/.
POINTS = {
    f"{point.values['base'].replace('beta-VAE-', 'beta-VAE ')}, seed {point.params.seed}": (
        f"{study}/{point.name}"
    )
    for study in STUDIES
    for point in presets.STUDIES[study].points()
}
TRAINED = list(dict.fromkeys(source.partition(", seed ")[0] for source in POINTS))
PUBLISHED = published_texts("sprites_study")  # beta-VAE scores, percent
# The rows of the two tables: the paper's and other betas, and every variant beside two of those.
PAPER = [name for name in PUBLISHED if name not in TRAINED]
PAPER += [name for name in TRAINED if name in PUBLISHED or name.startswith("beta-VAE")]
VARIANTS = [name for name in TRAINED if name in PUBLISHED or name not in PAPER]
FITTED_ON = 10_000  # images that PCA and ICA are fitted on
NUM_CODES = 10  # of PCA and ICA, as many as the models have latents
COLUMNS = {
    "beta-VAE score": "beta_vae_eval",
    "FactorVAE": "factor_vae_eval",
    "MIG": "mig",
    "MIG, densities": "mig_density",
    "SAP": "sap",
    "DCI": "dci_disentanglement",
    "IRS": "irs",
    "active units": "active_units",
    "TC": "total_correlation",
    "null TC": "null_total_correlation",
}
TERMS = {"reconstruction": "val_reconstruction", "KL": "val_kl"}


def fixed_sources() -> list[str]:
    """Sources that are not trained."""
    fixed = ["ground truth", "raw pixels", "PCA", "ICA"]
    return fixed + [f"VAE untrained, seed {seed}" for seed in SEEDS]


def result_path(source: str) -> Path:
    """Where the scores of a source are."""
    return RESULTS / f"{source.replace(', ', '-').replace(' ', '-')}.json"


# --- one source ---


def pixels(sprites) -> dict:
    """Raw pixels are too many for a grid: they are rendered anew and get the first score only."""

    def represent(factors):
        return sprites.images_of(factors).reshape(len(factors), -1)

    sizes = {"num_train": 2_000, "num_eval": 5_000, "batch_size": 64}
    scores = metrics.beta_vae_score(represent, sprites.factor_sizes, **sizes, progress=True)
    values = {f"beta_vae_{name}": score for name, score in scores.items()}
    return {"beta_vae": {"values": values, "sizes": sizes, "seed": 0}}


def linear_codes(sprites, kind: str):
    """Codes of PCA or ICA, fitted on random sprites."""
    from sklearn.decomposition import PCA, FastICA

    rng = np.random.default_rng(0)
    sample = sprites.images_of(sprites.sample_factors(FITTED_ON, rng)).reshape(FITTED_ON, -1)
    fit = {
        "PCA": PCA(NUM_CODES, random_state=0),
        "ICA": FastICA(NUM_CODES, random_state=0, max_iter=1_000),
    }[kind].fit(sample)
    return lambda x: fit.transform(x.reshape(len(x), -1)).astype("float32")


def untrained(seed: int, sprites):
    """A VAE with its initial weights."""
    from vae_tf.models.template.build import build_model

    params = replace(presets.RUNS["sprites-VAE"], seed=seed)
    return build_model(params, sprites.image_shape, len(sprites)).encode


def score(represent) -> dict:
    """All scores of a representation, by name, without the matrices."""
    results = {}
    for name, entry in metrics.score_suite(represent, preset="full"):
        entry.pop("matrix", None)
        results[name] = entry
    return results


def score_fixed(source: str) -> dict:
    """Scores of a source that is not trained, by name."""
    sprites = data.load("sprites")
    if source == "raw pixels":
        return pixels(sprites)
    if source == "ground truth":
        grid = np.stack(np.unravel_index(np.arange(len(sprites)), sprites.factor_sizes), axis=1)
        return score(metrics.Representation.from_arrays(grid.astype("float32"), grid))
    if source in ("PCA", "ICA"):
        return score(metrics.Representation(linear_codes(sprites, source), sprites))
    encode = untrained(int(source.rpartition(" ")[2]), sprites)
    return score(metrics.Representation(encode, sprites))


def collect(folder: Path) -> dict | None:
    """Numbers of a trained source from its run folder; None where it is not scored."""
    record = load_record(folder / RECORD)
    if record is None or not record.get("complete"):
        return None
    history = Run(folder).history
    last = {title: float(history[column][-1]) for title, column in TERMS.items()}
    # The KL of a deterministic encoder is infinite, for which JSON has no number.
    terms = {title: value if math.isfinite(value) else None for title, value in last.items()}
    entries = record["scores"].items()
    scores = {
        name: {key: value for key, value in entry.items() if key != "matrix"}
        for name, entry in entries
    }
    return {"training": {"steps": record["step"], **terms}, "scores": scores}


def complete(predictions: Path):
    """Writes the files of sources that have none, and anew of runs that are scored."""
    records = {source: collect(predictions / point) for source, point in POINTS.items()}
    for source in fixed_sources():
        if not result_path(source).exists():
            records[source] = {"training": {}, "scores": score_fixed(source)}
    for source, record in records.items():
        if record is not None:
            text = json.dumps({"source": source, **record}, indent=1) + "\n"
            write_text(result_path(source), text)


# --- all sources ---


def rows_of(sources: list[str]) -> dict[str, list[dict]]:
    """Scores and terms of training by name, one row a seed."""
    groups: dict[str, list[dict]] = {}
    for source in sources:
        record = json.loads(result_path(source).read_text())
        row = values_of(record) | {k: v for k, v in record["training"].items() if v is not None}
        groups.setdefault(source.partition(", seed ")[0], []).append(row)
    return groups


def table(groups: dict[str, list[dict]]) -> str:
    """A table as Markdown: mean and standard deviation over seeds."""
    keys = COLUMNS | {name: name for name in TERMS} | {"steps": "steps"}
    scales = {"beta_vae_eval": 100}
    digits = {"beta_vae_eval": 1, "active_units": 1, "steps": 0, "KL": 1}
    digits |= {"reconstruction": 1, "total_correlation": 2, "null_total_correlation": 2}
    lines = [
        f"| codes | seeds | published | {' | '.join(keys)} |",
        f"| --- | --- | --- | {' | '.join('---' for _ in keys)} |",
    ]
    for name, rows in groups.items():
        cells = []
        for key in keys.values():
            values = scales.get(key, 1) * np.array([row[key] for row in rows if key in row], float)
            show = f"{{:,.{digits.get(key, 2)}f}}".format
            spread = f" ± {show(values.std(ddof=1))}" if len(set(values)) > 1 else ""
            # Information near its limit, the log of the number of images, counts as total
            # correlation.
            limited = any(row.get("information_at_limit") for row in rows)
            flag = "!" if key == "total_correlation" and limited else ""
            cells.append(show(values.mean()) + spread + flag if len(values) else "")
        published = PUBLISHED.get(name, "")
        lines.append(f"| {name} | {len(rows)} | {published} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    """Completes what is left and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    complete(options.predictions)
    known = [source for source in [*fixed_sources(), *POINTS] if result_path(source).exists()]
    groups = rows_of(known)
    for names in (PAPER, VARIANTS):
        print("\n" + table({name: groups[name] for name in names if name in groups}))


if __name__ == "__main__":
    main()
