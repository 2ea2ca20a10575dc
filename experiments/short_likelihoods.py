"""Samples, bounds and priors on binary MNIST: `python experiments/short_likelihoods.py`.

    python experiments/short_likelihoods.py             trains and measures what is missing
    python experiments/short_likelihoods.py --seeds 5   with more seeds

Two questions, each with its control. Is it the bound of IWAE that gains, or the number of samples?
IWAE with five samples, the ELBO with five, the ELBO with one. Does a prior that is learned gain
over N(0, I), at the same network and the same rise of the KL weight? The network is from the preset
`binary-MNIST-VAE`; all runs of a question have equally many steps. log p(x) is estimated on
the first 1,000 test images with 512 samples. Runs are kept in predictions/short-likelihoods/ and
resumed, rows in experiments/short_likelihoods.csv; `python experiments/tables.py` makes the tables.
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
from vae_tf import data, metrics  # noqa: E402
from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.results.statistics import spread_of  # noqa: E402
from vae_tf.runs import PARAMS  # noqa: E402
from vae_tf.schedules import linear  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
PREDICTIONS = ROOT / "predictions" / "short-likelihoods"
SAMPLES, IMAGES = 512, 1_000
COLUMNS = (
    *("question", "variant", "seed", "steps", "num_images", "num_samples"),
    *("nll", "effective_samples", "negative_elbo", "cpu_seconds"),
)
_FIVE = {"model": "iwae", "hyper": {"num_samples": 5, "bound": "elbo"}}
_RISING = {"kl_weight": linear(0, 1, 500)}
QUESTIONS: dict[str, tuple[int, dict[str, dict]]] = {  # steps, variant -> what differs
    "bound": (
        1_500,
        {
            "ELBO, 1 sample": {},
            "ELBO, 5 samples": _FIVE,
            "IWAE, 5 samples": {"model": "iwae", "hyper": {"num_samples": 5}},
        },
    ),
    "prior": (
        1_500,
        {
            "N(0, I)": _RISING,
            "learned flow": _RISING | {"prior": "flow"},
            "learned mixture": _RISING | {"prior": "mixture"},
            "VampPrior": _RISING | {"prior": "vamp"},
        },
    ),
}


def settings(question: str, variant: str, seed: int) -> Params:
    """The parameters of a run."""
    steps, variants = QUESTIONS[question]
    base = replace(presets.RUNS["binary-MNIST-VAE"], steps=steps, seed=seed)
    often = dict.fromkeys(("validate_every", "sample_every", "checkpoint_every"), steps)
    return replace(base, **often, **variants[variant])


def measured(params: Params, folder: Path) -> dict:
    """Trains, or resumes; measures on test images."""
    start = time.process_time()
    images = data.load("mnist_binary", "test").images(np.arange(IMAGES))
    run = vae_tf.train(params, folder, resume=(folder / PARAMS).exists())
    seconds = time.process_time() - start
    run.model.seed_generator.state.assign([0, 0])
    nats, effective = metrics.importance_estimates(run.model, images, SAMPLES)
    bounds = [metrics.log_likelihood(run.model, images, 1) for _ in range(16)]
    return {
        "nll": f"{-nats.mean():.3f}",
        "effective_samples": f"{effective.mean():.1f}",
        "negative_elbo": f"{-np.mean(bounds):.3f}",
        "cpu_seconds": f"{seconds:.0f}",
    }


def table(question: str) -> str:
    """The table of a question as Markdown.

    Means over seeds ± their standard deviations; the gain over the first variant is of pairs of the
    same seed, with Student's interval of 95 %.
    """
    rows = [row for row in read_rows(ROWS) if row["question"] == question]
    lines = [
        "| variant | seeds | -log p(x) | gain over the first row (95 %) | effective samples "
        "| -ELBO | CPU seconds |",
        f"|{' --- |' * 7}",
    ]
    first = next(iter(QUESTIONS[question][1]))
    base = {row["seed"]: float(row["nll"]) for row in rows if row["variant"] == first}
    for variant in QUESTIONS[question][1]:
        mine = [row for row in rows if row["variant"] == variant]
        gains = [base[row["seed"]] - float(row["nll"]) for row in mine if row["seed"] in base]
        gain = ""
        if variant != first and len(gains) > 1:
            spread = spread_of(gains)
            gain = f"{spread.mean:.2f} ± {spread.error:.2f}"
        cells = [variant, str(len(mine)), _cell(mine, "nll", 2), gain]
        cells += [_cell(mine, "effective_samples", 1), _cell(mine, "negative_elbo", 2)]
        lines.append(f"| {' | '.join([*cells, _cell(mine, 'cpu_seconds', 0)])} |")
    return "\n".join(lines)


def _cell(rows: list[dict], name: str, digits: int) -> str:
    values = np.array([float(row[name]) for row in rows])
    spread = f" ± {values.std(ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{values.mean():.{digits}f}{spread}"


def main():
    """Trains and measures what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=" or ".join(QUESTIONS))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    done = {(row["question"], row["variant"], row["seed"]) for row in read_rows(ROWS)}
    for seed in range(options.seeds):
        for question in options.questions or QUESTIONS:
            steps, variants = QUESTIONS[question]
            for variant in variants:
                key = {"question": question, "variant": variant, "seed": str(seed)}
                if tuple(key.values()) in done:
                    continue
                sizes = {"steps": steps, "num_images": IMAGES, "num_samples": SAMPLES}
                folder = PREDICTIONS / f"{question}-{list(variants).index(variant)}-{seed}"
                row = key | sizes | measured(settings(question, variant, seed), folder)
                add_rows(ROWS, COLUMNS, [row])
                print(row, flush=True)


if __name__ == "__main__":
    main()
