"""Loss of every preset over its first 20 steps, to compare commits before and after a change.

`python benchmarks/first_steps.py --save before.json` in one checkout, then, in the other one,
`python benchmarks/first_steps.py --save after.json --compare before.json`. It measures the package
of the folder it is started in, through its public names alone, so that a copy of this file runs on
commits that had none. MNIST is read as ever (`TFDS_DATA_DIR`); CelebA and 3D Shapes are large, and
stand-ins take their place: random images, and the sprites as three channels.
"""

import argparse
import csv
import dataclasses
import json
import logging
import math
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402

# Many models in one process are no reason to warn.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

TERMS = ("loss", "reconstruction", "kl")
STEPS = (0, 1, 20)  # updates done; row 0 is the loss of the initial weights
TABLED = STEPS[1:]
VALIDATION = 64  # images, as the whole set would take longer than the steps


def random_images(split: str, seed: int):
    """Color images 64x64x3 made of blocks, in the place of photographs."""
    blocks = np.random.default_rng(seed).integers(0, 256, (256, 8, 8, 3), np.uint8)
    return vae_tf.data.ArrayImages(
        "blocks", blocks.repeat(8, axis=1).repeat(8, axis=2), None, split
    )


def images_of(dataset: str) -> tuple:
    """Training images of a data set, or its stand-in, and some to validate on."""
    if dataset == "celeb_a":
        return random_images("train", 0), random_images("validation", 1)
    channels = None
    if dataset == "shapes3d":
        dataset, channels = "sprites", 3
    train, validation = (
        vae_tf.data.load(dataset, split, channels=channels, validation=VALIDATION)
        for split in ("train", "validation")
    )
    if len(validation) > VALIDATION:
        some = validation.images(np.arange(VALIDATION))
        labels = None if validation.labels is None else validation.labels[:VALIDATION]
        validation = vae_tf.data.ArrayImages(dataset, some, labels, "validation")
    return train, validation


def first_steps(name: str) -> dict[str, dict[str, float]]:
    """Terms of a preset by step, step as text as in JSON."""
    params = dataclasses.replace(
        presets.RUNS[name],
        steps=max(STEPS),
        log_every=1,
        sample_steps=(),
        sample_every=1_000,
        validate_every=1_000,
        checkpoint_every=1_000,
    )
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        vae_tf.train(params, run, data=images_of(params.dataset))
        with open(run / "log.csv", newline="") as file:
            rows = {int(row["step"]): row for row in csv.DictReader(file)}
    return {str(step): {term: float(rows[step][term]) for term in TERMS} for step in STEPS}


def difference(one: float, other: float) -> float:
    """Relative difference; 0 of equal values, infinite ones included."""
    if one == other:
        return 0.0
    return abs(one - other) / max(abs(one), abs(other), sys.float_info.min)


def differences(one: dict, other: dict) -> list[float]:
    """Largest relative difference over the terms, at each of STEPS."""
    return [
        max(difference(one[step][term], other[step][term]) for term in TERMS)
        for step in map(str, STEPS)
    ]


def print_values(measured: dict):
    """Prints a Markdown table of the terms, in nats per image."""
    heads = [f"{term}, step {step}" for step in TABLED for term in TERMS]
    print(f"| preset | {' | '.join(heads)} |\n|{' --- |' * (len(heads) + 1)}")
    for name, rows in measured.items():
        cells = [f"{rows[str(step)][term]:.6g}" for step in TABLED for term in TERMS]
        print(f"| `{name}` | {' | '.join(cells)} |")


def print_differences(measured: dict, before: dict):
    """Prints a Markdown table of the largest relative differences of the terms."""
    heads = [f"step {step}" for step in STEPS]
    print(f"\n| preset | {' | '.join(heads)} |\n|{' --- |' * (len(heads) + 1)}")
    largest = [0.0] * len(STEPS)
    for name in measured:
        if name in before:
            row = differences(measured[name], before[name])
            # NaN is never hidden behind a number.
            largest = [
                a if a >= b or math.isnan(a) else b for a, b in zip(largest, row, strict=True)
            ]
            print(f"| `{name}` | {' | '.join(f'{value:.1e}' for value in row)} |")
    print(f"| largest | {' | '.join(f'{value:.1e}' for value in largest)} |")
    for here, there, where in ((measured, before, "here"), (before, measured, "there")):
        if only := [name for name in here if name not in there]:
            print(f"\nOnly {where}: {', '.join(only)}")


def main():
    """Trains the presets, prints the tables and saves the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="PRESET", help="some of the presets")
    parser.add_argument("--save", type=Path, metavar="FILE", help="where to write the numbers")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="numbers of another commit")
    options = parser.parse_args()
    if unknown := set(options.names) - set(presets.RUNS):
        parser.error(f"Expected names of presets. Received: {', '.join(sorted(unknown))}")
    before = json.loads(options.compare.read_text()) if options.compare else None
    measured = {}
    for name in options.names or presets.RUNS:
        print(f"{len(measured) + 1:>3} {name}", file=sys.stderr, flush=True)
        measured[name] = first_steps(name)
        if options.save:
            options.save.write_text(json.dumps(measured, indent=1) + "\n")
    print_values(measured)
    if before is not None:
        print_differences(measured, before)


if __name__ == "__main__":
    main()
