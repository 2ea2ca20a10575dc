"""How long presets take on this machine: `python benchmarks/preset_times.py [PRESET ...]`.

Each is trained for `--steps` steps; what the others would take follows from the median of a step,
without the first ten. Validations and pictures are left out: minutes in an hour. Data sets that are
too large have the stand-ins of first_steps.py. The times in `python train.py --list` are from here.
"""

import argparse
import dataclasses
import statistics
import sys
import tempfile
import time
from pathlib import Path

from first_steps import images_of, presets, vae_tf

_FIRST = 10  # steps in which graphs are built and caches filled


def step_time(name: str, steps: int) -> float:
    """Median of the seconds that a step of a preset takes."""
    import keras

    params = dataclasses.replace(
        presets.RUNS[name],
        start=None,
        steps=steps,
        sample_steps=(),
        **dict.fromkeys(("log_every", "sample_every", "validate_every", "checkpoint_every"), 10**6),
    )
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: ends.append(time.perf_counter())
    )
    with tempfile.TemporaryDirectory() as folder:
        data = images_of(params.dataset)
        vae_tf.train(params, Path(folder) / "run", data=data, callbacks=[clock])
    return statistics.median(b - a for a, b in zip(ends[_FIRST:], ends[_FIRST + 1 :], strict=False))


def main():
    """Prints a line a preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="PRESET", help="some of the presets")
    parser.add_argument("--steps", type=int, default=60, help="steps of each (default: 60)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(presets.RUNS):
        parser.error(f"Expected names of presets. Received: {', '.join(sorted(unknown))}")
    for name in options.names or presets.RUNS:
        seconds = step_time(name, options.steps)
        whole = seconds * presets.RUNS[name].steps / 60
        print(f"{name:48} {1000 * seconds:7.1f} ms a step {whole:9.1f} minutes", flush=True)


if __name__ == "__main__":
    sys.exit(main())
