"""Trains and scores models on the sprites, and prints the tables of RESULTS.md.

    python experiments/sprites_study.py

Higgins et al. (ICLR 2017, Table 1) give the accuracy of a linear classifier that names the factor
two images share, for codes from several sources. Here every source gets that score and all others
of the suite. One core trains and scores one source, so that as many sources as there are cores are
under way at once.

Restartable: what is scored is skipped, a training that was stopped goes on. Results are one JSON
file a source in experiments/sprites_study/; run folders and logs lie in predictions-study/.
"""

import argparse
import concurrent.futures
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import params as presets  # noqa: E402
from vae_tf import data, metrics  # noqa: E402
from vae_tf.analysis.score_tables import values_of  # noqa: E402
from vae_tf.analysis.scores import encoder_of  # noqa: E402
from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.saving import write_text  # noqa: E402

RESULTS = Path(__file__).with_suffix("")
SEEDS = (0, 1, 2)
BETAS = (2, 4, 8, 16)
# Variants of which one run would say too little.
REPEATED = ("beta_tcvae", "factor_vae")
# Sources that are trained: name -> preset, changes to it, seeds.
TRAINED = {
    "VAE": ("sprites-VAE", {}, SEEDS),
    **{f"beta-VAE {beta}": ("sprites-beta-VAE", {"kl_weight": beta}, SEEDS) for beta in BETAS},
    **{
        name.removeprefix("sprites-"): (name, {}, SEEDS if run.model in REPEATED else SEEDS[:1])
        for name, run in presets.RUNS.items()
        if run.dataset == "sprites" and run.model not in ("vae", "beta_vae")
    },
}
# Per cent, Table 1 of Higgins et al.
PUBLISHED = {
    "ground truth": 100.0,
    "raw pixels": 45.75,
    "PCA": 84.9,
    "ICA": 42.03,
    "VAE untrained": 44.14,
    "VAE": 61.58,
    "beta-VAE 4": 99.23,
    "InfoGAN": 73.5,
    "DC-IGN": 99.3,
}
# The rows of the two tables: the paper's and other betas, and every variant beside two of those.
PAPER = [name for name in PUBLISHED if name not in TRAINED]
PAPER += [name for name in TRAINED if name in PUBLISHED or name.startswith("beta-VAE")]
VARIANTS = [name for name in TRAINED if name in PUBLISHED or name not in PAPER]
FITTED_ON = 10_000  # images that PCA and ICA are fitted on
NUM_CODES = 10  # of PCA and ICA, as many as the models have latents
# Sampled scores, cheap on codes of the grid, have the published sizes; the others are `fast`.
AT_FULL_SIZE = {"beta_vae", "factor_vae"}
COLUMNS = {
    "beta-VAE score": "beta_vae_eval",
    "FactorVAE": "factor_vae_eval",
    "MIG": "mig",
    "MIG, densities": "mig_density",
    "SAP": "sap",
    "DCI": "dci_disentanglement",
    "IRS": "irs",
    "active": "active_units",
    "TC": "total_correlation",
}
TERMS = {"reconstruction": "val_reconstruction", "KL": "val_kl"}


def sources() -> list[str]:
    """All sources of codes, those first that say most if the rest is never run."""
    fixed = ["ground truth", "raw pixels", "PCA", "ICA"]
    fixed += [f"VAE untrained, seed {seed}" for seed in SEEDS]
    trained = [
        f"{name}, seed {seed}"
        for seed in SEEDS
        for name, (_, _, seeds) in TRAINED.items()
        if seed in seeds
    ]
    return fixed + trained


def result_path(source: str) -> Path:
    """Where the scores of a source lie."""
    return RESULTS / f"{source.replace(', ', '-').replace(' ', '-')}.json"


def is_done(source: str, steps: int) -> bool:
    """Whether a source is scored, after so many steps if it is trained."""
    try:
        training = json.loads(result_path(source).read_text())["training"]
    except FileNotFoundError:
        return False
    return training.get("steps", steps) == steps


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
    from vae_tf.models.build import build_model

    params = replace(presets.RUNS["sprites-VAE"], seed=seed)
    return build_model(params, sprites.image_shape, len(sprites)).encode


def params_of(source: str, steps: int) -> Params:
    """Parameters of a source that is trained."""
    name, _, seed = source.rpartition(", seed ")
    preset, changes, _ = TRAINED[name]
    return replace(presets.RUNS[preset], seed=int(seed), steps=steps, **changes)


def train_source(source: str, steps: int, folder: Path) -> tuple[Run, dict]:
    """Trains a source, or goes on with it.

    Returns:
        The run, and what the table says of its training: last validation, seconds if it was
        trained in one go.
    """
    from vae_tf.training import train

    name = result_path(source).stem + f"-steps-{steps}"
    resume = (folder / name / "params.json").exists()
    start = time.perf_counter()
    run = train(params_of(source, steps), folder / name, resume=resume, progress=True)
    seconds = None if resume else time.perf_counter() - start
    last = {title: float(run.history[column][-1]) for title, column in TERMS.items()}
    # The KL of a deterministic encoder is infinite, for which JSON has no number.
    terms = {title: value if math.isfinite(value) else None for title, value in last.items()}
    return run, {"steps": steps, "seconds": seconds, **terms}


def score(represent) -> dict:
    """All scores of a representation, by name, without the matrices."""
    results = {}
    others = set(metrics.suite_names(represent.offers)) - AT_FULL_SIZE
    for preset, done in (("full", others), ("fast", AT_FULL_SIZE)):
        for name, entry in metrics.score_suite(represent, preset=preset, done=done):
            entry.pop("matrix", None)
            results[name] = entry
    return results


def complete(source: str, steps: int, folder: Path):
    """Trains and scores one source and writes its file."""
    sprites = data.load("sprites")
    training = {}
    name, _, seed = source.rpartition(", seed ")
    if source == "raw pixels":
        scores = pixels(sprites)
    else:
        if source == "ground truth":
            grid = np.stack(np.unravel_index(np.arange(len(sprites)), sprites.factor_sizes), axis=1)
            represent = metrics.Representation.from_arrays(grid.astype("float32"), grid)
        elif source in ("PCA", "ICA"):
            represent = metrics.Representation(linear_codes(sprites, source), sprites)
        elif name == "VAE untrained":
            represent = metrics.Representation(untrained(int(seed), sprites), sprites)
        else:
            run, training = train_source(source, steps, folder)
            represent = metrics.Representation(encoder_of(run.model), sprites)
        scores = score(represent)
    record = {"source": source, "training": training, "scores": scores}
    write_text(result_path(source), json.dumps(record, indent=1) + "\n")


# --- all sources ---


def complete_apart(source: str, options) -> float:
    """Completes a source in a process of its own, its output in a file; returns the minutes.

    Raises:
        RuntimeError: If it failed, with the end of its output.
    """
    log = options.predictions / "logs" / f"{result_path(source).stem}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    threads = str(max(1, os.cpu_count() // options.jobs))
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    command = [sys.executable, __file__, "--one", source, "--steps", str(options.steps)]
    command += ["--predictions", options.predictions]
    start = time.monotonic()
    with open(log, "w") as output:
        done = subprocess.run(
            command, stdout=output, stderr=output, env=os.environ | dict.fromkeys(names, threads)
        )
    if done.returncode != 0:
        raise RuntimeError(f"{source} failed, see {log}: {log.read_text()[-500:]}")
    return (time.monotonic() - start) / 60


def complete_all(left: list[str], options) -> int:
    """Completes sources side by side; returns how many failed."""
    failed = 0
    with (
        concurrent.futures.ThreadPoolExecutor(options.jobs) as pool,
        tqdm(total=len(left), unit="source", smoothing=0) as bar,
    ):
        futures = {pool.submit(complete_apart, source, options): source for source in left}
        try:
            for future in concurrent.futures.as_completed(futures):
                try:
                    bar.write(f"{futures[future]}: {future.result():.1f} min")
                except RuntimeError as error:
                    failed += 1
                    bar.write(str(error))
                bar.update()
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            sys.exit("Stopped. The same command goes on.")
    return failed


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
    keys = COLUMNS | {name: name for name in TERMS} | {"steps": "steps", "minutes": "seconds"}
    scales = {"beta_vae_eval": 100, "seconds": 1 / 60}
    digits = {"beta_vae_eval": 1, "active_units": 1, "steps": 0, "seconds": 1, "KL": 1}
    digits |= {"reconstruction": 1, "total_correlation": 2}
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
            cells.append(show(values.mean()) + spread if len(values) else "")
        published = PUBLISHED.get(name)
        shown = "" if published is None else f"{published:g}"
        lines.append(f"| {name} | {len(rows)} | {shown} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Completes what is left and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=7_500, help="of training; about ten minutes")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="sources at a time")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    parser.add_argument("--one", metavar="SOURCE", help="only this, in this process")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    if options.one:
        complete(options.one, options.steps, options.predictions)
        return 0
    left = [source for source in sources() if not is_done(source, options.steps)]
    failed = complete_all(left, options) if left else 0
    groups = rows_of([source for source in sources() if is_done(source, options.steps)])
    for names in (PAPER, VARIANTS):
        print("\n" + table({name: groups[name] for name in names if name in groups}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
