r"""Rates of hierarchies in the order of Bit-Swap: `python experiments/bit_swap.py`.

    python train.py binary-MNIST-hierarchical-BN-WU-2 --set steps=4000 --set initializer=glorot \
        --set learning_rate=0.001
    python experiments/bit_swap.py            compresses test images, restores in another process
    python experiments/bit_swap.py --digits   the same of a model that it trains on digits
    python experiments/tables.py              the table

Initial bits are compared with the order of BB-ANS, which pops the codes of all layers before it
pushes the image. Rows are kept in experiments/bit_swap.csv.
"""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402
from csv_rows import read_rows, write_rows  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
COLUMNS = (
    "run",
    "step",
    "num_images",
    "bits_per_pixel",
    "negative_elbo",
    "kl_bits",
    "reconstruction_bits",
    "initial_bits",
    "initial_bits_at_once",
)
RUN = "binary-MNIST-hierarchical-BN-WU-2"


def initial_bits_at_once(model, image: np.ndarray) -> int:
    """Bits that the codes of all layers of an image take from an empty stack, popped together.

    Args:
        model: A hierarchical VAE.
        image: `[H, W, C]` whole numbers.
    """
    from vae_tf.runs.compression import codes
    from vae_tf.runs.compression.networks import ExactNetworks
    from vae_tf.runs.compression.stack import Stack

    networks = ExactNetworks(model)
    stack = Stack(model.latent_size)
    start = stack.num_bits
    code = codes.pop_posterior(stack, *codes.quantize(*networks.encode(image.astype(float))))
    for up in networks.ups:
        code = codes.pop_posterior(stack, *codes.quantize(*up(code / codes.STEPS)))
    return start - stack.num_bits


def on_digits() -> dict:
    """The row of a model of black and white digits of 8x8 pixels, with two stochastic layers."""
    from inference_gap import digits

    import params as presets
    import vae_tf
    from vae_tf.config import replace

    images, test = digits()
    base = presets.RUNS["digits-VAE"]
    params = replace(
        base,
        model="hierarchical_vae",
        likelihood="bernoulli",
        hyper={"sizes": [4], "hidden": [64], "batch_normalization": True},
        patience=None,
        latent_size=16,
        sample_every=base.steps,
        validate_every=base.steps,
    )
    with tempfile.TemporaryDirectory() as folder:
        return measure(
            vae_tf.train(params, Path(folder) / "digits-hierarchical-2", data=images), test
        )


def measure(run, images: np.ndarray) -> dict:
    """The row of a run, which compresses images that it was not trained on."""
    from bits_back import negative_elbo_bits, restored_elsewhere

    from vae_tf.runs.compression import compress_images, rate_of

    compressed = compress_images(run.model, images, run.name, progress=True)
    restored_elsewhere(run, compressed.content, images)
    rate = rate_of(compressed.content)
    elbo = negative_elbo_bits(run.model, images)
    return {
        "run": run.name,
        "step": run.details["step"],
        "num_images": len(images),
        "bits_per_pixel": f"{rate.num_bits / images.size:.4f}",
        "negative_elbo": f"{elbo.sum() / images.size:.4f}",
        "kl_bits": f"{np.mean([bits.kl for bits in compressed.images]):.2f}",
        "reconstruction_bits": f"{np.mean([b.reconstruction for b in compressed.images]):.2f}",
        "initial_bits": rate.initial_bits,
        "initial_bits_at_once": initial_bits_at_once(run.model, images[0]),
    }


def table() -> str:
    """The rows as Markdown."""
    lines = [
        "| run | steps | images | bits per pixel | -ELBO, bits per pixel | difference, % | KL, "
        "bits per image | reconstruction, bits per image | initial bits, once | initial bits of "
        "all layers at once |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in read_rows(ROWS):
        rate, bound = float(row["bits_per_pixel"]), float(row["negative_elbo"])
        cells = [f"`{row['run'].removeprefix('binary-MNIST-')}`", f"{int(row['step']):,}"]
        cells.append(f"{int(row['num_images']):,}")
        cells += [f"{rate:.4f}", f"{bound:.4f}", f"{100 * (rate / bound - 1):+.2f}"]
        cells += [row[name] for name in COLUMNS[5:]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    """Measures a run, and writes its row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", default=RUN, help="name of a run folder")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    parser.add_argument("--digits", action="store_true", help="train on digits")
    options = parser.parse_args()

    from bits_back import test_images

    import vae_tf

    if options.digits:
        row = on_digits()
    else:
        run = vae_tf.load_run(options.predictions / options.run)
        row = measure(run, test_images("binary MNIST"))
    others = [each for each in read_rows(ROWS) if each["run"] != row["run"]]
    write_rows(ROWS, COLUMNS, [*others, row])
    print(table())


if __name__ == "__main__":
    main()
