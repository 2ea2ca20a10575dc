"""Seconds until train.py answers: `python benchmarks/startup.py`."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRAIN = Path(__file__).parents[1] / "train.py"


def answer(option: str) -> float:
    """Seconds until `train.py OPTION` has ended."""
    start = time.perf_counter()
    subprocess.run([sys.executable, TRAIN, option], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def first_step(run: str) -> float:
    """Seconds from the start of `train.py RUN` to the first logged step."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / run / "log.csv"
        start = time.perf_counter()
        command = [sys.executable, TRAIN, run, "--predictions", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (log.exists() and log.read_text().count("\n") > 1):
            if process.poll() is not None:
                sys.exit(f"train.py {run} ended before its first step")
            time.sleep(0.02)
        seconds = time.perf_counter() - start
        process.terminate()
        process.wait()
        return seconds


def main():
    """Prints medians of five."""
    ways = {"--list": answer, "--help": answer}
    ways |= {"digits-VAE": first_step, "sprites-beta-VAE": first_step}
    for argument, way in ways.items():
        seconds = statistics.median(way(argument) for _ in range(5))
        what = "" if way is answer else ", to the first step"
        print(f"train.py {argument}{what}: {seconds:.2f} s")


if __name__ == "__main__":
    main()
