"""Samples of autoencoders, by model and by sampler: `python experiments/samplers.py`.

    python experiments/samplers.py              trains and measures what is missing: MNIST
    python experiments/samplers.py --data fashion_mnist
    python experiments/samplers.py --pictures   draws images/gallery/samplers*.png, from seed 0

Five autoencoders of one dense network with 16 latents, 2,000 steps of 128 images each. Their codes
are sampled by N(0, I), by one Gaussian, ten Gaussians and a flow (RealNVP) that are fitted to the
codes of 10,000 training images; `flow_matching.py` compares this flow with another. A sixth, the
VQ-VAE, has convolutions and a map of 7x7 codes: 2,000 steps, and 2,000 steps of its prior, a
PixelCNN. Its maps are sampled uniformly or by this prior.
5,000 samples are compared with 5,000 test images in the features of
`mnist-128-64`, or of a classifier of clothes with the same layers, which is trained first; the
Frechet distance depends on the number. Precision and recall are from the
first 2,000. `reconstructions` are from the 5,000 other test images, and `test images` are these
images themselves, the best possible value. Runs
are kept in predictions/samplers/, rows in experiments/samplers.csv; `python experiments/tables.py`
makes the tables.
"""

import argparse
import math
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csv_rows import add_rows, read_rows  # noqa: E402
from mnist_features import classifier, save  # noqa: E402
from published_numbers import published_texts  # noqa: E402

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import numpy as np  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf import data  # noqa: E402
from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.models.template.code_maps import CodeMapModel  # noqa: E402
from vae_tf.plots.grids import image_grid  # noqa: E402
from vae_tf.plots.page import MARGIN, Page  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.priors.code_flow import fit_flow  # noqa: E402
from vae_tf.priors.code_mixture import fit_mixture  # noqa: E402
from vae_tf.runs import PARAMS  # noqa: E402
from vae_tf.schedules import falling  # noqa: E402
from vae_tf.scores import mnist_features, sample_quality  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
PICTURES = {"mnist": "samplers.png", "fashion_mnist": "samplers_fashion.png"}
IMAGES = 5_000
NEIGHBORS = 2_000  # of these, for precision and recall
SCORES = ("frechet_distance", "precision", "recall")
COLUMNS = ("data", "model", "sampler", "seed", "steps", "num_images", *SCORES)
MODELS: dict[str, dict] = {
    "autoencoder": {"model": "plain_ae", "kl_weight": 0.0},
    "VAE": {"model": "vae"},
    "WAE": {"model": "wae"},
    "RAE-L2": {"model": "rae"},
    "RAE-GP": {"model": "rae", "hyper": {"decoder_weight": 0.0, "gradient_weight": 0.01}},
    "VQ-VAE": {
        "model": "vq_vae",
        "encoder": ((16, 4, 2), (32, 4, 2)),
        "decoder": None,
        "hyper": {"num_codes": 64, "prior_filters": 32},
        "steps": 4_000,
    },
}
SAMPLERS = ("N(0, I)", "one Gaussian", "ten Gaussians", "flow")
SAMPLERS_OF_MAPS = ("uniform codes", "PixelCNN")
PUBLISHED = published_texts("samplers")  # Frechet distances in features of an Inception network


def settings(dataset: str, model: str, seed: int) -> Params:
    """The parameters of a run."""
    steps = MODELS[model].get("steps", 2_000)
    base = replace(
        presets.RUNS["MNIST-VAE-dense"],
        dataset=dataset,
        encoder=((256,), (256,)),
        decoder=((256,), (256,)),
        latent_size=16,
        batch_size=128,
        learning_rate=falling(2e-3),
        steps=steps,
        seed=seed,
        sample_steps=(),
    )
    often = dict.fromkeys(("validate_every", "sample_every", "checkpoint_every"), steps)
    return replace(base, **often, **MODELS[model])


def trained(dataset: str, model: str, seed: int, predictions: Path):
    """The run, which is trained if there is none."""
    folder = predictions / "samplers" / dataset / f"{model}-{seed}"
    return vae_tf.train(settings(dataset, model, seed), folder, resume=(folder / PARAMS).exists())


def weights_of(dataset: str, predictions: Path):
    """Weights of the classifier whose features are compared; None for the one of the package."""
    if dataset == "mnist":
        return None
    path = predictions / "samplers" / dataset / "classifier.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        weights, accuracy = classifier(dataset)
        save(path, weights, accuracy)
        print(f"The classifier of {dataset} has an accuracy of {accuracy:.4f}.", flush=True)
    return mnist_features.load_classifier(path)[0]


def samples(run, sampler: str, n: int, seed: int = 0) -> np.ndarray:
    """`n` images decoded from codes that the sampler draws."""
    names = {"N(0, I)": "model", "ten Gaussians": "mixture", "PixelCNN": "model"}
    if sampler in names:
        return run.generate(n, seed, prior=names[sampler])
    if sampler == "uniform codes":
        places = math.prod(run.model.map_shape[:2])
        indices = np.random.default_rng(seed).integers(run.model.num_codes, size=(n, places))
        return run.model.decode(np.reshape(run.model.vectors(indices), (n, -1)))
    _, mean, log_stddev = run.training_codes
    if sampler == "flow":
        return run.model.decode(fit_flow(mean, log_stddev).sample(n, np.random.default_rng(seed)))
    noise = np.random.default_rng(0).standard_normal(mean.shape)
    gaussian = fit_mixture(mean + np.exp(log_stddev) * noise, num_components=1)
    return run.model.decode(gaussian.sample(n, np.random.default_rng(seed)))


def samplers_of(run) -> tuple[str, ...]:
    """The samplers that a run's codes allow."""
    return SAMPLERS_OF_MAPS if isinstance(run.model, CodeMapModel) else SAMPLERS


def measured(run, real: np.ndarray, others: np.ndarray, weights) -> dict[str, dict]:
    """Scores of reconstructions of the other test images, and of samples by each sampler."""
    made = {"reconstructions": lambda: run.model.reconstruct(others)}
    made |= {name: lambda name=name: samples(run, name, len(real)) for name in samplers_of(run)}
    return {name: scores(real, images(), weights) for name, images in made.items()}


def scores(real: np.ndarray, images: np.ndarray, weights) -> dict[str, str]:
    """The columns of scores, in the features of a classifier."""
    both = [mnist_features.features(each, weights) for each in (real, images)]
    found = {"frechet_distance": sample_quality.frechet_distance(*both)}
    found |= sample_quality.precision_recall(*(each[:NEIGHBORS] for each in both))
    return {name: f"{value:.3f}" for name, value in found.items()}


def table(dataset: str) -> str:
    """A table as Markdown: means over seeds ± their standard deviations."""
    groups: dict[tuple, list[dict]] = {}
    for row in read_rows(ROWS):
        if row["data"] == dataset:
            groups.setdefault((row["model"], row["sampler"]), []).append(row)
    # Ghosh et al. have no Fashion-MNIST.
    last = [" published distance, Inception |"] if dataset == "mnist" else []
    head = "| model | sampler | seeds | Frechet distance | precision | recall |"
    lines = ["".join([head, *last]), f"|{' --- |' * (6 + len(last))}"]
    for (model, sampler), rows in groups.items():
        cells = []
        for name, digits in zip(SCORES, (1, 2, 2), strict=True):
            values = np.array([float(row[name]) for row in rows])
            spread = f" ± {values.std(ddof=1):.{digits}f}" if len(values) > 1 else ""
            cells.append(f"{values.mean():.{digits}f}{spread}")
        if last:
            cells.append(PUBLISHED.get(f"{model}, {sampler}", ""))
        lines.append(f"| {' | '.join([model, sampler, str(len(rows)), *cells])} |")
    return "\n".join(lines)


def draw(dataset: str, runs: dict):
    """Draws twelve samples of each run by each sampler, none of them chosen."""
    cells = {
        (model, sampler): image_grid(samples(run, sampler, 12), 4, tile=28)
        for model, run in runs.items()
        for sampler in samplers_of(run)
    }
    height, width = next(iter(cells.values())).shape[:2]
    left, gap, heading = 110, 16, 24  # the VQ-VAE's row has samplers of its own
    page = Page(
        left + len(SAMPLERS) * (width + gap),
        24 + len(runs) * (height + gap) + heading,
        "Samples by model and by sampler",
        (
            f"Fitted to the codes of 10,000 images of {TITLES[dataset]}; 16 latents, 2,000 steps, "
            "seed 0. The VQ-VAE has 7x7 codes.",
            "The first twelve samples of each, not chosen.",
        ),
    )
    for row, (model, run) in enumerate(runs.items()):
        y = page.top + 24 + row * (height + gap) + heading * isinstance(run.model, CodeMapModel)
        page.text(MARGIN, y + height / 2, model, size=14, weight="bold", va="center")
        for column, sampler in enumerate(samplers_of(run)):
            x = MARGIN + left + column * (width + gap)
            if not row or isinstance(run.model, CodeMapModel):
                page.text(x, y - 24, sampler, size=14, weight="bold")
            page.picture(x, y, cells[model, sampler], f"{model}, {sampler}")
    save_figure(ROOT / "images" / "gallery" / PICTURES[dataset], page.figure)


def main():
    """Trains and measures what is missing, or draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist", choices=[*PICTURES])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--pictures", action="store_true", help="draw; measure nothing")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    dataset, predictions = options.data, options.predictions
    if options.pictures:
        draw(dataset, {model: trained(dataset, model, 0, predictions) for model in MODELS})
        return
    weights = weights_of(dataset, predictions)
    test = data.load(dataset, "test")
    real, others = (test.images(np.arange(first, first + IMAGES)) for first in (0, IMAGES))
    done = {(row["data"], row["model"], row["seed"]) for row in read_rows(ROWS)}
    if (dataset, "test images", "0") not in done:
        row = {"data": dataset, "model": "test images", "sampler": "", "seed": "0"}
        size = {"num_images": IMAGES}
        add_rows(ROWS, COLUMNS, [row | size | scores(real, others, weights)])
    for seed in range(options.seeds):
        for model in MODELS:
            if (dataset, model, str(seed)) in done:
                continue
            run = trained(dataset, model, seed, predictions)
            row = {"data": dataset, "model": model, "seed": str(seed)}
            size = {"steps": run.params.steps, "num_images": IMAGES}
            rows = [
                row | {"sampler": sampler} | size | found
                for sampler, found in measured(run, real, others, weights).items()
            ]
            add_rows(ROWS, COLUMNS, rows)
            print(*rows, sep="\n", flush=True)


if __name__ == "__main__":
    main()
