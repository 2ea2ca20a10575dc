"""Cost of the fingerprints that a resumed run is checked by: `python benchmarks/fingerprints.py`.

Seconds of the processor, which other work on the machine changes little: of the fingerprints of the
training and validation images at a start (`--sets`), and of one checkpoint of the default network,
with the part that SHA-256 takes in it.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from vae_tf import runs
from vae_tf.config import Params, replace
from vae_tf.models.template.build import build_model
from vae_tf.runs import checkpoints, tensors
from vae_tf.runs.details import describe_data

_REPEATS = 10


def seconds(work) -> float:
    """Seconds of the processor that a call takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def fingerprints(name: str) -> float:
    """Seconds of the fingerprints of a set."""
    params = replace(Params(), dataset=name)
    images, validation = (runs.load_data(params, split) for split in ("train", "validation"))
    return seconds(lambda: describe_data(images, validation, labeled=False))


def checkpoint(folder: Path) -> tuple[float, float]:
    """Seconds of a checkpoint and of the hashes within, medians."""
    model = build_model(Params(), (64, 64, 1), 700_000)
    log = runs.Log(folder / "log.csv", ["step", "loss"], before=0)
    for step in range(1_000):
        log.write({"step": step, "loss": step / 7})
    hashing = 0.0

    def timed(function):
        def call(*args):
            nonlocal hashing
            start = time.process_time()
            result = function(*args)
            hashing += time.process_time() - start
            return result

        return call

    digest, tensors._digest = tensors._digest, timed(tensors._digest)
    whole, hashes = [], []
    for step in range(_REPEATS):
        hashing = 0.0

        def save(step=step):
            arrays = checkpoints.arrays_of(model)
            details = {"step": step, "log": timed(log.proof)(step)}
            checkpoints.save(folder / "checkpoints", step, arrays, details)

        whole.append(seconds(save))
        hashes.append(hashing)
    tensors._digest = digest
    log.close()
    return statistics.median(whole), statistics.median(hashes)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sets", nargs="+", default=["sprites", "emoji", "digits", "mnist"])
    for name in parser.parse_args().sets:
        print(f"fingerprints of {name}: {fingerprints(name):.2f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        whole, hashes = checkpoint(Path(folder))
    print(f"checkpoint: {1000 * whole:.1f} ms, hashes {100 * hashes / whole:.2f} % of it")


if __name__ == "__main__":
    main()
