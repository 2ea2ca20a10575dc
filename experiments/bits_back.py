r"""Rates of bits-back coding on MNIST's test images: `python experiments/bits_back.py`.

    python train.py binary-MNIST-VAE
    python train.py binary-MNIST-VAE --set 'encoder=[[32,4,2],[64,4,2],[256]]' \
        --set activation=relu --set initializer=glorot --set optimizer=adam \
        --set 'learning_rate=falling(1e-3)' --set steps=15000 --name binary-MNIST-VAE-conv
    python train.py MNIST-8-bit-VAE
    python train.py MNIST-8-bit-VAE --set likelihood=discretized_logistic \
        --name MNIST-8-bit-one-scale
    python experiments/bits_back.py            compresses, restores in another process, draws
    python experiments/bits_back.py MNIST      the same for one run; other rows stay
    python experiments/bits_back.py --table    the tables, from the rows that are committed

Next to each run are PNG, WebP, AVIF, gzip, bzip2, xz and zstd (where the command `zstd` is), with
one file per image and with one file of all images. A coder that does not restore the images is left
out. Rows are kept in experiments/bits_back.csv, the bits of every tenth image in
experiments/bits_back_images.csv.
"""

import argparse
import bz2
import gzip
import hashlib
import io
import lzma
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402
from csv_rows import read_rows, write_rows  # noqa: E402
from PIL import Image  # noqa: E402
from published_numbers import published_texts  # noqa: E402

import vae_tf  # noqa: E402
from vae_tf import data  # noqa: E402
from vae_tf.plots.page import BLUE, INK, MARGIN, ORANGE, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.runs.compression import compress_images, rate_of  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
IMAGES = Path(__file__).with_name("bits_back_images.csv")
PICTURE = ROOT / "images" / "gallery" / "bits_back.png"
RUNS = {
    "binary MNIST": "binary-MNIST-VAE",
    "binary MNIST, convolutions": "binary-MNIST-VAE-conv",
    "MNIST": "MNIST-8-bit-VAE",
    "MNIST, one scale": "MNIST-8-bit-one-scale",
}
PUBLISHED = published_texts("bits_back")  # bits per pixel
SAMPLES = 20  # of the posterior, of each image
RESTORE = (
    "import sys, pathlib, hashlib, vae_tf\n"
    "folder, file = sys.argv[1:]\n"
    "images = vae_tf.decompress(pathlib.Path(file).read_bytes(), vae_tf.load_run(folder))\n"
    "print(hashlib.sha256(images.tobytes()).hexdigest())"
)


def test_images(name: str) -> np.ndarray:
    """The 10,000 test images: bool where they are binary, else uint8."""
    binary = name.startswith("binary")
    images = data.load("mnist_binary" if binary else "mnist", "test")
    values = images.images(np.arange(len(images)))
    return values > 0.5 if binary else np.rint(255 * values).astype(np.uint8)


def restored_elsewhere(run, content: bytes, images: np.ndarray):
    """Restores a file in another process.

    Raises:
        RuntimeError: If the images are not the given ones.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.vae"
        file.write_bytes(content)
        command = [sys.executable, "-c", RESTORE, str(run.path), str(file)]
        restored = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    if restored.stdout.split()[-1] != hashlib.sha256(images.tobytes()).hexdigest():
        raise RuntimeError("Another process restored other images.")


def negative_elbo_bits(model, images: np.ndarray) -> np.ndarray:
    """-ELBO of each image in bits `[N]`, the average of 20 samples of its posterior."""
    parts = [images[start : start + 500] for start in range(0, len(images), 500)]
    nats = [model.log_importance_weights(part, SAMPLES).mean(axis=0) for part in parts]
    return -np.concatenate(nats).astype(float) / np.log(2)


def by_run(name: str, run, images: np.ndarray) -> tuple[list[dict], list[dict]]:
    """Row of the run's rate, and rows of images."""
    compressed = compress_images(run.model, images, run.name, progress=True)
    rate = rate_of(compressed.content)
    restored_elsewhere(run, compressed.content, images)
    elbo = negative_elbo_bits(run.model, images)
    row = {
        "data": name,
        "coder": "bits-back",
        "files": "one",
        "num_images": len(images),
        "bytes": rate.num_bytes,
        "bits_per_pixel": f"{rate.num_bits / images.size:.4f}",
        "negative_elbo": f"{elbo.sum() / images.size:.4f}",
        "initial_bits": rate.initial_bits,
        "kl_bits": f"{np.mean([each.kl for each in compressed.images]):.2f}",
        "reconstruction_bits": f"{np.mean([b.reconstruction for b in compressed.images]):.2f}",
        "step": run.details["step"],
    }
    every = range(0, len(images), 10)
    rows = [
        {
            "data": name,
            "image": i,
            "kl": compressed.images[i].kl,
            "reconstruction": compressed.images[i].reconstruction,
            "negative_elbo": f"{elbo[i]:.1f}",
        }
        for i in every
    ]
    return [row], rows


def keep(path: Path, rows: list[dict], keys: tuple[str, ...]):
    """Writes rows to a file, in the place of those with the same values of the keys."""
    found = {tuple(str(row[key]) for key in keys): row for row in [*read_rows(path), *rows]}
    write_rows(path, list(next(iter(found.values()))), found.values())


def packed(images: np.ndarray) -> bytes:
    """Pixels as bytes; eight to a byte where they are binary."""
    return (np.packbits(images) if images.dtype == bool else images).tobytes()


def in_format(picture: np.ndarray, form: str) -> bytes | None:
    """A picture `[H, W]` in a lossless format, None where Pillow cannot restore it."""
    image = Image.fromarray(picture)
    options = {
        "png": {"optimize": True},
        "webp": {"lossless": True, "quality": 100, "method": 6},
        "avif": {"quality": 100, "subsampling": "4:0:0", "speed": 4},
    }[form]
    if form != "png":
        image = image.convert("L")
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    back = np.asarray(Image.open(buffer).convert(image.mode))
    return buffer.getvalue() if np.array_equal(back, np.asarray(image)) else None


def general_coders() -> dict:
    """Name -> function from bytes to bytes."""
    coders = {
        "gzip": lambda content: gzip.compress(content, 9, mtime=0),
        "bzip2": bz2.compress,
        "xz": lambda content: lzma.compress(content, preset=9 | lzma.PRESET_EXTREME),
    }
    program = shutil.which("zstd")
    if program is None:
        return coders

    def zstd(content):
        command = [program, "-19", f"--stream-size={len(content)}", "-c"]
        return subprocess.run(command, input=content, capture_output=True, check=True).stdout

    return coders | {"zstd": zstd}


def by_others(name: str, images: np.ndarray) -> list[dict]:
    """Rows of other coders: one file for all images, and one for each of every tenth."""
    sides = images.shape[1:3]
    mosaic = images[..., 0].reshape(-1, 100, *sides).transpose(0, 2, 1, 3).reshape(-1, 2_800)
    few = images[::10]
    rows = []

    def add(coder, files, contents, count):
        if any(content is None for content in contents):
            print(f"{name}: {coder} is not lossless, left out.")
            return
        size = sum(map(len, contents))
        bits = f"{8 * size / (count * np.prod(sides)):.4f}"
        rows.append(
            {"data": name, "coder": coder, "files": files, "num_images": count, "bytes": size}
            | {"bits_per_pixel": bits}
        )

    for form in ("png", "webp", "avif"):
        add(form, "one", [in_format(mosaic, form)], len(images))
        add(form, "each", [in_format(image[..., 0], form) for image in few], len(few))
    for coder, function in general_coders().items():
        add(coder, "one", [function(packed(images))], len(images))
        add(coder, "each", [function(packed(image)) for image in few], len(few))
    return rows


def table(rows: list[dict]) -> str:
    """The tables as Markdown."""
    found = {row["data"]: row for row in rows if row["coder"] == "bits-back"}
    ours = {name: found[name] for name in RUNS if name in found}
    lines = [
        "| test images | bits per pixel | -ELBO, bits per pixel | difference, % | KL, bits per "
        "image | reconstruction, bits per image | initial bits, once | published |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in ours.items():
        rate, bound = float(row["bits_per_pixel"]), float(row["negative_elbo"])
        cells = [name, f"{rate:.4f}", f"{bound:.4f}", f"{100 * (rate / bound - 1):+.2f}"]
        cells += [row["kl_bits"], row["reconstruction_bits"], row["initial_bits"]]
        lines.append(f"| {' | '.join([*cells, PUBLISHED.get(name, '')])} |")
    head = [f"{name}, {files}" for name in PUBLISHED for files in ("one file", "a file per image")]
    lines += ["", f"| coder | {' | '.join(head)} |", f"| --- |{' --- |' * len(head)}"]
    found = {(r["coder"], r["data"], r["files"]): float(r["bits_per_pixel"]) for r in rows}
    for coder in dict.fromkeys(row["coder"] for row in rows):
        cells = [
            f"{found[coder, name, files]:.3f}" if (coder, name, files) in found else ""
            for name in PUBLISHED
            for files in ("one", "each")
        ]
        lines.append(f"| {coder} | {' | '.join(cells)} |")
    return "\n".join(lines)


def picture(rows: list[dict]):
    """Bits of each image, sorted, and the images at the ends and in the middle."""
    width, height, across = 520, 300, 90
    page = Page(
        2 * width + across + 60,
        height + 150,
        "Bits of each image: the code's part and the pixels' part",
        (
            "Every tenth of the 10,000 test images of MNIST, sorted by their bits. The part of the "
            "code is its KL divergence: bits that are pushed less bits that come back.",
            "Below: the images at these ranks.",
        ),
    )
    for index, name in enumerate(PUBLISHED):
        mine = [row for row in rows if row["data"] == name]
        mine.sort(key=lambda row: int(row["kl"]) + int(row["reconstruction"]))
        kl = np.array([int(row["kl"]) for row in mine])
        all_bits = kl + [int(row["reconstruction"]) for row in mine]
        left, top = MARGIN + 60 + index * (width + across), page.top + 30
        axes = page.chart(
            left, top, width, height, title=name, xlabel="share of the images", ylabel="bits"
        )
        ranks = np.arange(len(mine)) / len(mine)
        axes.fill_between(ranks, 0, kl, color=BLUE, lw=0, label="code (KL)")
        axes.fill_between(ranks, kl, all_bits, color=ORANGE, lw=0, label="pixels (reconstruction)")
        axes.set_xlim(0, 1)
        axes.set_ylim(0)
        axes.legend(fontsize=points(12), labelcolor=INK, frameon=False, loc="upper left")
        images = test_images(name)
        for place in np.linspace(0.01, 0.99, 8):
            image = images[int(mine[int(place * len(mine))]["image"]), ..., 0]
            shown = np.repeat(np.repeat(255 - image * np.uint8(255 // image.max()), 2, 0), 2, 1)
            shown = np.repeat(shown[..., None], 3, axis=-1).astype(np.uint8)
            page.picture(left + place * (width - 60), top + height + 50, shown, f"{place:.2f}")
    PICTURE.parent.mkdir(exist_ok=True, parents=True)
    save_figure(PICTURE, page.figure)


def main():
    """Measures, draws and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="*", help="rows to measure: " + "; ".join(RUNS))
    parser.add_argument("--table", action="store_true", help="measure nothing")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    if not options.table:
        for name in options.data or RUNS:
            values = test_images(name)
            rows, images = by_run(name, vae_tf.load_run(options.predictions / RUNS[name]), values)
            if name in PUBLISHED:
                keep(IMAGES, images, ("data", "image"))
                rows += by_others(name, values)
            keep(ROWS, rows, ("data", "coder", "files"))
        picture(read_rows(IMAGES))
    print(table(read_rows(ROWS)))


if __name__ == "__main__":
    main()
