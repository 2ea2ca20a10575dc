"""Where the time of a training step goes: `python benchmarks/step_profile.py [PRESET ...]`.

For each preset, on random images of its shape: milliseconds of a step; arithmetic of its layers,
and its share of the machine's matmul peak, measured here; the operators that take the time, from
TensorFlow's own timeline; bytes that operators put out, and how fast those could be copied here.

The timeline costs time itself and its operators overlap, so shares of it are given, not sums.
"""

import argparse
import collections
import math
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from vae_tf.quiet_tensorflow import import_tensorflow  # noqa: E402

import_tensorflow()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.python.eager import context  # noqa: E402, the timeline of a function

import params as presets  # noqa: E402
from vae_tf.config import override  # noqa: E402
from vae_tf.models.build import build_model  # noqa: E402

SHAPES = {"MNIST-VAE": (28, 28, 1), "VAE": (64, 64, 3)}
STEPS = 15
# Calls of a step whose timeline is kept.
TRACED = 3


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
    """Shortest time of a call: what is shared is never faster than alone."""
    for _ in range(3):
        function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def matmul_peak(dtype: str, size=1_536) -> float:
    """Floating-point operations a second of a large square matrix product."""
    a = tf.cast(tf.random.normal((size, size)), dtype)
    product = tf.function(lambda: tf.reduce_sum(tf.cast(tf.matmul(a, a)[:1], "float32")))
    return 2 * size**3 / seconds_of(lambda: product().numpy())


def copy_rate(count=2**25) -> float:
    """Bytes a second that a copy of a large array writes, by NumPy on one core."""
    source, target = np.ones(count, "float32"), np.empty(count, "float32")
    return source.nbytes / seconds_of(lambda: np.copyto(target, source), 5)


def timeline(update, batch) -> tuple[dict[str, float], int]:
    """Seconds by kind of operator over the traced calls, and bytes they put out in one."""
    seconds: dict[str, float] = collections.defaultdict(float)
    size = 0
    for _ in range(TRACED):
        context.enable_run_metadata()
        update(batch)
        metadata = context.export_run_metadata()
        context.disable_run_metadata()
        for device in metadata.step_stats.dev_stats:
            for node in device.node_stats:
                kind = node.timeline_label.partition(" = ")[2].partition("(")[0] or node.node_name
                seconds[kind] += (node.op_end_rel_nanos - node.op_start_rel_nanos) / 1e9
                size += sum(
                    out.tensor_description.allocation_description.requested_bytes
                    for out in node.output
                )
    return seconds, size // TRACED


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
    print(f"  {size / 2**20:.0f} MiB put out: {size / copied * 1000:.1f} ms to copy")
    for operator, spent in sorted(seconds.items(), key=lambda item: -item[1])[:14]:
        print(f"  {spent / whole:6.1%}  {1000 * spent / TRACED:6.2f} ms  {operator}")


def main():
    """Prints the machine's peaks and a profile for each preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="PRESET", help=f"some of {', '.join(SHAPES)}")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    if unknown := set(options.names) - set(SHAPES):
        parser.error(f"Expected some of {', '.join(SHAPES)}. Received: {', '.join(unknown)}")
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
