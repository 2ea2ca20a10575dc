"""Step time of every variant as a ratio to the VAE's: `python benchmarks/variants.py`.

Given names of presets, it times these alone. All have the networks of the sprites presets and
batches of 64 (pairs: 64 of them), made beforehand and held in memory. The VAE and the variants take
turns, round by round; a ratio compares times of the same round, and the median counts.
"""

import argparse
import itertools
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from vae_tf.process.quiet_tensorflow import import_tensorflow  # noqa: E402

import_tensorflow()

import tensorflow as tf  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import data  # noqa: E402
from vae_tf.data.batches import batch_at  # noqa: E402
from vae_tf.models.template.build import build_model  # noqa: E402
from vae_tf.presets.sprites import by_adam  # noqa: E402

WARM_UP = 5  # steps before the clock starts, at the first round
NAMES = [
    name
    for name, params in presets.RUNS.items()
    if params.dataset == "sprites" and params.model not in ("vae", "beta_vae")
]


class Steps:
    """A model of a preset with some batches, ready to be timed."""

    def __init__(self, name: str, sprites):
        params = by_adam(presets.RUNS[name])
        self.model = build_model(params, sprites.image_shape, len(sprites))
        self._update = tf.function(self.model.update)
        made = [
            batch_at(sprites, params.batch_size, 0, step, self.model.batch_keys)
            for step in range(8)
        ]
        self._batches = itertools.cycle(tf.nest.map_structure(tf.constant, batch) for batch in made)
        self.seconds(WARM_UP)

    def seconds(self, steps: int) -> float:
        """Seconds that a step takes."""
        start = time.perf_counter()
        for _ in range(steps):
            float(self._update(next(self._batches))["loss"])
        return (time.perf_counter() - start) / steps


def main():
    """Prints a Markdown table of medians over rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="PRESET", help="some of the variants' presets")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=30, help="steps of a variant in a round")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"Expected presets of {', '.join(NAMES)}. Received: {', '.join(unknown)}")
    sprites = data.load("sprites", "train", validation=2_000)
    print(f"{options.rounds} rounds of {options.steps} steps; medians (lowest-highest)\n")
    print("| preset | model | ms a step | to the VAE |\n| --- | --- | --- | --- |")
    vae = Steps("sprites-VAE", sprites)
    for name in options.names or NAMES:
        variant = Steps(name, sprites)
        times, ratios = [], []
        for _ in range(options.rounds):
            base = vae.seconds(options.steps)
            times.append(variant.seconds(options.steps))
            ratios.append(times[-1] / base)
        milliseconds = 1_000 * statistics.median(times)
        print(
            f"| `{name}` | `{variant.model.name}` | {milliseconds:.0f} | "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) |",
            flush=True,
        )


if __name__ == "__main__":
    main()
