"""How fast the explorer's script decodes: `python benchmarks/explorer.py [RUN ...]`.

The very script of the page in V8, the engine of Chromium, Edge and Node; no browser is needed. For
each run the median, least and greatest of three rounds of `--images` images, in milliseconds of
processor time: on a busy machine, too, what one core that is free would take.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from py_mini_racer import MiniRacer

from vae_tf.analysis.explorer_content import as_text
from vae_tf.explorer.generator import describe_generator
from vae_tf.explorer.layers import HalfPrecision
from vae_tf.explorer.page import script
from vae_tf.runs import Run

_DECODE = """
globalThis.decodeMany = (count) => {
  const random = explorer.randomNumbers(0);
  for (let i = 0; i < count; i++) model.decode(model.samplePrior(random));
};
"""


def milliseconds(run: Run, count: int) -> float:
    """Processor time of an image, all threads of V8 together."""
    weights = HalfPrecision()
    generator = describe_generator(run.model, weights)
    content = {
        **generator, "prior": {"kind": "normal"}, "codes": "", "images": {"posteriors": []},
        "latent_size": run.model.latent_size, "image_shape": list(run.model.image_shape),
        "num_classes": 0, "weights": as_text(weights.to_bytes()),
    }  # fmt: skip
    engine = MiniRacer()
    engine.eval(script())
    engine.eval(f"globalThis.model = new explorer.Model({json.dumps(content)}); 0")
    engine.eval(_DECODE + "decodeMany(40)")  # the first ones are being compiled
    start = time.process_time()
    engine.eval(f"decodeMany({count})")
    return 1000 * (time.process_time() - start) / count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", default=["emoji-10-Beta-VAE", "MNIST-VAE"])
    parser.add_argument("--predictions", type=Path, default=Path("predictions"))
    parser.add_argument("--images", type=int, default=200)
    options = parser.parse_args()
    for name in options.runs:
        times = [milliseconds(Run(options.predictions / name), options.images) for _ in range(3)]
        median = statistics.median(times)
        print(f"{name}: {median:.1f} ms an image ({min(times):.1f} to {max(times):.1f}), "
              f"{1000 / median:.0f} a second")  # fmt: skip


if __name__ == "__main__":
    main()
