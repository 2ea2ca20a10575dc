"""Flow matching beside RealNVP as a density of codes: `python experiments/flow_matching.py`.

`run.generate(n, prior="flow")` samples a RealNVP that was fitted to codes. Flow matching (Lipman et
al., "Flow Matching for Generative Modeling", ICLR 2023, Eq. 23 with no noise at t = 1) learns a
velocity v(y, t) that moves noise u at t = 0 to codes at t = 1. Its loss is |v(y_t, t) - (y - u)|^2
at y_t = (1 - t) u + t y, for a code y and t uniform in [0, 1].

Both are fitted to the same codes, whitened alike, of 10,000 training images of the runs of
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
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import ops  # noqa: E402

from vae_tf import data  # noqa: E402
from vae_tf.priors.code_flow import fit_flow  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
MODELS = ("autoencoder", "VAE", "WAE", "RAE-L2")
SEEDS = 3
TEST = 2_000  # images whose codes have their density measured
COLUMNS = ("data", "model", "seed", "flow", *SCORES, "nats", "seconds")
STEPS, BATCH_SIZE, LEARNING_RATE, HIDDEN_SIZE, WAVES = 4_000, 256, 2e-3, 256, 4
LONGER = 5_000  # steps of a RealNVP that takes as long as flow matching
MIDPOINT_STEPS = 20  # from noise to a code; each takes two velocities


class VelocityFlow:
    """Density of codes, moved from noise by a learned velocity.

    Args:
        mean: `[N, L]` means of the codes.
        log_stddev: `[N, L]` log standard deviations; minus infinity or None for points.
        seed: Seed of the weights and of the draws.
    """

    def __init__(self, mean: np.ndarray, log_stddev: np.ndarray | None, seed: int = 0):
        whitened = fit_flow(mean, log_stddev, steps=0)  # its center and factor are all that is used
        self.center, self.factor = whitened.center, whitened.factor
        keras.utils.set_random_seed(seed)
        size = mean.shape[1]
        self.network = keras.Sequential(
            [keras.Input((size + 1 + 2 * WAVES,))]
            + [keras.layers.Dense(HIDDEN_SIZE, "silu") for _ in range(3)]
            + [keras.layers.Dense(size, kernel_initializer="zeros")]
        )
        self._fit(mean, log_stddev, np.random.default_rng(seed))

    def velocity(self, y, t):
        """Velocity `[B, L]` at places `[B, L]` and times `[B, 1]`."""
        phases = np.pi * np.arange(1, WAVES + 1, dtype="float32") * t
        return self.network(ops.concatenate([y, t, ops.cos(phases), ops.sin(phases)], axis=-1))

    def _fit(self, mean, log_stddev, rng):
        rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, STEPS)
        optimizer = keras.optimizers.Adam(rate, global_clipnorm=10.0)
        variables = self.network.trainable_variables
        optimizer.build(variables)

        @tf.function(autograph=False)
        def update(y, u, t):
            with tf.GradientTape() as tape:
                loss = ops.mean(ops.square(self.velocity((1 - t) * u + t * y, t) - (y - u)))
            optimizer.apply(tape.gradient(loss, variables), variables)

        stddev = np.zeros_like(mean) if log_stddev is None else np.exp(log_stddev)
        inverse = np.linalg.inv(self.factor)
        for _ in range(STEPS):
            rows = rng.choice(len(mean), BATCH_SIZE)
            codes = mean[rows] + stddev[rows] * rng.standard_normal((BATCH_SIZE, mean.shape[1]))
            y = ((codes - self.center) @ inverse.T).astype("float32")
            noise = rng.standard_normal(y.shape, "float32")
            update(y, noise, rng.random((BATCH_SIZE, 1), "float32"))

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """`n` codes `[n, L]`."""
        noise = rng.standard_normal((n, len(self.center))).astype("float32")
        return (self.center + np.array(self._forward(noise)) @ self.factor.T).astype("float32")

    def log_prob(self, codes: np.ndarray) -> np.ndarray:
        """Log density of codes `[N, L]` in nats `[N]`, by the trace of the velocity's Jacobian."""
        y = np.linalg.solve(self.factor, (codes - self.center).T).T.astype("float32")
        u, log_det = self._backward(y)
        nats = -0.5 * np.sum(np.square(u) + np.log(2 * np.pi), axis=-1) - np.array(log_det)
        return nats - np.log(np.diag(self.factor)).sum()

    @tf.function(autograph=False)
    def _forward(self, y):
        h = 1.0 / MIDPOINT_STEPS
        for step in range(MIDPOINT_STEPS):
            middle = y + 0.5 * h * self.velocity(y, self._times(y, step * h))
            y = y + h * self.velocity(middle, self._times(y, (step + 0.5) * h))
        return y

    @tf.function(autograph=False)
    def _backward(self, y):
        h, total = 1.0 / MIDPOINT_STEPS, tf.zeros(tf.shape(y)[0])
        for step in range(MIDPOINT_STEPS, 0, -1):
            middle = y - 0.5 * h * self.velocity(y, self._times(y, step * h))
            with tf.GradientTape() as tape:
                tape.watch(middle)
                moved = self.velocity(middle, self._times(y, (step - 0.5) * h))
            total += h * tf.linalg.trace(tape.batch_jacobian(moved, middle))
            y = y - h * moved
        return y, total

    @staticmethod
    def _times(y, t):
        return tf.fill([tf.shape(y)[0], 1], t)


FLOWS = {
    "RealNVP": fit_flow,
    "RealNVP, 2.5 times the steps": lambda *codes: fit_flow(*codes, steps=LONGER),
    "flow matching": VelocityFlow,
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
        "| images | model | flow | seeds | Frechet | precision | recall | -log p(z), test, nats "
        "| CPU seconds of a fit |",
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
