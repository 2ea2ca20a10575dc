"""Time of a convolution by the order of its axes: `python benchmarks/layout.py`.

Forward and both gradients of a layer of 4x4 filters with stride 2, 64 images, one thread; turns
alternate, processor time. Channels last is what Keras' layers take on a CPU.
"""

import os

os.environ["TF_NUM_INTRAOP_THREADS"] = "1"

import statistics  # noqa: E402
import time  # noqa: E402

import tensorflow as tf  # noqa: E402

ROUNDS = 20
LAYERS = ((32, 32, 64), (14, 64, 64))  # side, channels in, channels out
LAYOUTS = {"channels last": "NHWC", "channels first": "NCHW"}


def compiled(layout: str, side: int, channels: int, filters: int):
    """A call of the layer and its gradients."""
    last = layout == "NHWC"
    images = tf.random.normal((64, side, side, channels) if last else (64, channels, side, side))
    kernel = tf.random.normal((4, 4, channels, filters))
    strides = (1, 2, 2, 1) if last else (1, 1, 2, 2)

    @tf.function
    def call():
        with tf.GradientTape() as tape:
            tape.watch((images, kernel))
            out = tf.nn.conv2d(images, kernel, strides, "SAME", data_format=layout)
            total = tf.reduce_sum(tf.square(out))
        return tape.gradient(total, (images, kernel))

    call()
    return call


def main():
    """Prints the median of each layer and layout, and their ratio."""
    for side, channels, filters in LAYERS:
        calls = {name: compiled(lay, side, channels, filters) for name, lay in LAYOUTS.items()}
        spent: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                start = time.process_time()
                call()
                spent[name].append(1e3 * (time.process_time() - start))
        medians = {name: statistics.median(times) for name, times in spent.items()}
        ratio = medians["channels first"] / medians["channels last"]
        times = ", ".join(f"{name} {ms:.1f} ms" for name, ms in medians.items())
        print(f"{side}x{side}x{channels} to {filters}: {times}, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
