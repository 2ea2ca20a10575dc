"""Variants on the sprites, in pairs: `python experiments/paired_variants.py`.

    python experiments/paired_variants.py    trains and measures what is missing

Five seeds, with the settings of the presets, but a dense network of 256 and 256 units and 2,000
steps: minutes instead of hours. Runs of one seed see the same batches, so that differences from the
VAE are taken in pairs. MIG is by 20 bins from 10,000 random images; reconstruction and KL are
averages over the 2,000 validation images. Rows are kept in experiments/paired_variants.csv;
`python experiments/tables.py` makes the table.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import add_rows, read_rows  # noqa: E402

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf import metrics  # noqa: E402
from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.presets.sprites import by_adam  # noqa: E402
from vae_tf.results.statistics import spread_of  # noqa: E402
from vae_tf.runs import PARAMS  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
PREDICTIONS = ROOT / "predictions" / "paired-variants"
STEPS, IMAGES = 2_000, 10_000
MODELS = {
    "VAE": "sprites-VAE",
    "beta-VAE 4": "sprites-beta-VAE",
    "beta-TCVAE": "sprites-beta-TCVAE",
    "FactorVAE": "sprites-FactorVAE",
    "DIP-VAE-I": "sprites-DIP-VAE-I",
    "DIP-VAE-II": "sprites-DIP-VAE-II",
    "CapacityVAE": "sprites-CapacityVAE",
    "MMD-VAE": "sprites-MMD-VAE",
    "Ada-GVAE": "sprites-Ada-GVAE",
    "WAE": "sprites-WAE",
    "AAE": "sprites-AAE",
    "IWAE": "sprites-IWAE",
    "flow-VAE": "sprites-flow-VAE",
    "InfoGAN": "sprites-InfoGAN",
    "DC-IGN": "sprites-DC-IGN",
}
FIRST = "VAE"  # from which differences are taken
MEASURED = {"mig": 3, "reconstruction": 1, "kl": 2}  # -> digits
COLUMNS = ("model", "seed", "steps", *MEASURED, "cpu_seconds")


def settings(model: str, seed: int) -> Params:
    """The parameters of a run."""
    often = dict.fromkeys(("validate_every", "sample_every", "checkpoint_every"), STEPS)
    run = by_adam(presets.RUNS[MODELS[model]])
    network = {"encoder": ((256,), (256,)), "decoder": None}
    return replace(run, **network, seed=seed, steps=STEPS, sample_steps=(), **often)


def mig_of(run) -> float:
    """MIG of the codes of random images."""
    factors = run.data.sample_factors(IMAGES, np.random.default_rng(0))
    codes = np.concatenate(
        [run.model.encode(run.data.images_of(part))[0] for part in np.array_split(factors, 20)]
    )
    return metrics.mig_score(codes, factors)


def measured(model: str, seed: int) -> dict:
    """Trains, or resumes; scores the codes of random images."""
    start = time.process_time()
    folder = PREDICTIONS / f"{model}-{seed}"
    run = vae_tf.train(settings(model, seed), folder, resume=(folder / PARAMS).exists())
    seconds = time.process_time() - start
    last = run.history
    kl = last["val_kl"][-1]  # infinite where codes have no noise
    return {
        "mig": f"{mig_of(run):.4f}",
        "reconstruction": f"{last['val_reconstruction'][-1]:.3f}",
        "kl": f"{kl:.3f}" if np.isfinite(kl) else "",
        "cpu_seconds": f"{seconds:.0f}",
    }


def table() -> str:
    """The table as Markdown: means ± standard deviations, then differences in pairs.

    The interval of a difference is Student's, 95 %, over the seeds that both have.
    """
    kept = read_rows(ROWS)
    by_model = {
        model: {row["seed"]: row for row in kept if row["model"] == model} for model in MODELS
    }
    by_model = {model: rows for model, rows in by_model.items() if len(rows) > 1}
    lines = [
        "| model, or difference | seeds | MIG | reconstruction | KL |",
        f"|{' --- |' * (2 + len(MEASURED))}",
    ]

    def line(title, count, values):
        cells = []
        for name, digits in MEASURED.items():
            if not (found := values(name)):
                cells.append("")
                continue
            spread = spread_of(found)
            half = spread.stddev if title in MODELS else spread.error
            cells.append(f"{spread.mean:.{digits}f} ± {half:.{digits}f}")
        lines.append(f"| {title} | {count} | {' | '.join(cells)} |")

    for model, rows in by_model.items():
        line(
            model,
            len(rows),
            lambda name, rows=rows: [float(r[name]) for r in rows.values() if r[name]],
        )
    pairs = [(model, FIRST) for model in by_model if model != FIRST]
    for one, other in (*pairs, ("beta-TCVAE", "beta-VAE 4")):
        both = sorted(by_model[one].keys() & by_model[other].keys())

        def differences(name, one=one, other=other, both=both):
            return [
                float(by_model[one][seed][name]) - float(by_model[other][seed][name])
                for seed in both
                if by_model[one][seed][name] and by_model[other][seed][name]
            ]

        line(f"{one} less {other}", len(both), differences)
    return "\n".join(lines)


def main():
    """Trains and measures what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    options = parser.parse_args()
    done = {(row["model"], row["seed"]) for row in read_rows(ROWS)}
    for seed in range(options.seeds):
        for model in options.models:
            if (model, str(seed)) not in done:
                row = {"model": model, "seed": str(seed), "steps": STEPS}
                add_rows(ROWS, COLUMNS, [row | measured(model, seed)])
    print(table())


if __name__ == "__main__":
    main()
