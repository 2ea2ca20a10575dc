"""Short comparisons of variants for RESULTS.md: `python experiments/digits_variants.py`.

Runs of `digits-VAE` with one thing changed, some seconds each: gamma of the capacity VAE at the KL
that the VAE has by itself; how wide the posteriors of the MMD-VAE start, and at which scale; what
holds the autoencoder's standard deviations; how the adversarial autoencoder nears the prior.

Restartable: what is done is skipped. Results are experiments/digits_variants.json; run folders are
in predictions-study/.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

import params as presets  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402

RESULTS = Path(__file__).with_suffix(".json")
STEPS = 3_000
SHOWN = ("reconstruction", "kl", "mmd", "stddev_mean", "stddev_max")


class Case(NamedTuple):
    """A run of `digits-VAE` with something changed.

    Attributes:
        changes: Fields of `Params`.
        patch: Function called before the training, which changes a module's constant.
    """

    changes: dict
    patch: Callable | None = None


def _start_wide():
    from vae_tf.models import info_vae

    info_vae._START = 0.0


def _no_pull():
    from vae_tf.models.template import zero_weight

    zero_weight._NARROWING = 0.0


def _capacity(gamma):
    # The VAE's own KL after as many steps.
    hyper = {"gamma": gamma, "capacity": "linear(0.5, 3.4, 1000)"}
    return Case({"model": "capacity_vae", "hyper": hyper})


def _mmd(scale, patch=None):
    return Case({"model": "info_vae", "hyper": {"scale": scale}, "likelihood": "gaussian"}, patch)


CASES = {
    "VAE": Case({}),
    "capacity VAE, gamma 10": _capacity(10.0),
    "capacity VAE, gamma 100": _capacity(100.0),
    "capacity VAE, gamma 1000": _capacity(1_000.0),
    "MMD-VAE, scale 1000, starting wide": _mmd(1_000.0, _start_wide),
    "MMD-VAE, scale 1000": _mmd(1_000.0),
    "autoencoder": Case({"model": "ae"}),
    "autoencoder, no pull": Case({"model": "ae"}, _no_pull),
    "plain autoencoder": Case({"model": "plain_ae"}),
    "adversarial autoencoder": Case({"model": "adversarial_ae"}),
}


def measure(name: str, seed: int, folder: Path) -> dict:
    """Trains a case, or continues with it; its last validation, and latents with 0.1 nats."""
    from vae_tf.training import train

    case = CASES[name]
    if case.patch is not None:
        case.patch()
    changes = {"steps": STEPS, "seed": seed, "kl_weight": None, **case.changes}
    params = replace(presets.RUNS["digits-VAE"], **changes)
    path = folder / f"digits-{name.replace(', ', '-').replace(' ', '-')}-seed-{seed}"
    run = train(params, path, resume=(path / "params.json").exists(), progress=False)
    last = {}
    for term in SHOWN:
        if f"val_{term}" in run.history:
            value = float(run.history[f"val_{term}"][-1])
            last[term] = round(value, 5) if np.isfinite(value) else None
    kl = run.model.kl_per_latent(run.validation_data.images(range(len(run.validation_data))))
    kl = kl.mean(axis=0)
    return {**last, "kl_per_latent": [round(float(k), 3) if np.isfinite(k) else None for k in kl]}


def main():
    """Completes what is left, each case in the same process: patches are undone by the next."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", help="some of the cases (default: all)")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    options = parser.parse_args()
    done = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    from vae_tf.models import info_vae
    from vae_tf.models.template import zero_weight

    constants = info_vae._START, zero_weight._NARROWING
    for seed in range(options.seeds):
        for name in options.cases or CASES:
            key = f"{name}, seed {seed}"
            if key in done:
                continue
            info_vae._START, zero_weight._NARROWING = constants
            done[key] = measure(name, seed, options.predictions)
            write_text(RESULTS, json.dumps(done, indent=1) + "\n")
            print(key, done[key], flush=True)


if __name__ == "__main__":
    main()
