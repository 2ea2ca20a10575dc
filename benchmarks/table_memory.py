"""Memory of reading a table: peak of the process for tables of 50,000 to 1,000,000 rows.

    python benchmarks/table_memory.py

Each table is written in parts, then read in a process of its own: prepared into an empty cache, and
one epoch of batches read in random order. Peaks are in MB above the peak of a table of 1,000 rows.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROWS = (1_000, 50_000, 250_000, 1_000_000)


def write(path, rows):
    """Write a table of 6 numbers, 2 counts, 2 categories and a binary column."""
    rng = np.random.default_rng(0)
    names = [f"x{k}" for k in range(6)] + ["visits", "clicks", "city", "kind", "member"]
    with open(path, "w") as file:
        file.write(",".join(names) + "\n")
        for start in range(0, rows, 10_000):
            count = min(10_000, rows - start)
            numbers = rng.normal(size=(count, 6)).round(4).astype(str)
            counts = rng.poisson((20, 40), size=(count, 2)).astype(str)
            words = rng.choice(["north", "south", "east", "west"], (count, 2))
            member = rng.choice(["yes", "no"], (count, 1))
            for row in np.concatenate([numbers, counts, words, member], axis=1):
                file.write(",".join(row) + "\n")


def read(path):
    """Prepare the table and read an epoch of batches; print the peak in MB and the seconds."""
    from vae_tf.data import load
    from vae_tf.data.batches import batch_at

    began = time.monotonic()
    table = load(f"table:{path}", "train", validation=0.05)
    prepared = time.monotonic() - began
    for step in range(len(table) // 256):
        batch_at(table, 256, 0, step)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:.0f} {prepared:.1f} {time.monotonic() - began - prepared:.1f}")


def main():
    """Measure each size in a process of its own."""
    if len(sys.argv) == 2:
        read(sys.argv[1])
        return
    least = None
    for rows in ROWS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.csv"
            write(path, rows)
            environment = os.environ | {"VAE_TF_CACHE": folder}
            command = [sys.executable, __file__, str(path)]
            done = subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            )
            peak, prepared, epoch = done.stdout.split()
            least = least or float(peak)
            print(
                f"{rows:>9,} rows, {path.stat().st_size / 1e6:5.0f} MB of CSV: "
                f"{float(peak) - least:4.0f} MB more, prepared in {prepared} s, epoch {epoch} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
