"""The table of the beta-VAE paper on our sprites: `python experiments/beta_vae_table.py`.

Higgins et al. (ICLR 2017, Table 1) give the accuracy of a linear classifier that names the factor
two images share, for codes from several sources. Here every source is scored by the whole suite,
which holds that score (`beta_vae_eval`) and all others.

Restartable: a source that was scored is skipped, a training that was stopped goes on. Results are
one JSON file a source in experiments/beta_vae_table/; the table is printed at the end.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import params as presets  # noqa: E402
from vae_tf import data, metrics  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.runs import Run, write_text  # noqa: E402

RESULTS = Path(__file__).with_suffix("")
# Per cent, Table 1 of Higgins et al.; its VAE was trained as its beta-VAE was, with beta 1.
PUBLISHED = {
    "ground truth": 100.0,
    "raw pixels": 45.75,
    "PCA": 84.9,
    "ICA": 42.03,
    "VAE untrained": 44.14,
    "VAE": 61.58,
    "beta-VAE": 99.23,
}
FITTED_ON = 10_000  # images that PCA and ICA are fitted on
NUM_CODES = 10  # of PCA and ICA, as many as the models have latents
COLUMNS = {
    "beta-VAE score": "beta_vae_eval",
    "FactorVAE": "factor_vae_eval",
    "MIG": "mig",
    "SAP": "sap",
    "DCI": "dci_disentanglement",
    "IRS": "irs",
    "active": "active_units",
}


def pixels(sprites):
    """Raw pixels are too many for a grid: they are rendered anew and get the first score only."""

    def represent(factors):
        return sprites.images_of(factors).reshape(len(factors), -1)

    scores = metrics.beta_vae_score(
        represent, sprites.factor_sizes, num_train=2_000, num_eval=5_000, progress=True
    )
    sizes = {"num_train": 2_000, "num_eval": 5_000, "batch_size": 64}
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


def suite(representation, preset: str) -> dict:
    """All scores of a representation, by name."""
    results = {}
    for name, entry in metrics.score_suite(representation, preset=preset):
        entry.pop("matrix", None)
        results[name] = entry
    return results


def untrained(seed: int, sprites):
    """A VAE with its initial weights."""
    from vae_tf.models.build import build_model

    params = replace(presets.RUNS["sprites-beta-VAE"], seed=seed)
    return build_model(params, sprites.image_shape, len(sprites))


def train(beta: float, seed: int, steps: int, predictions: Path) -> Run:
    """Trains a beta-VAE on the sprites in a process of its own, or goes on with it."""
    folder = predictions / f"sprites-beta-{beta:g}-seed-{seed}-steps-{steps}"
    settings = {"kl_weight": beta, "seed": seed, "steps": steps}
    settings |= {"sample_every": 5_000, "checkpoint_every": 2_000, "validate_every": 5_000}
    command = [sys.executable, ROOT / "train.py", "sprites-beta-VAE", "--name", folder.name]
    command += ["--predictions", predictions]
    command += [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    command += ["--resume"] if (folder / "params.json").exists() else []
    if (code := subprocess.run(command).returncode) != 0:
        sys.exit(code)
    return Run(folder)


def score(source: str, options, sprites) -> dict:
    """Scores of one source of codes."""
    if source == "raw pixels":
        return pixels(sprites)
    if source == "ground truth":
        grid = np.stack(np.unravel_index(np.arange(len(sprites)), sprites.factor_sizes), axis=1)
        representation = metrics.Representation.from_arrays(grid.astype("float32"), grid)
    else:
        if source in ("PCA", "ICA"):
            encode = linear_codes(sprites, source)
        else:
            name, _, seed = source.rpartition(", seed ")
            if name == "VAE untrained":
                encode = untrained(int(seed), sprites).encode
            else:
                beta = float(name.rpartition(" ")[2])
                encode = train(beta, int(seed), options.steps, options.predictions).model.encode
        representation = metrics.Representation(encode, sprites)
    return suite(representation, options.preset)


def table(results: dict[str, dict]) -> str:
    """The table as Markdown: mean and standard deviation over seeds."""
    groups: dict[str, list[dict]] = {}
    for source, scores in results.items():
        values = {k: v for entry in scores.values() for k, v in entry["values"].items()}
        groups.setdefault(source.partition(", seed ")[0], []).append(values)
    lines = [
        f"| codes | seeds | published | {' | '.join(COLUMNS)} |",
        f"| --- | --- | --- | {' | '.join('---' for _ in COLUMNS)} |",
    ]
    for name, rows in groups.items():
        published = PUBLISHED.get({"beta-VAE, beta 1": "VAE"}.get(name, name))
        cells = []
        for key in COLUMNS.values():
            values = np.array([row[key] for row in rows if key in row], float)
            scale = 100 if key == "beta_vae_eval" else 1
            spread = f" ± {scale * values.std(ddof=1):.2f}" if len(values) > 1 else ""
            cells.append(f"{scale * values.mean():.2f}{spread}" if len(values) else "")
        shown = "" if published is None else f"{published:g}"
        lines.append(f"| {name} | {len(rows)} | {shown} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    """Scores what is not scored yet and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=15_000, help="of training; ten minutes")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--betas", type=float, nargs="*", default=[1, 2, 4, 8, 16])
    parser.add_argument("--preset", choices=metrics.PRESETS, default="full")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    options = parser.parse_args()
    sources = ["ground truth", "raw pixels", "PCA", "ICA"]
    sources += [f"VAE untrained, seed {seed}" for seed in options.seeds]
    sources += [
        f"beta-VAE, beta {beta:g}, seed {seed}" for beta in options.betas for seed in options.seeds
    ]
    sprites = data.load("sprites")
    RESULTS.mkdir(exist_ok=True)
    results = {}
    for source in sources:
        path = RESULTS / f"{source.replace(', ', '-').replace(' ', '-')}.json"
        if not path.exists():
            print(f"--- {source}", flush=True)
            record = {"source": source, "steps": options.steps, "preset": options.preset}
            record["scores"] = score(source, options, sprites)
            write_text(path, json.dumps(record, indent=1) + "\n")
        results[source] = json.loads(path.read_text())["scores"]
    print(table(results))


if __name__ == "__main__":
    main()
