"""Content of an explorer page: networks, codes of images and other JSON values for its script.

The scripts `model.js` and `latents.js` show how the values are used.
"""

import base64
import io

import numpy as np
from PIL import Image

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun
from vae_tf.analysis.code_classifiers import code_classifier
from vae_tf.analysis.colorings import colorings
from vae_tf.explorer.generator import describe_generator
from vae_tf.explorer.layers import HalfPrecision
from vae_tf.plots.code_statistics import CodeStatistics
from vae_tf.plots.projections import principal_axes
from vae_tf.probability.distributions import StandardNormal
from vae_tf.process.texts.escaping import printable

FORMAT = 2  # the same as in model.js; to be raised if older scripts cannot read the content
_MOST_SLIDERS = 64
_MOST_IMAGES, _MOST_PIXELS = 40, 2**19  # images to start from, and their pixels together
_NUM_BINS = 32
_NUM_CHECKS = 4


def page_content(analyzed: AnalyzedRun) -> dict:
    """Collects the content of a run's page.

    Args:
        analyzed: The run.

    Returns:
        JSON values.

    Raises:
        UserError: If the page cannot decode the run's codes, or its images cannot be loaded.
    """
    model, params = analyzed.model, analyzed.params
    weights = HalfPrecision()
    generator = describe_generator(model, weights)
    return {
        "format": FORMAT,
        "run": printable(analyzed.run.name),
        "step": analyzed.step,
        "dataset": printable(params.dataset),
        "about": _about(analyzed),
        "image_shape": list(model.image_shape),
        "latent_size": model.latent_size,
        **generator,
        "num_classes": model.num_classes if model.conditional else 0,
        "class_latents": _class_latents(analyzed),
        "label_names": _label_names(analyzed),
        "prior": _prior(model),
        "mixture": _mixture(analyzed.code_mixture),
        **_latents(analyzed),
        "directions": [_direction(analyzed, each) for each in analyzed.directions],
        "codes": _half(analyzed.statistics.mean),
        "map": _map(analyzed),
        "images": _images(analyzed),
        "check": _check(analyzed),
        "weights": as_text(weights.to_bytes()),
    }


def _about(analyzed):
    params = analyzed.params
    shape = "x".join(map(str, analyzed.model.image_shape))
    return (
        f"Model {params.model} with KL weight {params.to_dict()['kl_weight']} and "
        f"{params.latent_size} latents, on {printable(params.dataset)} ({shape}), at step "
        f"{analyzed.step:,} of {params.steps:,}."
    )


def _direction(analyzed, direction):
    learned = code_classifier(analyzed.run.training_codes[1], direction.groups)
    return {
        "name": printable(direction.name),
        "vector": _numbers(direction.vector),
        "note": f"AUC {direction.area:.2f}",
        "classifier": learned
        and {
            "weights": _numbers(learned.weights),
            "bias": _number(learned.bias),
            "accuracy": _number(learned.accuracy),
            "partial": bool((direction.groups < 0).any()),  # trained on images with a value only
        },
    }


def _class_latents(analyzed):
    """Number of latents at the beginning of a code that contain its class."""
    told = analyzed.draws_classes and not analyzed.model.conditional
    return analyzed.model.num_classes if told else 0


def _label_names(analyzed):
    names = analyzed.images.label_names if analyzed.draws_classes else None
    return [printable(str(name)) for name in names] if names else None


def _prior(model):
    if model.prior is StandardNormal:
        return {"kind": "normal", "words": "Decoded from samples of the prior, N(0, I)."}
    samples = model.sample_prior(256, np.random.default_rng(SEED))
    words = f"Decoded from 256 samples of the model's own {model.prior_in_words}."
    return {"kind": "samples", "samples": _numbers(samples), "words": words}


def _name(analyzed, latent):
    """The attribute that a latent predicts, and its layer if there are several."""
    name = analyzed.latent_names.get(latent)
    words = [printable(name)] if name else []
    sizes = analyzed.model.layer_sizes  # from below
    if len(sizes) > 1:
        ends = np.cumsum(sizes[::-1])
        words.insert(0, f"layer {len(sizes) - int(np.searchsorted(ends, latent, side='right'))}")
    return ", ".join(words) or None


def _mixture(mixture):
    if mixture is None:
        return None
    return {
        "weights": _numbers(mixture.weights),
        "means": _numbers(mixture.means),
        "factors": _numbers(mixture.factors),
        "num_images": mixture.num_images,
    }


def _latents(analyzed):
    """The latents with a slider, the most used first."""
    model, statistics = analyzed.model, analyzed.statistics
    # Latents of a class have no slider: the page sets the whole class, or it changes no image.
    first = model.num_classes if model.classifies else 0
    order = statistics.order[statistics.order >= first][:_MOST_SLIDERS]
    like_prior = model.prior is StandardNormal and statistics.has_kl
    ranges = slider_ranges(statistics, at_least=3.0 if like_prior else 0.0)
    return {
        "measure": statistics.measure,
        "unit": statistics.unit,
        "num_movable": model.latent_size - first,
        "latents": [
            {
                "index": int(latent),
                "name": _name(analyzed, int(latent)),
                "use": _number(statistics.use[latent]),
                "active": bool(statistics.active[latent]),
                "low": _number(ranges[latent, 0]),
                "high": _number(ranges[latent, 1]),
                "spread": _number(max(statistics.total_stddev[latent], 1e-6)),
                "histogram": _numbers(
                    np.histogram(
                        statistics.sample[:, latent], _NUM_BINS, ranges[latent], density=True
                    )[0]
                ),
            }
            for latent in order
        ],
    }


def slider_ranges(statistics: CodeStatistics, at_least: float) -> np.ndarray:
    """Computes the range of each slider: the range of all samples, and 5 % more on each side.

    Args:
        statistics: Statistics of the codes.
        at_least: Minimum distance of both ends from 0; 0 for none.

    Returns:
        `[L, 2]` float64, the second above the first.
    """
    low, high = (end(statistics.sample.astype("float64"), axis=0) for end in (np.min, np.max))
    margin = np.maximum(0.05 * (high - low), 1e-3)
    low, high = low - margin, high + margin
    if at_least:
        low, high = np.minimum(low, -at_least), np.maximum(high, at_least)
    return np.stack([low, high], axis=1)


def _map(analyzed):
    center, components, explained = principal_axes(analyzed.statistics.mean)
    return {
        "center": _numbers(center),
        "components": _numbers(components),
        "explained": _numbers(explained),
        "colorings": [
            {
                "name": printable(coloring.name),
                "values": np.asarray(coloring.values).tolist(),
                "names": coloring.names and [printable(str(name)) for name in coloring.names],
            }
            for coloring in colorings(analyzed)
        ],
    }


def _images(analyzed):
    """Images to start from, evenly spaced over the analyzed images."""
    height, width, channels = analyzed.model.image_shape
    known = analyzed.analyzed_rows
    count = int(np.clip(_MOST_PIXELS // (height * width), 4, _MOST_IMAGES))
    places = np.unique(np.linspace(0, len(known) - 1, count).astype(int))
    x = analyzed.images.images(known[places])
    labels = analyzed.labels_of(known[places])
    levels = np.round(255.0 * x).astype("uint8")
    sheet = levels.swapaxes(0, 1).reshape(height, -1, channels)  # side by side
    file = io.BytesIO()
    Image.fromarray(sheet.squeeze(-1) if channels == 1 else sheet).save(file, "PNG", optimize=True)
    statistics = analyzed.statistics
    return {
        "sheet": f"data:image/png;base64,{as_text(file.getvalue())}",
        "count": len(places),
        "titles": [f"validation image {known[place]:,}" for place in places],
        "labels": None if labels is None else labels.tolist(),
        "posteriors": [
            {
                "mean": _numbers(statistics.mean[place]),
                "log_stddev": _numbers(statistics.log_stddev[place]),
            }
            for place in places
        ],
        "background": float(np.median(x)),
    }


def _check(analyzed):
    """Codes of images and codes of the prior, with the pixels that the model decodes from them."""
    model = analyzed.model
    rng = np.random.default_rng(SEED)
    known = analyzed.statistics.sample
    found = known[rng.integers(len(known), size=_NUM_CHECKS // 2)]
    drawn = model.sample_prior(_NUM_CHECKS - len(found), rng)
    codes = np.concatenate([found, drawn]).astype("float32")
    labels = rng.integers(model.num_classes, size=len(codes)) if model.conditional else None
    pixels = model.decode(codes, labels)
    return {
        "codes": [[float(value) for value in code] for code in codes],
        "labels": None if labels is None else labels.tolist(),
        "pixels": as_text(np.round(65535.0 * pixels).astype("<u2").tobytes()),
    }


def _half(array):
    store = HalfPrecision()
    store.add(array)
    return as_text(store.to_bytes())


def as_text(content: bytes) -> str:
    """Bytes in base64."""
    return base64.b64encode(content).decode()


def _number(value) -> float | None:
    """Round a number to five digits; None for a value that is not finite."""
    return float(f"{value:.5g}") if np.isfinite(value) else None


def _numbers(array):
    """Round numbers to five digits; lists are nested like the array."""
    array = np.asarray(array)
    return [_numbers(part) for part in array] if array.ndim > 1 else [_number(x) for x in array]
