"""Step times of all models here and in another checkout, in turns.

Each checkout has a process of its own for a preset; they take turns, so that both meet the same
noise of the machine. Ratios above 1 mean that this checkout is slower.

    git worktree add ../before COMMIT
    python benchmarks/compare_commits.py ../before
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
BATCHES = 8  # made beforehand


def main():
    """Prints a Markdown table of medians over rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", nargs="?", type=Path, help="the other checkout")
    parser.add_argument("names", nargs="*", metavar="PRESET", help="some of the presets")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0, help="of a turn")
    parser.add_argument("--worker", metavar="PRESET", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker)
        return
    names = options.names or default_names()
    print("| preset | steps/s before | ratio of step times, median (lowest-highest) |")
    print("| --- | --- | --- |")
    for name in names:
        workers = [Worker(options.other.resolve(), name), Worker(HERE, name)]
        steps = max(1, round(options.seconds / workers[0].seconds(3)))
        for worker in workers:
            worker.seconds(steps)
        pairs = []
        for turn in range(options.rounds):
            order = workers if turn % 2 else workers[::-1]
            seconds = {worker: worker.seconds(steps) for worker in order}
            pairs.append([seconds[worker] for worker in workers])
        for worker in workers:
            worker.stop()
        ratios = [after / before for before, after in pairs]
        before = statistics.median(before for before, _ in pairs)
        print(
            f"| `{name}` | {1 / before:.1f} | {statistics.median(ratios):.3f} "
            f"({min(ratios):.2f}-{max(ratios):.2f}) |",
            flush=True,
        )


def default_names() -> list[str]:
    """The presets on sprites, one per model, and MNIST's networks on digits."""
    sys.path.insert(0, str(HERE))
    import params as presets

    return [name for name, params in presets.RUNS.items() if params.dataset == "sprites"]


class Worker:
    """A process that times steps of a preset in a checkout."""

    def __init__(self, tree: Path, name: str):
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--worker", name],
            cwd=tree,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def seconds(self, steps: int) -> float:
        """Seconds that a step takes."""
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def stop(self):
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()


def work(name: str):
    """Answers each number of steps on stdin with the seconds per step took."""
    sys.path[0] = os.getcwd()
    import tensorflow as tf

    import params as presets
    from vae_tf import data
    from vae_tf.data.batches import batch_at
    from vae_tf.models.template.build import build_model

    params = presets.RUNS[name]
    images = data.load(params.dataset, "train", validation=params.validation)
    model = build_model(params, images.image_shape, len(images))
    names = ("batch_keys", "needs", "batch_kind")  # as commits called it, the newest first
    kind = next(getattr(model, name) for name in names if hasattr(model, name))
    made = [batch_at(images, params.batch_size, 0, step, kind) for step in range(BATCHES)]
    made = [tf.nest.map_structure(tf.constant, batch) for batch in made]
    update = tf.function(model.update, autograph=hasattr(model, "batch_kind"))
    for line in sys.stdin:
        start = time.perf_counter()
        for step in range(int(line)):
            float(update(made[step % BATCHES])["loss"])
        print((time.perf_counter() - start) / int(line), flush=True)


if __name__ == "__main__":
    main()
