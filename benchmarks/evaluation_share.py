"""The share of validation, pictures and checkpoints: `python benchmarks/evaluation_share.py`.

    python benchmarks/evaluation_share.py MNIST-VAE sprites-VAE --set steps=1000

Each run trains in a process of its own, on one core. Seconds are of the processor, which others on
the machine disturb little; importing TensorFlow is no part of them, building networks is.
"""

import argparse
import contextlib
import multiprocessing
import operator
import os
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

PARTS = {
    "validation": "Training._validate",
    "pictures": "save_samples",
    "checkpoints": "Training._save",
}  # -> their names in vae_tf/training/loop.py


@contextlib.contextmanager
def timed(seconds: dict[str, float]):
    """Adds up processor seconds of the parts of the loop, inside this context."""
    from vae_tf.training import loop

    def watched(part, function):
        def call(*args, **kwargs):
            start = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                seconds[part] += time.process_time() - start

        return call

    with contextlib.ExitStack() as stack:
        for part, path in PARTS.items():
            function = operator.attrgetter(path)(loop)
            stack.enter_context(mock.patch(f"{loop.__name__}.{path}", watched(part, function)))
        yield


def measured(name: str, settings: list[str]) -> tuple[float, dict[str, float]]:
    """Seconds of a run, and of its parts."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    from vae_tf.process import scripts  # noqa: F401  # first, see there

    # isort: split
    import params as presets
    import vae_tf
    from vae_tf.config import override

    seconds = dict.fromkeys(PARTS, 0.0)
    params = override(presets.RUNS[name], settings)
    with tempfile.TemporaryDirectory() as folder, timed(seconds):
        start = time.process_time()
        vae_tf.train(params, Path(folder) / name)
        return time.process_time() - start, seconds


def main():
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", default=["digits-map", "MNIST-VAE", "sprites-VAE"])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    print(f"| run | CPU seconds | {' | '.join(PARTS)} | together |")
    print("| --- " * (len(PARTS) + 3) + "|")
    context = multiprocessing.get_context("spawn")
    for name in options.runs:
        with context.Pool(1) as pool:
            total, parts = pool.apply(measured, (name, options.set))
        shares = [f"{100 * s / total:.1f} %" for s in (*parts.values(), sum(parts.values()))]
        print(f"| `{name}` | {total:.0f} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main()
