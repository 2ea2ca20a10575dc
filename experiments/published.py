"""Published trainings at their published lengths: `python experiments/published.py [ROW ...]`.

Each row of `ROWS` is a training of somebody else's code with the settings that it has there, on
the images that it has there, and the terms that it reports: averages over its last epoch of
training. Here they are averages over the rows of log.csv in an epoch.

Restartable: a training that was stopped resumes. Run folders are in predictions-study/; the curves,
a row an epoch, are written to experiments/published/ROW.csv (`--table` trains nothing). The folder
also has hours.csv, hours on one thread, noted from the clock of the runs. Published numbers of some
epochs are in experiments/published_numbers.csv. `python experiments/tables.py` makes the tables.

The numbers of disentangling-vae are in results/*/train_losses.log of its repository (commit
f045219): VAE_mnist, betaH_mnist, betaB_mnist, factor_mnist and VAE_dsprites. Its epochs begin at 0,
ours at 1. `--theirs results/VAE_mnist/train_losses.log` compares the curve of the longest row with
the published one and writes parted.csv.
"""

import argparse
import csv
import dataclasses
import io
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

from csv_rows import read_rows, write_rows  # noqa: E402
from page_tables import markdown  # noqa: E402
from published_numbers import published_rows  # noqa: E402

from vae_tf.process import scripts  # first, see there  # noqa: E402

# isort: split
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from vae_tf import data, runs  # noqa: E402
from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.presets.sprites import MUON  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.schedules import falling  # noqa: E402

CURVES = Path(__file__).with_suffix("")

# Epochs, first and last, over which the two curves of the longest row are compared.
LONGEST = "disentangling-vae-VAE"
PARTS = ((15, 50), (51, 100), (101, 200), (201, 300), (301, 350), (351, 400), (15, 400))
PARTED = CURVES / "parted.csv"
RECIPE = "-recipe"  # ends the names of trainings by the recipe of our presets
COLUMNS = ("first", "last", "term", "mean", "error")
TERMS = ("reconstruction", "kl", "sum")


@dataclasses.dataclass(frozen=True)
class Row:
    """A published training.

    Attributes:
        params: Its settings; `steps` is left open.
        images: "all" for training and test images together, "train" for the training images.
        epochs: The length of the run here.
        epoch_steps: Updates of an epoch.
        he_weights: Whether all layers begin as He et al. 2015 have it, and not as Keras does.
    """

    params: Params
    images: str
    epochs: int
    epoch_steps: int
    he_weights: bool = False


# disentangling-vae (Dubois et al. 2019; hyperparam.ini and results/*_mnist of its repository):
# MNIST at 32x32, the network of Burgess et al. 2018, a loss logged every 50 updates. Its images are
# resized by two pixels in each direction, as Pillow's BILINEAR does it. The pixels of such an image
# have 96.2 nats of entropy, a bound of the reconstruction; with LANCZOS, which `image_size` uses,
# they have 79.7 (the first 2,000 training images).
_disentangling_vae = Params(
    dataset="mnist",
    image_size=32,
    encoder=((32, 4, 2), (32, 4, 2), (32, 4, 2), (256,), (256,)),
    latent_size=10,
    initializer="glorot",
    output_bias="initializer",
    batch_size=64,
    learning_rate=5e-4,
    kl_weight="linear(0, 1, 10000)",
    log_every=50,
    validate_every=4_690,
    sample_every=4_690,
    checkpoint_every=938,
)

ROWS = {
    # keras.io/examples/generative/vae: its Colab output at epoch 30.
    "keras-tutorial": Row(
        Params(
            dataset="mnist",
            encoder=((32, 3, 2), (64, 3, 2), (16,)),
            decoder=((64, 3, 2), (32, 3, 2), (1, 3, 1)),
            latent_size=2,
            initializer="glorot",
            output_bias="initializer",
            batch_size=128,
            learning_rate=1e-3,
            log_every=5,
            validate_every=5_470,
            sample_every=5_470,
        ),
        "all",
        30,
        547,
    ),
    "disentangling-vae-VAE": Row(_disentangling_vae, "train", 400, 938),
    "disentangling-vae-beta-VAE": Row(
        replace(_disentangling_vae, model="beta_vae", kl_weight="linear(0, 4, 10000)"),
        "train",
        400,
        938,
    ),
    "disentangling-vae-capacity": Row(
        replace(
            _disentangling_vae,
            model="capacity_vae",
            kl_weight=1.0,
            hyper={"gamma": 100.0, "capacity": "linear(0, 25, 100000)"},
            learning_rate=1e-3,
        ),
        "train",
        400,
        938,
    ),
    # Their batches of 128 are halved: one half for the VAE, the other for the discriminator.
    "disentangling-vae-FactorVAE": Row(
        replace(
            _disentangling_vae,
            model="factor_vae",
            kl_weight=1.0,
            hyper={"gamma": 6.0, "discriminator_learning_rate": 5e-5},
            learning_rate=1e-4,
        ),
        "train",
        800,
        469,
        he_weights=True,
    ),
    # Theirs is dSprites, ours this package's sprites: the same factors, drawn anew.
    "disentangling-vae-sprites-VAE": Row(
        replace(
            _disentangling_vae,
            dataset="sprites",
            image_size=None,
            encoder=((32, 4, 2), (32, 4, 2), (32, 4, 2), (32, 4, 2), (256,), (256,)),
            sample_every=11_520,
            checkpoint_every=1_000,
        ),
        "train",
        30,
        11_520,
    ),
}
# The effect of initial weights on the first epochs: theirs are He et al.'s.
for _name in ("disentangling-vae-VAE", "disentangling-vae-sprites-VAE"):
    ROWS[f"{_name}-He"] = dataclasses.replace(ROWS[_name], he_weights=True)


# The same models by the recipe of our presets, in a tenth of the steps: He's weights, the mean
# image as output bias, a rate that falls to 0, and a constant KL weight. Model -> its changes.
_recipe = replace(
    _disentangling_vae,
    kl_weight=1.0,
    initializer="he",
    output_bias="mean",
    learning_rate=falling(2e-3),
)
_BY_RECIPE = {
    "VAE": {},
    "beta-VAE": {"model": "beta_vae", "kl_weight": 4.0},
    "capacity": {
        "model": "capacity_vae",
        "hyper": {"gamma": 100.0, "capacity": "linear(0, 25, 10000)"},
    },
    "VAE-Muon": {"optimizer": MUON, "learning_rate": falling(4e-3)},
    # Their default is the stratified estimate, ours the weighted one.
    "beta-TCVAE": {"model": "beta_tcvae", "hyper": {"beta": 6.0, "estimator": "stratified"}},
    "FactorVAE": {
        "model": "factor_vae",
        "hyper": {"gamma": 6.0, "discriminator_learning_rate": 5e-4},
        "learning_rate": falling(1e-3),
    },
}
for _name, _changes in _BY_RECIPE.items():
    _halves = 2 if _name == "FactorVAE" else 1  # its epochs have half the steps
    ROWS[f"disentangling-vae-{_name}{RECIPE}"] = Row(
        replace(_recipe, **_changes), "train", 40 * _halves, 938 // _halves
    )
# The presets of sprites have Muon. The run has 4 of the 30 published epochs.
ROWS["disentangling-vae-sprites-VAE-Muon"] = Row(
    replace(
        ROWS["disentangling-vae-sprites-VAE"].params,
        kl_weight=1.0,
        initializer="he",
        output_bias="mean",
        optimizer=MUON,
        learning_rate=falling(4e-3),
    ),
    "train",
    4,
    11_520,
)


def train(name: str, row: Row, predictions: Path):
    """Trains a row, or continues with it."""
    from vae_tf.training import train

    params = replace(row.params, steps=row.epochs * row.epoch_steps)
    images = None  # what the name says
    if params.dataset == "mnist":
        images = tuple(data.load("mnist", split) for split in (row.images, "test"))
    if params.image_size:
        images = tuple(blurred(each, params.image_size) for each in images)
    folder = predictions / name
    resume = (folder / runs.PARAMS).exists()
    own = {}
    if row.he_weights and not resume:
        shape = data.load(params.dataset).image_shape if images is None else images[0].shape[1:]
        own = dict(zip(("encoder", "decoder"), he_networks(params, shape), strict=True))
    train(params, folder, resume, data=images, progress=True, **own)


def he_networks(params: Params, image_shape: tuple[int, ...]):
    """Encoder and decoder whose kernels are drawn as He et al. 2015 have it, uniformly, Eq. 10."""
    from keras.initializers import VarianceScaling

    from vae_tf.networks.builders import build_networks

    networks = build_networks(params, image_shape)
    layers = [layer for network in networks for layer in network.layers if layer.weights]
    for seed, layer in enumerate(layers):
        initializer = VarianceScaling(2.0, "fan_in", "uniform", seed=seed)
        layer.kernel.assign(initializer(layer.kernel.shape))
    return networks


def blurred(images: data.ImageSet, side: int) -> np.ndarray:
    """All images, `[N, side, side, 1]` in [0, 1], each pixel between its nearest of the image."""
    size = (side, side)
    pixels = np.empty((len(images), *size, 1), np.float32)
    for row in range(len(images)):
        image = Image.fromarray(np.rint(255 * images.images([row])[0, :, :, 0]).astype(np.uint8))
        pixels[row, :, :, 0] = np.asarray(image.resize(size, Image.Resampling.BILINEAR)) / 255
    return pixels


def curve(row: Row, run: Run) -> list[tuple[int, float, float]]:
    """Epoch, reconstruction and KL, each averaged over the logged updates of a whole epoch."""
    log = run.history
    epochs = []
    for epoch in range(int(log["step"][-1]) // row.epoch_steps):
        within = log["step"] // row.epoch_steps == epoch
        epochs.append((epoch + 1, *(log[name][within].mean() for name in ("reconstruction", "kl"))))
    return epochs


def save_curve(name: str, folder: Path):
    """Writes the curve of a run, as far as it is, to experiments/published/."""
    if not (folder / runs.PARAMS).exists():
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", "reconstruction", "kl"])
    for epoch, reconstruction, kl in curve(ROWS[name], Run(folder)):
        writer.writerow([epoch, f"{reconstruction:.2f}", f"{kl:.2f}"])
    write_text(CURVES / f"{name}.csv", text.getvalue())


def read_curve(name: str) -> dict[int, np.ndarray]:
    """Epoch -> reconstruction and KL, `[2]`, of a row here; empty if it was not trained."""
    rows = read_rows(CURVES / f"{name}.csv")
    return {int(r["epoch"]): np.array([r["reconstruction"], r["kl"]], float) for r in rows}


def read_theirs(name: str, what: str = "published") -> dict[int, np.ndarray]:
    """Epoch -> published reconstruction and KL, `[2]`, of some epochs.

    `what="published_means"` has averages of the last 20 epochs, under the last one.
    """
    terms: dict[int, list[float]] = {}
    for row in published_rows(what):
        if row["row"] == name.removesuffix("-He").removesuffix(RECIPE).removesuffix("-Muon"):
            terms.setdefault(int(row["epoch"]), []).append(float(row["value"]))
    return {epoch: np.array(both) for epoch, both in terms.items()}


def table() -> str:
    """The last epoch of each row beside the same epoch of the published training, as Markdown."""
    heads = ["training", "epochs here", "published then", "here", "here less published"]
    heads += ["published at the end", "hours on one thread"]
    lines, hours = [], _hours()
    for name in ROWS:
        ours, theirs = read_curve(name), read_theirs(name)
        if not ours or name.endswith(RECIPE):
            continue
        last = max(ours)
        published = max(theirs)
        cells = [f"`{name}`", f"{last} of {published}", _terms(theirs[last]), _terms(ours[last])]
        cells.append(f"{(ours[last] - theirs[last]).sum():+.2f}")
        cells += [_terms(theirs[published]), hours.get(name, "")]
        lines.append(cells)
    return markdown(heads, lines)


class ByRecipe(NamedTuple):
    """The end of a training by our recipe: averages of our last 5 and their last 20 epochs.

    Attributes:
        name: Name of its row.
        epochs: Our epochs and theirs.
        ours: Reconstruction and KL, `[2]`.
        theirs: Reconstruction and KL, `[2]`, as published.
        weight: KL weight of the loss, reconstruction + weight x KL.
    """

    name: str
    epochs: tuple[int, int]
    ours: np.ndarray
    theirs: np.ndarray
    weight: float

    @property
    def losses(self) -> tuple[float, float]:
        """Our loss and theirs."""
        return self.ours @ (1, self.weight), self.theirs @ (1, self.weight)


def by_recipe() -> list[ByRecipe]:
    """The trainings by our recipe that have a curve."""
    found = []
    for name, row in ROWS.items():
        curve_here = read_curve(name)
        if not curve_here or not name.endswith(RECIPE):
            continue
        ((published_epochs, theirs),) = read_theirs(name, "published_means").items()
        ours = np.mean([curve_here[epoch] for epoch in sorted(curve_here)[-5:]], axis=0)
        weight = float(str(row.params.kl_weight))
        found.append(ByRecipe(name, (max(curve_here), published_epochs), ours, theirs, weight))
    return found


def table_by_recipe() -> str:
    """The end of each training by our recipe beside the end of the published one, as Markdown."""
    heads = ["training", "epochs", "published epochs", "here", "published", "KL weight"]
    heads += ["loss, here less published", "hours on one core"]
    lines, hours = [], _hours()
    for row in by_recipe():
        ours, theirs = row.losses
        cells = [f"`{row.name}`", *map(str, row.epochs), _terms(row.ours), _terms(row.theirs)]
        cells += [f"{row.weight:g}", f"{ours - theirs:+.2f}", hours.get(row.name, "")]
        lines.append(cells)
    return markdown(heads, lines)


def _hours() -> dict[str, str]:
    """Training -> hours on one thread, where they were noted."""
    return {row["training"]: row["hours"] for row in read_rows(CURVES / "hours.csv")}


def _terms(terms: np.ndarray) -> str:
    return "{:.2f} + {:.2f}".format(*terms)


def save_parts(log: Path):
    """Writes the longest row less the published curve: means of epochs, standard errors.

    Args:
        log: `results/VAE_mnist/train_losses.log` of disentangling-vae, whose epochs begin at 0.
    """
    with log.open(newline="") as file:
        losses = {(int(r["Epoch"]), r["Loss"]): float(r["Value"]) for r in csv.DictReader(file)}
    ours, rows = read_curve(LONGEST), []
    for first, last in PARTS:
        epochs = range(first, last + 1)
        theirs = [[losses[n - 1, name] for name in ("recon_loss", "kl_loss")] for n in epochs]
        parted = np.array([ours[n] for n in epochs]) - theirs  # [epochs, 2]
        parted = np.column_stack([parted, parted.sum(axis=1)])
        errors = parted.std(axis=0, ddof=1) / len(parted) ** 0.5
        for term, mean, error in zip(TERMS, parted.mean(axis=0), errors, strict=True):
            rows.append(
                dict(zip(COLUMNS, (first, last, term, f"{mean:.4f}", f"{error:.4f}"), strict=True))
            )
    write_rows(PARTED, COLUMNS, rows)


def table_of_parts() -> str:
    """The rows of `save_parts` as Markdown."""
    groups: dict[str, list[str]] = {}
    for row in read_rows(PARTED):
        cell = f"{float(row['mean']):+.2f} ± {float(row['error']):.2f}"
        groups.setdefault(f"{row['first']} to {row['last']}", []).append(cell)
    heads = ["epochs", "reconstruction", "KL", "sum"]
    return markdown(heads, [[epochs, *cells] for epochs, cells in groups.items()])


def main():
    """Trains what is asked for and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="ROW", help=f"some of {', '.join(ROWS)}")
    parser.add_argument("--table", action="store_true", help="train nothing")
    parser.add_argument(
        "--theirs", type=Path, help="the published log of the longest row; train nothing"
    )
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    options = parser.parse_args()
    if unknown := set(options.names) - set(ROWS):
        parser.error(f"Expected rows of {', '.join(ROWS)}. Received: {', '.join(unknown)}")
    names = options.names or list(ROWS)
    if options.theirs:
        save_parts(options.theirs)
        print(table_of_parts())
        return

    def work() -> int:
        for name in names:
            try:
                if not options.table:
                    train(name, ROWS[name], options.predictions)
            finally:
                save_curve(name, options.predictions / name)
        print(table(), table_by_recipe(), sep="\n\n")
        return 0

    going_on = "Everything written is complete. The same command continues."
    sys.exit(scripts.answer("published.py", work, lambda: going_on))


if __name__ == "__main__":
    main()
