"""Memory of reading own data: peak of the process for tables and folders of growing size.

    python benchmarks/reading_memory.py table     CSV files of 50,000 to 1,000,000 rows
    python benchmarks/reading_memory.py folder    folders of 10,000 to 40,000 pictures of 64x64

Each set is written in parts, then read in a process of its own: prepared into an empty cache, and
one epoch of batches read in random order. Peaks are in MB above the peak of a set of 1,000.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SIZES = {
    "table": (1_000, 50_000, 250_000, 1_000_000),
    "folder": (1_000, 10_000, 20_000, 40_000),
}


def write_table(path, rows):
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


def write_folder(path, pictures):
    """Write PNG files of discs in random colors."""
    from PIL import Image

    rng = np.random.default_rng(0)
    path.mkdir()
    rows, columns = np.indices((64, 64))
    for number in range(pictures):
        top, left = rng.integers(16, 48, 2)
        disc = np.hypot(rows - top, columns - left) < 12
        image = np.where(disc[..., None], *rng.integers(0, 256, (2, 3), np.uint8))
        Image.fromarray(image.astype(np.uint8)).save(path / f"{number:06}.png")


def read(dataset):
    """Prepare a set and read an epoch of batches; print the peak in MB and the seconds."""
    from vae_tf.data import load
    from vae_tf.data.batches import batch_at

    began = time.monotonic()
    size = 64 if dataset.startswith("folder:") else None
    images = load(dataset, "train", size, validation=0.05)
    prepared = time.monotonic() - began
    for step in range(len(images) // 256):
        batch_at(images, 256, 0, step)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:.0f} {prepared:.1f} {time.monotonic() - began - prepared:.1f}")


def main():
    """Measure each size in a process of its own."""
    kind = sys.argv[1]
    if kind not in SIZES:
        read(kind)
        return
    write = {"table": write_table, "folder": write_folder}[kind]
    least = None
    for size in SIZES[kind]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("table.csv" if kind == "table" else "pictures")
            write(path, size)
            environment = os.environ | {"VAE_TF_CACHE": f"{folder}/cache"}
            command = [sys.executable, __file__, f"{kind}:{path}"]
            done = subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            )
            peak, prepared, epoch = done.stdout.split()
            least = least or float(peak)
            files = [path] if path.is_file() else [*path.iterdir()]
            print(
                f"{size:>9,} in {sum(each.stat().st_size for each in files) / 1e6:5.0f} MB: "
                f"{float(peak) - least:4.0f} MB more, prepared in {prepared} s, epoch {epoch} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
