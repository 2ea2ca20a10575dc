"""Where the time of a training step goes: `python benchmarks/step_profile.py [PRESET ...]`.

For each preset, on random images of its shape: milliseconds of a step; arithmetic of its layers,
and its share of the machine's matmul peak, measured here; the operators that take the time, from
TensorFlow's own timeline; bytes that it allocates, and how long a copy of as many takes here.

All on one thread, and in time of the processor, which others on the machine disturb little. For
each operator the fastest of several calls counts, as the timeline knows the clock alone.
"""

import argparse
import collections
import math
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from vae_tf.process.quiet_tensorflow import import_tensorflow  # noqa: E402

import_tensorflow()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.tsl.profiler.protobuf import xplane_pb2  # noqa: E402

import params as presets  # noqa: E402
from vae_tf.config import override  # noqa: E402
from vae_tf.models.template.build import build_model  # noqa: E402

SHAPES = {"MNIST-VAE": (28, 28, 1), "CelebA-VAE": (64, 64, 3)}
STEPS = 15
# Events of operators are called NODE:KIND, others Class::Method or in words.
OPERATOR = re.compile(r"[^:]:_?[A-Z]\w*$")
# Calls of a step whose timeline is kept.
TRACED = 20


def multiplications(model) -> int:
    """Multiplications of an image on its way through encoder and decoder."""
    count = 0
    for network in (model.encoder, model.decoder):
        for layer in network.layers:
            if isinstance(layer, keras.layers.Conv2DTranspose):  # each input pixel meets the kernel
                count += layer.kernel.shape.num_elements() * math.prod(layer.input.shape[1:3])
            elif isinstance(layer, keras.layers.Conv2D):
                count += layer.kernel.shape.num_elements() * math.prod(layer.output.shape[1:3])
            elif isinstance(layer, keras.layers.Dense):
                count += layer.kernel.shape.num_elements()
    return count


def seconds_of(function, repeats=STEPS) -> float:
    """Median time of a call, of the processor."""
    for _ in range(3):
        function()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return statistics.median(times)


def matmul_peak(dtype: str, size=1_536) -> float:
    """Floating-point operations a second of a large square matrix product."""
    a = tf.cast(tf.random.normal((size, size)), dtype)
    product = tf.function(lambda: tf.reduce_sum(tf.cast(tf.matmul(a, a)[:1], "float32")))
    return 2 * size**3 / seconds_of(lambda: product().numpy())


def copy_rate(count=2**25) -> float:
    """Bytes per second that a copy of a large array writes, by NumPy on one core."""
    source, target = np.ones(count, "float32"), np.empty(count, "float32")
    return source.nbytes / seconds_of(lambda: np.copyto(target, source), 5)


def timeline(update, batch) -> tuple[dict[str, float], float]:
    """Seconds by kind of operator, and bytes that a step allocates."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = tf.profiler.experimental.ProfilerOptions(host_tracer_level=2, python_tracer_level=0)
        tf.profiler.experimental.start(folder, quiet)
        for _ in range(TRACED):
            update(batch)
        tf.profiler.experimental.stop()
        (file,) = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(file.read_bytes())
    fastest: dict[str, float] = collections.defaultdict(lambda: math.inf)
    size = 0
    for plane in space.planes:
        for event in (event for line in plane.lines for event in line.events):
            name = plane.event_metadata[event.metadata_id].name
            if name == "MemoryAllocation":
                values = {plane.stat_metadata[each.metadata_id].name: each for each in event.stats}
                size += values["allocation_bytes"].int64_value
            elif OPERATOR.search(name):
                fastest[name] = min(fastest[name], event.duration_ps / 1e12)
    seconds: dict[str, float] = collections.defaultdict(float)
    for name, spent in fastest.items():
        seconds[name.rpartition(":")[2]] += spent
    return seconds, size / TRACED


def profile(name: str, changes: list[str], peaks: dict[str, float], copied: float):
    """Prints the profile of a preset."""
    params = override(presets.RUNS[name], changes)
    shape = SHAPES[name]
    model = build_model(params, shape, 1_000)
    update = tf.function(model.update, autograph=False)
    rows = np.random.default_rng(0).random((params.batch_size, *shape), "float32")
    batch = {"image": tf.constant(rows)}
    step = seconds_of(lambda: float(update(batch)["loss"]))
    # A product for the output, one for each of the two gradients.
    arithmetic = 3 * 2 * multiplications(model) * params.batch_size
    kind = "bfloat16" if params.precision == "mixed_bfloat16" else "float32"
    share = arithmetic / step / peaks[kind]
    seconds, size = timeline(update, batch)
    whole = sum(seconds.values())
    print(f"\n{name} {' '.join(changes)}: {1000 * step:.1f} ms a step of {params.batch_size}")
    print(f"  {arithmetic / 1e9:.2f} GFLOP: {share:.0%} of the {kind} peak")
    print(f"  {size / 2**20:.0f} MiB allocated, which takes {size / copied * 1000:.1f} ms to fill")
    for operator, spent in sorted(seconds.items(), key=lambda item: -item[1])[:14]:
        print(f"  {spent / whole:6.1%}  {1000 * spent:6.2f} ms  {operator}")


def main():
    """Prints the machine's peaks and a profile for each preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="PRESET", help=f"some of {', '.join(SHAPES)}")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    if unknown := set(options.names) - set(SHAPES):
        parser.error(f"Expected some of {', '.join(SHAPES)}. Received: {', '.join(unknown)}")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    kinds = ("float32", "bfloat16")
    peaks = {kind: statistics.median(matmul_peak(kind) for _ in range(3)) for kind in kinds}
    copied = copy_rate()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(", ".join(f"{kind} matmul {peak / 1e9:.0f} GFLOP/s" for kind, peak in peaks.items()))
    print(f"copy {copied / 1e9:.1f} GB/s")
    for name in options.names or SHAPES:
        profile(name, options.set, peaks, copied)


if __name__ == "__main__":
    main()
