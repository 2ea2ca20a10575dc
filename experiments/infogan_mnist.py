"""The MNIST result of the InfoGAN paper: `python experiments/infogan_mnist.py`.

Trains the preset `MNIST-InfoGAN` and asks it what the paper asked (Chen et al. 2016, Sec. 7.2): do
the ten classes of its categorical code become the ten digits, and what do its two continuous codes
change? Each class is matched to the digit that most of its training images show; its accuracy is
the share of test images whose class is matched to their digit (95 % in the paper).

The networks are a quarter as wide as the paper's, so that two slow cores take minutes; `--full`
has the paper's. Restartable: a training that was stopped resumes, one that is done is measured
again. The result is experiments/infogan_mnist/SEED.json, the picture SEED.png beside it; run
folders are in predictions-study/.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from published_numbers import published_texts  # noqa: E402

from vae_tf import data  # noqa: E402
from vae_tf.models.template.codes import encode_images  # noqa: E402
from vae_tf.plots.grids import image_grid  # noqa: E402
from vae_tf.plots.page import MARGIN, Page  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

RESULTS = Path(__file__).with_suffix("")
PUBLISHED = float(published_texts("infogan_mnist")["classes"]) / 100
CLASSES = 10
NARROW = "encoder=((16, 4, 2), (32, 4, 2), (256,))"
# Beyond what the codes were trained on, -1 to 1, as in the paper's Figure 2.
WIDEST = 2.0
_COLUMNS = 9
_TILE = 28


def classes_of(model, images) -> np.ndarray:
    """The likeliest class `[N]` of each image of a set, by the recognition network."""
    mean, _ = encode_images(model, images.images, np.arange(len(images)))
    return mean[:, :CLASSES].argmax(axis=1)


def match(classes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The digit `[10]` that most images of each class show.

    Example:
        >>> match(np.array([0, 0, 0, 1]), np.array([7, 7, 3, 5]))[:2].tolist()
        [7, 5]
    """
    counts = np.zeros((CLASSES, 10), int)
    np.add.at(counts, (classes, labels), 1)
    return counts.argmax(axis=1)


def draw(model, digits: np.ndarray, accuracy: float, notes: tuple[str, ...]) -> Figure:
    """A row a class, sorted by digit; from left to right each continuous code in turn."""
    rng = np.random.default_rng(0)
    noise = model.sample_prior(CLASSES, rng)[:, CLASSES:]
    order = np.argsort(digits, kind="stable")
    values = np.linspace(-WIDEST, WIDEST, _COLUMNS)
    pictures = []
    for code in range(2):
        z = np.zeros((CLASSES, _COLUMNS, model.latent_size), "float32")
        z[:, :, :CLASSES] = np.eye(CLASSES)[order][:, None]
        z[:, :, CLASSES:] = noise[:, None]  # of a row the same noise
        z[:, :, CLASSES : CLASSES + 2] = 0.0
        z[:, :, CLASSES + code] = values
        images = model.decode(z.reshape(-1, model.latent_size))
        pictures.append(image_grid(images, _COLUMNS, tile=2 * _TILE, background=0.5))
    height, width = pictures[0].shape[:2]
    left = 80
    title = f"{100 * accuracy:.1f} % of the test digits are in the class of their kind"
    page = Page(left + 2 * width + 30, height + 30, title, notes)
    for code, picture in enumerate(pictures):
        start = MARGIN + left + code * (width + 30)
        page.text(start, page.top, f"continuous code {code + 1}, from {-WIDEST:g} to {WIDEST:g}")
        page.picture(start, page.top + 26, picture, f"code {code + 1}")
    row = height / CLASSES
    for index, digit in enumerate(digits[order]):
        middle = page.top + 26 + (index + 0.5) * row
        page.text(MARGIN, middle, f"a {digit}", size=15, va="center")
    return page.figure


def main():
    """Trains or resumes, measures and draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="networks as wide as the paper's")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    options = parser.parse_args()
    name = f"{options.seed}-full" if options.full else f"{options.seed}"
    folder = options.predictions / f"MNIST-InfoGAN-seed-{name}"
    command = [sys.executable, ROOT / "train.py", "MNIST-InfoGAN", "--name", folder.name]
    command += ["--predictions", options.predictions, "--set", f"seed={options.seed}"]
    command += [] if options.full else ["--set", NARROW]
    command += ["--resume"] if (folder / "params.json").exists() else []
    if (code := subprocess.run(command).returncode) != 0:
        sys.exit(code)
    run = Run(folder)
    train, test = (data.load("mnist", split) for split in ("train", "test"))
    digits = match(classes_of(run.model, train), train.labels)
    classes = classes_of(run.model, test)
    right = digits[classes] == test.labels
    by_digit = {
        str(digit): round(float(right[test.labels == digit].mean()), 4) for digit in range(10)
    }
    accuracy = float(right.mean())
    result = {
        "run": "MNIST-InfoGAN",
        "seed": options.seed,
        "steps": int(run.model.step),
        "encoder": run.params.encoder,
        "num_images": len(test),
        "accuracy": accuracy,
        "published": PUBLISHED,
        "digit_of_class": digits.tolist(),
        "accuracy_by_digit": by_digit,
        "digits_without_a_class": sorted(set(range(10)) - set(digits.tolist())),
    }
    RESULTS.mkdir(exist_ok=True)
    write_text(RESULTS / f"{name}.json", json.dumps(result, indent=1) + "\n")
    notes = (
        f"MNIST-InfoGAN, seed {options.seed}, step {int(run.model.step):,}; published: "
        f"{100 * PUBLISHED:.0f} %",
        "A row is a class, named after the digit that most of its training images show; of a row "
        "all noise is the same, and the other code is 0",
    )
    save_figure(RESULTS / f"{name}.png", draw(run.model, digits, accuracy, notes))
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
