"""Published numbers beside ours: the table of RESULTS.md."""

import dataclasses
import json
import statistics
from collections.abc import Callable

import bits_back
import csv_rows
import few_labels_seeds
import infogan_mnist
import mnist_likelihood
import not_miwae
import page_tables
import pixel_cnn_tables
import published
import sprites_scores
from published_numbers import published_rows, published_texts

_LIKELIHOOD = "negative_log_likelihood"
_CAPACITY = "CapacityVAE"  # published: the capacity rises in 100,000 steps


@dataclasses.dataclass(frozen=True)
class Row:
    """A published number and ours.

    Args:
        what: Training, data and number.
        page: Page of docs/results/.
        published: Text of the published number.
        ours: Returns our number for each seed.
        digits: Decimals of our number.
        higher_is_better: Whether a higher number is better.
        differs: Conditions that differ beyond seeds and length.
    """

    what: str
    page: str
    published: str
    ours: Callable[[], list[float]]
    digits: int
    higher_is_better: bool = False
    differs: str = ""

    def cells(self) -> list[str]:
        """Cells of the row."""
        ours, theirs = self.ours(), float(self.published.partition(" ")[0])
        gap = round(statistics.mean(ours), self.digits) - theirs
        gap = -gap if self.higher_is_better else gap
        reached = "yes" if gap <= 0 else f"no, by {gap:.{self.digits}f}"
        name, _, number = self.what.partition(": ")
        return [
            f"[{name}](docs/results/{self.page}.md): {number}",
            self.published,
            page_tables.spread(ours, self.digits),
            str(len(ours)),
            reached,
            self.differs,
        ]


def _row_of_100_labels(title: str, name: str, published: str, epochs: str) -> Row:
    """A run of experiments/few_labels.json; `epochs`: the number of published epochs."""
    curve = page_tables.read_json("few_labels")[name]
    differs = f"{curve['epoch'][-1]:.0f} of {epochs} epochs"
    if "grey_test_error" in curve:
        differs += f"; {curve['grey_test_error']:.1f} % on grey images"
    return Row(
        f"{title}, 100 labels: test error, %",
        "few_labels",
        published,
        lambda: [curve["test_error"][-1]],
        1,
        differs=differs,
    )


def _squared_error() -> list[float]:
    rows = csv_rows.read_rows(page_tables.SUMMARY)
    return [float(row["mse"]) for row in rows if row["run"] == "MNIST-AE"]


def _sum_of_terms(name: str) -> list[float]:
    """Reconstruction + KL of the last epoch here."""
    curve = published.read_curve(name)
    return [float(curve[max(curve)].sum())]


def _published_sum(name: str) -> str:
    rows = published_rows("published")
    last = max(int(row["epoch"]) for row in rows if row["row"] == name)
    terms = [float(r["value"]) for r in rows if (r["row"], r["epoch"]) == (name, str(last))]
    return f"{sum(terms):.2f}"


def _log_likelihood(name: str, num_images: int) -> list[float]:
    """-log p(x) after the longest training."""
    paths = mnist_likelihood.RESULTS.glob(f"{name}-[0-9]*-{num_images}-images-*.json")
    records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    longest = max(records, key=lambda record: record["steps"])
    return [longest[_LIKELIHOOD]]


def _row_of_pixel_cnn() -> Row:
    measured = csv_rows.read_rows(pixel_cnn_tables.LIKELIHOODS)[-1]
    return Row(
        "PixelVAE, binary MNIST: -log p(x)",
        "pixel_cnn",
        published_texts("pixel_cnn")["binary-MNIST-PixelCNN"],
        lambda: [float(measured[_LIKELIHOOD])],
        2,
        differs=f"smaller networks; {int(measured['images']):,} test images",
    )


def _row_of_not_miwae(dataset: str, decoder: str) -> Row:
    """A row of the longest trainings, where large values are known to be missing."""
    setting = dataset, decoder, "self_masking_high"
    rows = csv_rows.read_rows(not_miwae.ROWS)
    rows = [r for r in rows if tuple(r[n] for n in not_miwae.SETTING[:4]) == (*setting, "")]
    steps = max(int(row["steps"]) for row in rows)
    kind, stddev = "linear decoder", ""  # the authors' has one standard deviation, too
    if decoder == "two layers":
        kind = "decoder of two layers"
        stddev = "; the decoder has one standard deviation for all values"
    return Row(
        f"not-MIWAE on the table {dataset} ({kind}; the model knows that large values are "
        "missing): RMSE",
        "imputation",
        not_miwae.PUBLISHED[setting],
        lambda: [float(row["rmse"]) for row in rows if int(row["steps"]) == steps],
        2,
        differs=f"{steps:,} instead of 100,000 steps; batches of 64 rows instead of 16; 5 samples "
        f"instead of 20{stddev}",
    )


def _score_of_preset(model: str, score: str) -> list[float]:
    """A score of each seed of today's preset on sprites."""
    rows = csv_rows.read_rows(sprites_scores.ROWS)
    return [float(row[score]) for row in rows if row["model"] == model]


def _rows_of_sprites() -> list[Row]:
    """Rows of today's presets on sprites."""
    conditions = "our sprites, other networks and classifier, 5,000 steps"
    published_scores = {
        (row["row"], row["quantity"]): row["value"] for row in published_rows("sprites_scores")
    }
    rows = [
        Row(
            f"{title}, sprites: beta-VAE score, %",
            "beta_vae_table",
            published_scores[model, "beta-VAE score, %"],
            lambda model=model: [100 * x for x in _score_of_preset(model, "beta-VAE score")],
            1,
            higher_is_better=True,
            differs=conditions,
        )
        for title, model in (("VAE", "VAE"), ("beta-VAE 4", "beta-VAE"))
    ]
    return [
        *rows,
        Row(
            "FactorVAE, sprites: FactorVAE score",
            "beta_vae_table",
            published_scores["FactorVAE", "FactorVAE score"],
            lambda: _score_of_preset("FactorVAE", "FactorVAE"),
            2,
            higher_is_better=True,
            differs="our sprites, 5,000 steps",
        ),
        Row(
            "beta-TCVAE, sprites: MIG",
            "beta_vae_table",
            published_scores["beta-TCVAE", "MIG"],
            lambda: _score_of_preset("beta-TCVAE", "MIG"),
            2,
            higher_is_better=True,
            differs="our sprites, 5,000 steps; our MIG uses 20 bins, and shape is one "
            "of its factors",
        ),
    ]


def _bits_per_pixel(name: str) -> list[float]:
    rows = csv_rows.read_rows(bits_back.ROWS)
    return [
        float(row["bits_per_pixel"])
        for row in rows
        if (row["data"], row["coder"], row["files"]) == (name, "bits-back", "one")
    ]


def _accuracy_of_infogan() -> list[float]:
    paths = infogan_mnist.RESULTS.glob("[0-9]*.json")
    records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return [100 * record["accuracy"] for record in records]


def _row_by_recipe(training: published.ByRecipe) -> Row:
    ours, theirs = training.losses
    name = training.name.removesuffix(published.RECIPE).removeprefix("disentangling-vae-")
    name = name.replace("capacity", _CAPACITY).replace("VAE-Muon", "VAE (ours trained with Muon)")
    here, there = training.epochs
    differs = f"settings of our presets; {here} of {there} epochs"
    if name == _CAPACITY:
        differs += "; the capacity rises in 10,000 instead of 100,000 steps"
    return Row(
        f"disentangling-vae, {name} on MNIST: mean loss over the last epochs (5 of ours, 20 of "
        "theirs)",
        "published_lengths",
        f"{theirs:.2f}",
        lambda: [ours],
        2,
        differs=differs,
    )


def _rows() -> list[Row]:
    likelihoods, errors = published_texts("mnist_likelihood"), published_texts("few_labels")
    bits = published_texts("bits_back")
    return [
        Row(
            "autoencoder, MNIST: squared error per pixel",
            "mnist_vae",
            published_texts("gallery")["MNIST-AE"],
            _squared_error,
            4,
        ),
        Row(
            "keras.io VAE: loss at epoch 30",
            "published_lengths",
            _published_sum("keras-tutorial"),
            lambda: _sum_of_terms("keras-tutorial"),
            2,
        ),
        Row(
            "disentangling-vae, VAE on MNIST: loss at epoch 400",
            "published_lengths",
            _published_sum("disentangling-vae-VAE"),
            lambda: _sum_of_terms("disentangling-vae-VAE"),
            2,
            differs="other initial weights",
        ),
        *map(_row_by_recipe, published.by_recipe()),
        Row(
            "disentangling-vae, VAE (ours trained with Muon) on sprites: loss of the last epoch",
            "published_lengths",
            _published_sum("disentangling-vae-sprites-VAE"),
            lambda: _sum_of_terms("disentangling-vae-sprites-VAE-Muon"),
            2,
            differs="settings of our presets; 4 of 30 epochs; our sprites, not dSprites",
        ),
        Row(
            "VAE, binary MNIST: -log p(x)",
            "mnist_likelihood",
            likelihoods["binary-MNIST-VAE"],
            lambda: _log_likelihood("binary-MNIST-VAE-long", 10_000),
            2,
            differs="400 of 3,280 epochs",
        ),
        Row(
            "IWAE-5, binary MNIST: -log p(x)",
            "mnist_likelihood",
            likelihoods["binary-MNIST-IWAE-5"],
            lambda: _log_likelihood("binary-MNIST-IWAE-5-long", 10_000),
            2,
            differs="200 of 3,280 epochs",
        ),
        Row(
            "IWAE-50, binary MNIST: -log p(x)",
            "mnist_likelihood",
            likelihoods["binary-MNIST-IWAE-50"],
            lambda: _log_likelihood("binary-MNIST-IWAE-50", 10_000),
            2,
            differs="60 of 3,280 epochs",
        ),
        Row(
            "VampPrior, binary MNIST: -log p(x)",
            "mnist_likelihood",
            likelihoods["binary-MNIST-VampPrior-VAE"],
            lambda: _log_likelihood("binary-MNIST-VampPrior-VAE", 10_000),
            2,
            differs="our pixels are sampled at each step, theirs once; narrower layers; 300 epochs",
        ),
        Row(
            "ladder VAE of five layers, binary MNIST: -log p(x)",
            "hierarchies",
            published_texts("hierarchies")["ladder-5"],
            lambda: [page_tables.read_json("hierarchies_long")["ladder-5"][_LIKELIHOOD]],
            2,
            differs="half the width; 100 of 2,000 epochs, not fine-tuned; 1,000 test images",
        ),
        _row_of_pixel_cnn(),
        _row_of_not_miwae("banknote", "linear"),
        _row_of_not_miwae("breast", "linear"),
        _row_of_not_miwae("concrete", "two layers"),
        *_rows_of_sprites(),
        Row(
            "bits-back, binary MNIST: bits per pixel",
            "bits_back",
            bits["binary MNIST"],
            lambda: _bits_per_pixel("binary MNIST"),
            3,
            differs="a larger network",
        ),
        Row(
            "bits-back, grey MNIST: bits per pixel",
            "bits_back",
            bits["MNIST"],
            lambda: _bits_per_pixel("MNIST"),
            2,
            differs="longer training, no batch normalization",
        ),
        Row(
            "M2, 100 labels: test error, %",
            "few_labels",
            errors["M2"],
            lambda: list(few_labels_seeds.errors_of("M2").values()),
            1,
            differs="a second hidden layer, settings chosen with three of the seeds",
        ),
        _row_of_100_labels("M1+M2", "M1-M2", errors["M1-M2"], "3,000"),
        _row_of_100_labels("SDGM", "SDGM", errors["SDGM"], "1,000"),
        _row_of_100_labels("ADGM", "ADGM", errors["ADGM"], "3,000"),
        Row(
            "InfoGAN, MNIST: accuracy of classes, %",
            "infogan_mnist",
            published_texts("infogan_mnist")["classes"],
            _accuracy_of_infogan,
            1,
            higher_is_better=True,
            differs="a quarter of the width",
        ),
    ]


def table() -> str:
    """Published numbers and ours as Markdown; "reached" compares the means."""
    heads = ["what", "published", "ours", "seeds", "reached", "what differs in ours"]
    return page_tables.markdown(heads, [row.cells() for row in _rows()])
