"""Flow matching beside RealNVP as a density of codes: `python experiments/flow_matching.py`.

`run.generate(n, prior="flow")` samples a flow that was fitted to codes: a RealNVP, or for codes
without noise a velocity that was learned by flow matching (vae_tf/priors/flow_matching.py). Here
both are fitted to the same codes of 10,000 training images of the runs of
`samplers.py`, which are trained if they are missing. Measured are 5,000 samples as there, the
density of codes of 2,000 test images, and CPU seconds of a fit. Rows are kept in
experiments/flow_matching.csv; `python experiments/tables.py` makes the table.
"""

import argparse
import itertools
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from csv_rows import add_rows, read_rows  # noqa: E402
from page_tables import spread  # noqa: E402
from samplers import IMAGES, SCORES, scores, trained, weights_of  # noqa: E402

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402

from vae_tf import data  # noqa: E402
from vae_tf.priors.code_flow import fit_flow  # noqa: E402
from vae_tf.priors.flow_matching import match_flow  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
MODELS = ("autoencoder", "VAE", "WAE", "RAE-L2")
SEEDS = 3
TEST = 2_000  # images whose codes have their density measured
COLUMNS = ("data", "model", "seed", "flow", *SCORES, "nats", "seconds")
LONGER = 5_000  # steps of a RealNVP that takes as long as flow matching


FLOWS = {
    "RealNVP": fit_flow,
    "RealNVP, 2.5 times the steps": lambda *codes: fit_flow(*codes, steps=LONGER),
    "flow matching": match_flow,
}


def rows_of(dataset: str, model: str, seed: int, predictions: Path) -> list[dict]:
    """A row for each flow."""
    weights, test = weights_of(dataset, predictions), data.load(dataset, "test")
    run = trained(dataset, model, seed, predictions)
    _, mean, log_stddev = run.training_codes
    center, spread_of = run.model.encode(test.images(np.arange(IMAGES, IMAGES + TEST)))
    noise = np.random.default_rng(5).standard_normal(center.shape)
    codes = center + np.exp(spread_of) * noise
    rows = []
    for name, fit in FLOWS.items():
        start = time.process_time()
        flow = fit(mean, log_stddev)
        seconds = time.process_time() - start
        made = run.model.decode(flow.sample(IMAGES, np.random.default_rng(0)))
        row = {"data": dataset, "model": model, "seed": seed, "flow": name}
        row |= scores(test.images(np.arange(IMAGES)), made, weights)
        row |= {"nats": f"{-flow.log_prob(codes).mean():.3f}", "seconds": f"{seconds:.0f}"}
        rows.append(row)
    return rows


def table() -> str:
    """The table as Markdown: means over seeds ± their standard deviations."""
    lines = [
        "| images | model | flow | seeds | Frechet distance | precision | recall "
        "| -log p(z), test, nats | CPU seconds of a fit |",
        f"| --- |{' --- |' * 8}",
    ]
    groups: dict[tuple, list[dict]] = {}
    for row in read_rows(ROWS):
        groups.setdefault((row["data"], row["model"], row["flow"]), []).append(row)
    for (dataset, model, flow), rows in groups.items():
        digits = {**dict.fromkeys(SCORES, 2), "nats": 2, "seconds": 0}
        cells = [spread([float(row[name]) for row in rows], n) for name, n in digits.items()]
        lines.append(f"| {' | '.join([dataset, model, flow, str(len(rows)), *cells])} |")
    return "\n".join(lines)


def main():
    """Measures what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist", choices=("mnist", "fashion_mnist"))
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    for seed, model in itertools.product(range(SEEDS), MODELS):
        known = {(row["data"], row["model"], row["seed"]) for row in read_rows(ROWS)}
        if (options.data, model, str(seed)) not in known:
            rows = rows_of(options.data, model, seed, options.predictions)
            add_rows(ROWS, COLUMNS, rows)
            print(*rows, sep="\n", flush=True)


if __name__ == "__main__":
    main()
