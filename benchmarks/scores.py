"""Seconds of all scores of a model on sprites, and memory: `python benchmarks/scores.py`.

Two ways to the same scores take turns, score by score:

    ours        `Representation` encodes the grid of 737,280 images once, `score_suite` looks codes
                up; in a process of its own, whose peak memory is shown
    reference   as disentanglement_lib does it: each score draws factors of its own, renders and
                encodes fresh images, 64 a call for each vote and 16 a call for other points (three
                million in all), and fits one classifier after the other, DCI's by scikit-learn

Scores that the reference has not (InfoMEC, densities, the decomposition, ...) are left out of the
comparison; their times are shown apart. `--fraction 0.02` takes a part of the reference's votes and
of its rounds of boosting and scales their seconds; the other scores are always run in full.

`--reference FOLDER` prints another table alone: seconds of each score beside the function of its
reference on the same codes (`reference_scores.py` says what belongs into the folder).

Then, in turns again: the pass over the grid, rendering included, against `encode` of one block held
in memory; and `log_likelihood` against a bare loop of the compiled function. Without `--run` the
model is trained for 300 steps: untrained, it has no active code and FactorVAE's score no votes.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from vae_tf.process.quiet_tensorflow import import_tensorflow  # noqa: E402

import_tensorflow()

import numpy as np  # noqa: E402
from sklearn.ensemble import GradientBoostingClassifier  # noqa: E402

import params as presets  # noqa: E402
from benchmarks.reference_scores import compare_functions  # noqa: E402
from vae_tf import data, load_run, metrics  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.training import train  # noqa: E402

SIZES = metrics.PRESETS["full"]
BLOCK = 1_024  # images in memory for bare loops
POINTS_AT_ONCE = 16
# Score of the suite -> its values in the table. The reference takes modularity and explicitness
# from the same draw: one row.
COMPARED = {
    "mig": ("mig",),
    "irs": ("irs",),
    "unsupervised": ("gaussian_total_correlation", "mutual_information"),
    "explicitness": ("modularity", "explicitness"),
    "factor_vae": ("factor_vae_eval",),
    "beta_vae": ("beta_vae_eval",),
    "sap": ("sap", "sap_continuous"),
    "dci": ("dci_disentanglement", "dci_completeness", "dci_informativeness_test"),
}
PASS = "pass over the grid"
IN_PART = ("factor_vae", "beta_vae", "dci")  # by votes and rounds of boosting


def load(run: Path):
    """The model of a run, ready to encode, and the sprites."""
    model, sprites = load_run(run).model, data.load("sprites")
    model.encode(block_of(sprites))
    return model, sprites


def block_of(sprites) -> np.ndarray:
    return sprites.images_of(sprites.sample_factors(BLOCK, np.random.default_rng(0)))


def seconds_of(function, *arguments) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def suite(connection, run: Path):
    """Our side: makes one step for each request, and sends name, seconds and values."""
    model, sprites = load(run)
    connection.recv()
    start = time.perf_counter()
    grid = metrics.Representation(model.encode, sprites, progress=False)
    connection.send((PASS, time.perf_counter() - start, {}))
    scores = metrics.score_suite(grid, progress=False)
    for _ in metrics.suite_names(grid.offers):
        connection.recv()
        name, entry = next(scores)
        connection.send((name, entry["seconds"], entry["values"]))
    connection.recv()
    connection.send(("memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, {}))


class Reference:
    """The other side: a method a score, under its name in the suite."""

    def __init__(self, model, sprites, fraction: float):
        self.encode, self.sprites = model.encode, sprites
        self.rng = np.random.default_rng(1)
        self.votes = {
            name: round(getattr(SIZES, name) * fraction) for name in ("num_train", "num_eval")
        }
        self.num_variance = round(SIZES.num_variance * fraction)
        self.rounds = max(1, round(100 * fraction))  # of boosting

    def represent(self, factors, at_once=SIZES.batch_size):
        parts = [factors[start : start + at_once] for start in range(0, len(factors), at_once)]
        return np.concatenate([self.encode(self.sprites.images_of(part))[0] for part in parts])

    def points(self, n):
        factors = self.sprites.sample_factors(n, self.rng)
        return self.represent(factors, POINTS_AT_ONCE), factors

    def train_test(self):
        return *self.points(SIZES.num_train), *self.points(SIZES.num_test)

    def mig(self):
        return {"mig": metrics.mig_score(*self.points(SIZES.num_train))}

    def irs(self):
        return {"irs": metrics.irs_score(*self.points(SIZES.num_train))}

    def unsupervised(self):
        return metrics.unsupervised_scores(self.points(SIZES.num_train)[0])

    def explicitness(self):
        points = self.train_test()
        modularity = metrics.modularity_score(*points[:2])
        return {"modularity": modularity, "explicitness": metrics.explicitness_score(*points)}

    def factor_vae(self):
        scores = metrics.factor_vae_score(
            self.represent, self.sprites.factor_sizes, num_variance=self.num_variance, **self.votes
        )
        return {"factor_vae_eval": scores["eval"]}

    def beta_vae(self):
        scores = metrics.beta_vae_score(self.represent, self.sprites.factor_sizes, **self.votes)
        return {"beta_vae_eval": scores["eval"]}

    def sap(self):
        codes, factors, codes_test, factors_test = self.train_test()
        matrix = [
            [
                metrics.predictability_matrix(
                    codes[:, [code]], factors[:, [k]], codes_test[:, [code]], factors_test[:, [k]]
                )[0, 0]
                for k in range(factors.shape[1])
            ]
            for code in range(codes.shape[1])
        ]
        top = np.sort(matrix, axis=0)
        continuous = metrics.sap_score(codes, factors, codes_test, factors_test, continuous=True)
        return {"sap": np.mean(top[-1] - top[-2]), "sap_continuous": continuous}

    def dci(self):
        codes, factors, codes_test, factors_test = self.train_test()
        fits = [
            GradientBoostingClassifier(n_estimators=self.rounds).fit(codes, factors[:, k])
            for k in range(factors.shape[1])
        ]
        importances = np.stack([fit.feature_importances_ for fit in fits], axis=1)
        scores = metrics.dci_from_importance(importances)
        accuracy = [fit.score(codes_test, factors_test[:, k]) for k, fit in enumerate(fits)]
        scores |= {"informativeness_test": np.mean(accuracy)}
        return {f"dci_{name}": score for name, score in scores.items()}


def compare(options):
    """Prints the table of scores, the ratios and the memory."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=suite, args=(there, options.run), daemon=True)
    process.start()
    there.close()  # so that a failure over there is the end of the file here
    model, sprites = load(options.run)
    reference = Reference(model, sprites, options.fraction)

    def steps():
        while True:
            here.send("resume")
            yield here.recv()

    print("| score | ours, s | reference, s | value, ours | value, reference |")
    print("| --- | ---: | ---: | --- | --- |")
    ours, theirs, ours_alone, values = {}, {}, {}, {}
    for name, seconds, found in steps():
        if name == "memory":
            peak = seconds
            break
        values |= found
        if name == PASS:
            ours[name] = seconds
            print(f"| {name} | {seconds:.1f} | | | |", flush=True)
            continue
        if name not in COMPARED:
            ours_alone[name] = seconds
            continue
        if name == "explicitness":
            seconds += ours_alone.pop("modularity")
        ours[name] = seconds
        start = time.perf_counter()
        expected = getattr(reference, name)()
        theirs[name] = time.perf_counter() - start
        if name in IN_PART:
            theirs[name] /= options.fraction
        columns = [
            ", ".join(f"{side[key]:.3f}" for key in COMPARED[name]) for side in (values, expected)
        ]
        title = ", ".join(COMPARED[name])
        print(
            f"| {title} | {ours[name]:.1f} | {theirs[name]:.1f} | {' | '.join(columns)} |",
            flush=True,
        )
    total, expected = sum(ours.values()), sum(theirs.values())
    print(f"| all | {total:.1f} | {expected:.1f} | | |\n")
    print(f"all: {expected / total:.2f} times as fast as the reference (aim: 5)")
    ratio = (expected - theirs["dci"]) / (total - ours["dci"])
    print(f"all but DCI: {ratio:.2f} times as fast")
    if options.fraction < 1:
        print(
            f"reference: {options.fraction:g} of the votes of factor_vae and beta_vae and of the "
            f"rounds of dci, their seconds scaled"
        )
    print(f"DCI: {theirs['dci'] / ours['dci']:.2f} times as fast")
    alone = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in ours_alone.items())
    print(f"ours alone, in no ratio: {alone}")
    print(f"peak memory of our suite: {peak:.2f} GiB (aim: 3)", flush=True)
    process.join()


class Slice:
    """The grid of one shape and scale: 40,960 images."""

    def __init__(self, sprites, shape: int, scale: int):
        self.sprites, self.offset = sprites, np.array([shape, scale, 0, 0, 0])
        self.factor_names = sprites.factor_names
        self.factor_sizes = (1, 1, *sprites.factor_sizes[2:])

    def images_of(self, factors):
        return self.sprites.images_of(factors + self.offset)


def compare_pass(options):
    """Prints the ratio of the pass over the grid to encoding images that are there."""
    model, sprites = load(options.run)
    block = block_of(sprites)

    def grid(shape, scale):
        metrics.Representation(model.encode, Slice(sprites, shape, scale), progress=False)

    def bare():
        for _ in range(int(np.prod(sprites.factor_sizes[2:])) // BLOCK):
            model.encode(block)

    slices = [divmod(index, 6) for index in range(0, 18, 1 if options.fraction == 1 else 3)]
    pairs = np.array([(seconds_of(grid, *which), seconds_of(bare)) for which in slices])
    whole, alone = pairs.sum(axis=0)
    ratios = pairs[:, 0] / pairs[:, 1]
    print(
        f"pass over {len(slices)} of 18 slices of the grid {whole:.1f} s, bare {alone:.1f} s: "
        f"ratio {whole / alone:.3f} (aim: 1.2), by slice {ratios.min():.2f} to {ratios.max():.2f}, "
        f"median {np.median(ratios):.3f}",
        flush=True,
    )


def compare_likelihood(options, *, num_samples=256, rounds=8):
    """Prints the rate of `log_likelihood` divided by the rate of a bare loop."""
    model, sprites = load(options.run)
    images = block_of(sprites)[:64]
    at_once = BLOCK * 2 // len(images)  # as log_likelihood does it

    def bare():
        for _ in range(num_samples // at_once):
            model.log_importance_weights(images, at_once)

    bare()
    pairs = np.array(
        [
            (seconds_of(metrics.log_likelihood, model, images, num_samples), seconds_of(bare))
            for _ in range(rounds)
        ]
    )
    rates = rounds * len(images) * num_samples / pairs.sum(axis=0)
    print(
        f"log-likelihood {rates[0]:,.0f} samples/s, bare {rates[1]:,.0f}: ratio "
        f"{rates[0] / rates[1]:.3f}, median of {rounds} {np.median(pairs[:, 1] / pairs[:, 0]):.3f}"
    )


def main():
    """Prints all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, help="folder of a run on sprites; default: 300 steps")
    parser.add_argument("--fraction", type=float, default=1.0, help="of the reference's votes")
    parser.add_argument(
        "--reference", type=Path, help="folder of fetched references: their functions alone"
    )
    parser.add_argument("--only", nargs="+", help="with --reference: names of its table")
    options = parser.parse_args()
    if not 0.001 <= options.fraction <= 1:
        parser.error("--fraction must be from 0.001 to 1")
    load_average = f"load {os.getloadavg()[0]:.1f} before the start"
    print(f"{options.run or '300 steps'}; {os.cpu_count()} cores, {load_average}\n", flush=True)
    compare_functions(options.reference, options.fraction, options.only)
    if options.reference:
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.run is None:
            params = replace(presets.RUNS["sprites-VAE"], steps=300, sample_steps=())
            options.run = train(params, Path(folder) / "run").path
        compare(options)
        compare_pass(options)
        compare_likelihood(options)


if __name__ == "__main__":
    main()
