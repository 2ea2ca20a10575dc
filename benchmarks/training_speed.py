"""Training steps per second, ours beside others': `python benchmarks/training_speed.py`.

Every way is a process of its own with as many threads, pinned to the same cores, and they take
turns: while one trains, the others wait. `training_of_ours.py` and `training_of_torch.py` say what
the ways are. Ratios are speeds beside the bare loop's in the same round, by the clock and by the
processor's time, which others on the machine disturb less; medians count, with the lowest and the
highest beside them. Values by the processor replace the rows of their case and way in
benchmarks/training_speed.csv; `python experiments/tables.py` makes the tables of the docs.

    python benchmarks/training_speed.py --torch-python /path/to/venv/bin/python

PyTorch may live in an environment of its own (`pip install torch==2.13.0`, then `pip install
--no-deps pythae` and what that asks for); a way that cannot be imported is left out, with the
reason.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROWS = Path(__file__).with_suffix(".csv")
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "experiments")]

from csv_rows import read_rows, write_rows  # noqa: E402

import params as presets  # noqa: E402
from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.networks import specs  # noqa: E402
from vae_tf.presets.sprites import by_adam  # noqa: E402

# Burgess et al., "Understanding Disentangling in beta-VAE", 2018, App. A.1.
BURGESS = replace(
    by_adam(presets.RUNS["sprites-VAE"]),  # as the others have it
    encoder=(*[(32, 4, 2)] * 4, (256,), (256,)),
    sample_steps=(),
)
# Name on the command line -> title, run, shape of its images.
CASES = {
    "MNIST-VAE": ("MNIST conv, 28x28x1", presets.RUNS["MNIST-VAE"], (28, 28, 1)),
    "CelebA-VAE": ("conv, 64x64x3", presets.RUNS["CelebA-VAE"], (64, 64, 3)),
    "Burgess": ("Burgess, 64x64x1", BURGESS, (64, 64, 1)),
    "dense": (
        "dense, 784-400-20",
        replace(BURGESS, encoder=((400,),), latent_size=20, batch_size=128),
        (28, 28, 1),
    ),
}
# Way -> its title in tables.
TITLES = {
    "bare": "bare loop around the compiled step",
    "train": "`train.py`, with batches, log, pictures, checkpoints",
    "keras": "Keras `fit` of the Keras tutorial's VAE",
    "eager": "PyTorch, eager",
    "fused": "PyTorch, eager, `Adam(fused=True)`",
    "channels-last": "PyTorch, channels last",
    "compiled": "PyTorch, `torch.compile`",
    "compiled-last": "PyTorch, `torch.compile`, channels last",
    "pythae": "pythae's VAE in its own trainer, these networks",
    "bfloat16": "bare loop with `precision=mixed_bfloat16`",
    "xla": "bare loop compiled by XLA",
    "ten": "bare loop, ten steps per call: a loop in the graph over a stack of ten batches",
    "fused-adam": "bare loop, Adam as one operator per weight (`ResourceApplyAdam`)",
    "ten-fused": "bare loop, ten steps per call and Adam as one operator per weight",
}
OURS = ("bare", "train", "xla", "bfloat16", "fused-adam", "ten", "ten-fused", "keras")
TORCH = ("eager", "fused", "channels-last", "compiled", "compiled-last", "pythae")


def describe(params: Params, shape) -> dict:
    """A network and its data as JSON values, for processes that do not know our parameters."""
    convolutions = specs.convolutions(params.encoder)
    if params.likelihood not in ("gaussian", "bernoulli") or any(
        tuple(layer[1:]) != (4, 2) for layer in convolutions
    ):
        raise ValueError("The others have kernels of 4, strides of 2, squared errors or Bernoulli.")
    return {
        "params": params.to_dict(),
        "shape": shape,
        "likelihood": params.likelihood,
        "filters": [layer[0] for layer in convolutions],
        "units": [layer[0] for layer in specs.dense(params.encoder)],
        "latent_size": params.latent_size,
        "activation": params.activation,
        "learning_rate": float(params.learning_rate.highest),
        "batch_size": params.batch_size,
    }


class Way:
    """A process that trains in one way when it is its turn."""

    def __init__(self, name: str, case: dict, options, *, ours: bool):
        self.name, self.steps = name, case["steps"]
        python = sys.executable if ours else options.torch_python
        file = HERE / f"training_of_{'ours' if ours else 'torch'}.py"
        cores = sorted(os.sched_getaffinity(0))[: options.threads]
        threads = str(len(cores))
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
        # Who waits must not spin.
        environment = os.environ | dict.fromkeys(names, threads) | {"OMP_WAIT_POLICY": "passive"}
        self._process = subprocess.Popen(
            [python, str(file), name, json.dumps(case)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if options.verbose else subprocess.DEVNULL,
            env=environment,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        self.state = self._answer()

    def _answer(self) -> str:
        return self._process.stdout.readline().strip() or "skip it failed; look with --verbose"

    def turn(self) -> str:
        """Lets it train; returns what it says of that."""
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return self._answer()

    def round(self) -> tuple[float, ...]:
        """Seconds per step in the next round, by the clock and by the processor's time."""
        return tuple(float(seconds) / self.steps for seconds in self.turn().split())

    def close(self):
        self._process.kill()
        self._process.wait()


def compare(name: str, case: dict, names: list[str], options) -> list[dict]:
    """Prints the table of a case, and returns its rows."""
    title = CASES[name][0]
    ways = []
    try:
        for way_name in names:
            way = Way(way_name, case, options, ours=way_name in OURS)
            if way.state == "ready":
                ways.append(way)
            else:
                left_out = f"{way_name} is left out: {way.state.removeprefix('skip ')}"
                print(f"{title}: {left_out}", flush=True)
                way.close()
        rounds = [{way.name: way.round() for way in ways} for _ in range(options.rounds)]
    finally:
        for way in ways:
            way.close()
    rows = []
    for way in ways:
        times = [[1000 * seconds[way.name][kind] for seconds in rounds] for kind in (0, 1)]
        speeds = [
            [seconds["bare"][kind] / seconds[way.name][kind] for seconds in rounds]
            for kind in (0, 1)
        ]
        cells = [spread(values, 1) for values in times] + [spread(values, 2) for values in speeds]
        print(f"| {title} | {way.name} | {' | '.join(cells)} |", flush=True)
        rows.append({"case": name, "way": way.name, **columns("ms", times[1], 1)})
        rows[-1] |= columns("speed", speeds[1], 2)
    return rows


def columns(name: str, values: list[float], digits: int) -> dict[str, str]:
    """Median, lowest and highest as columns of the CSV."""
    numbers = statistics.median(values), min(values), max(values)
    names = name, f"{name}_low", f"{name}_high"
    return {name: f"{number:.{digits}f}" for name, number in zip(names, numbers, strict=True)}


def store(rows: list[dict]):
    """Writes rows, which replace rows of the same case and way."""
    kept = {(row["case"], row["way"]): row for row in [*read_rows(ROWS), *rows]}
    write_rows(ROWS, list(rows[0]), kept.values())


def table(case: str) -> str:
    """The rows of a case as Markdown."""
    lines = ["| way of training | CPU milliseconds per step | speed relative to the bare loop |"]
    lines.append("| --- | --- | --- |")
    for row in read_rows(ROWS):
        if row["case"] == case:
            cells = ["{} ({}-{})".format(*(row[f"{n}{end}"] for end in ("", "_low", "_high")))
                     for n in ("ms", "speed")]  # fmt: skip
            lines.append(f"| {TITLES.get(row['way'], row['way'])} | {' | '.join(cells)} |")
    return "\n".join(lines)


def table_of_prototypes() -> str:
    """Speeds of the dense network and of Burgess' network, relative to the bare loop."""
    rows = {(row["case"], row["way"]): row for row in read_rows(ROWS)}
    cases = ("dense", "Burgess")
    titles = {"dense": "dense, 784-400-20, batch 128", "Burgess": "Burgess, 64x64x1, batch 64"}
    lines = [f"| way | {' | '.join(titles[case] for case in cases)} |", "| --- " * 3 + "|"]
    times = ["{ms} ms ({ms_low}-{ms_high})".format(**rows[case, "bare"]) for case in cases]
    lines.append(f"| {TITLES['bare']} | {' | '.join(times)} |")
    for way in dict.fromkeys(way for case, way in rows if case in cases and way != "bare"):
        own = [rows.get((case, way)) for case in cases]
        cells = ["{speed} ({speed_low}-{speed_high})".format(**row) if row else "" for row in own]
        lines.append(f"| {TITLES[way]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: list[float], digits: int) -> str:
    """Median, lowest and highest."""
    numbers = (statistics.median(values), min(values), max(values))
    return "{} ({}-{})".format(*(f"{number:.{digits}f}" for number in numbers))


def summary() -> str:
    """Speeds of others for both cases of the docs, PyTorch's by the fastest of its ways."""
    cases = ("MNIST-VAE", "CelebA-VAE")
    rows = {(row["case"], row["way"]): row for row in read_rows(ROWS)}
    titles = {
        TITLES["train"]: ("train",),
        TITLES["keras"]: ("keras",),
        "PyTorch, the fastest of its measured ways": [name for name in TORCH if name != "pythae"],
        TITLES["pythae"]: ("pythae",),
    }
    lines = [f"| way | {' | '.join(CASES[case][0] for case in cases)} |", "| --- " * 3 + "|"]
    for title, ways in titles.items():
        cells = []
        for case in cases:
            measured = [rows[case, way] for way in ways if (case, way) in rows]
            fastest = max(measured, key=lambda row: float(row["speed"]))
            cells.append("{speed} ({speed_low}-{speed_high})".format(**fastest))
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    """Prints a table of medians over rounds, a case after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=100, help="steps of a way in a round")
    parser.add_argument("--warm-up", type=int, default=20, help="steps before the first round")
    parser.add_argument("--threads", type=int, default=2, help="threads, and cores they are on")
    parser.add_argument("--torch-python", default=sys.executable, help="interpreter with PyTorch")
    parser.add_argument("--ways", nargs="*", default=[*OURS, *TORCH], help="in addition to bare")
    parser.add_argument("--presets", nargs="*", choices=list(CASES), default=list(CASES))
    parser.add_argument("--verbose", action="store_true", help="show what the ways print")
    options = parser.parse_args()
    names = list(dict.fromkeys(["bare", *options.ways]))
    load = os.getloadavg()[0]
    print(f"{options.rounds} rounds of {options.steps} steps, {options.threads} threads")
    print(f"load before: {load:.1f} on {os.cpu_count()} cores")
    print("| case | way | ms a step | ms of the processor | speed to bare | by the processor |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    numbers = {name: getattr(options, name) for name in ("rounds", "steps", "warm_up")}
    for name in options.presets:
        _, params, shape = CASES[name]
        params = replace(params, sample_steps=(), sample_every=200)
        rows = compare(name, describe(params, shape) | numbers, names, options)
        about = numbers | {"threads": options.threads, "load": f"{os.getloadavg()[0]:.0f}"}
        store([{"case": name, "way": row["way"]} | about | row for row in rows])
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
