"""Seconds of analyzing eight runs, by product: `python benchmarks/analysis.py [--predictions DIR]`.

The runs that are found are repeated until there are eight; where there are none, eight are made
first from the presets, without training: the time of a picture does not depend on what was
learned. Time and memory are for the analysis alone; the aim is two minutes on two cores.
"""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from vae_tf.process.quiet_tensorflow import import_tensorflow  # noqa: E402

import_tensorflow()

import params as presets  # noqa: E402
from vae_tf import config  # noqa: E402
from vae_tf.analysis import analyze, find_runs  # noqa: E402
from vae_tf.process.errors import UserError  # noqa: E402
from vae_tf.training import train  # noqa: E402

# Grey and color, 8x8 to 64x64, with and without factors, 8 to 32 latents; no download.
MADE = ("digits-VAE", "sprites-beta-VAE", "sprites-VAE", "emoji-VAE", "emoji-100-Beta-VAE")
COUNT = 8


def collect(source: Path, target: Path):
    """Copies run folders until there are eight."""
    found = find_runs(source)
    for index in range(COUNT):
        run = found[index % len(found)]
        shutil.copytree(run, target / f"{index}-{run.name}")


def make(target: Path):
    """Makes eight runs of a few steps."""
    for index in range(COUNT):
        name = MADE[index % len(MADE)]
        changes = ["steps=2", "validation=1000", "sample_steps=[0,1,2]"]
        if name.startswith(("emoji", "digits")):
            changes[1] = "validation=200"
        train(config.override(presets.RUNS[name], changes), target / f"{index}-{name}")


def main():
    """Prints seconds by product, and in all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=Path("predictions"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs, images = Path(folder, "predictions"), Path(folder, "images")
        try:
            collect(options.predictions, runs)
        except UserError:
            make(runs)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        start = time.perf_counter()
        outcome = analyze(find_runs(runs), images)
        total = time.perf_counter() - start
        start = time.perf_counter()
        analyze(find_runs(runs), images)
        again = time.perf_counter() - start
        size = sum(path.stat().st_size for path in images.rglob("*.*")) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name, seconds in sorted(outcome.seconds.items(), key=lambda item: -item[1]):
        print(f"{name:20} {seconds:6.2f} s")
    print(f"{'eight runs, all':20} {total:6.2f} s, {size:.1f} MB written")
    print(f"{'up to date':20} {again:6.2f} s")
    print(f"{'memory':20} {peak:6.0f} MB at most, {before:.0f} MB before")
    for problem in outcome.problems:
        print(problem)


if __name__ == "__main__":
    main()
