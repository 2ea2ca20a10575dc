"""Two runs one after the other with all threads, against both at once with half of them.

    python benchmarks/study_threads.py sprites-VAE digits-VAE --rounds 7

Ways for a study to use its cores: each way makes the same number of optimizer steps in all. The
processes stay alive and take turns, so that both ways meet the same noise of the machine. Ratios
above 1 mean that two processes are faster.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


class Worker:
    """A process that times steps of a preset with so many threads, see compare_commits.py."""

    def __init__(self, name: str, threads: int):
        self._process = subprocess.Popen(
            [sys.executable, HERE / "compare_commits.py", "--worker", name],
            cwd=HERE.parent,
            env=os.environ
            | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(HERE.parent)}
            | dict.fromkeys(THREADS, str(threads)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def begin(self, steps: int):
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()

    def wait(self):
        self._process.stdout.readline()

    def stop(self):
        self._process.stdin.close()
        self._process.wait()


def seconds(workers: list[Worker], steps: int) -> float:
    """Seconds in which the workers together make so many steps, all at once."""
    start = time.perf_counter()
    for worker in workers:
        worker.begin(steps // len(workers))
    for worker in workers:
        worker.wait()
    return time.perf_counter() - start


def main():
    """Prints a Markdown table of medians over rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="PRESET")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="of a turn")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(f"| preset | steps/s, one process of {cores} threads | two of {cores // 2} | ratio |")
    print("| --- | --- | --- | --- |")
    for name in options.names:
        one = [Worker(name, cores)]
        two = [Worker(name, max(1, cores // 2)) for _ in range(2)]
        for workers in (one, two):
            seconds(workers, 6)  # compiles
        steps = 2 * max(2, round(options.seconds / seconds(one, 4) * 2))
        pairs = []
        for turn in range(options.rounds):
            order = [one, two] if turn % 2 else [two, one]
            times = {len(workers): seconds(workers, steps) for workers in order}
            pairs.append((times[1], times[2]))
        for worker in one + two:
            worker.stop()
        ratios = [alone / both for alone, both in pairs]
        rates = [steps / statistics.median(column) for column in zip(*pairs, strict=True)]
        print(
            f"| `{name}` | {rates[0]:.1f} | {rates[1]:.1f} | {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f}-{max(ratios):.2f}) |",
            flush=True,
        )


if __name__ == "__main__":
    main()
