"""Missing values filled in, by importance sampling of the codes that could have made an image.

    E[x_m|x_o] = sum_k w_k E[x_m|z_k],   w_k in proportion to p(x_o|z_k) p(z_k) / q(z_k|x_o)

with z_k ~ q(z|x_o) and weights that sum to 1. Samples of x_m are drawn given z_k, which is chosen
with probability w_k. Where values are not missing at random, p(s|x_o, x_m,k) is part of a weight,
and x_m,k ~ p(x_m|z_k) is in the place of E[x_m|z_k].

References:
    Mattei & Frellsen, "MIWAE: Deep Generative Modelling and Imputation of Incomplete Data Sets",
    ICML 2019. https://arxiv.org/abs/1812.02633
    Ipsen, Mattei & Frellsen, "not-MIWAE: Deep Generative Modelling with Missing not at Random
    Data", ICLR 2021. https://arxiv.org/abs/2006.12871
"""

from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from vae_tf.data.pixel_values import as_floats, check_shape
from vae_tf.data.tables import Columns
from vae_tf.models.template.missing import models_that_take_missing, takes_missing
from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.runs.anomalies.noise import repeatable_noise

_IMAGES = 64  # whose samples are decoded together
_DECODED_AT_ONCE = 4096  # samples


class Imputation(NamedTuple):
    """Images whose missing values were filled in; of a table, see `impute_cells`.

    Attributes:
        mean: `[N, H, W, C]` or `[N, D]`: what was observed, as given, and the expectation of what
            was missing.
        samples: `[S, N, ...]`: what was observed, and samples of what was missing, jointly.
        effective_samples: `[N]` effective sample sizes (sum w)^2 / sum w^2 of the weights, from 1,
            where one sample decides and the result is unreliable, to `num_importance`. NaN where
            nothing was missing.
    """

    mean: Any
    samples: Any
    effective_samples: np.ndarray


def impute(
    model,
    images: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    samples: int = 0,
    num_importance: int = 1000,
    noise: bool = True,
    seed: int = 0,
    progress: bool = False,
) -> Imputation:
    """Fill in missing values by what a model expects given the observed ones.

    Args:
        model: A model that takes missing values, such as miwae.
        images: `[N, H, W, C]` images or `[N, D]` vectors, as the model was trained on; NaN is
            missing.
        mask: Array of the shape of `images`: 1 or True where a value is observed, 0 where it is
            missing, whatever `images` has there. None: what is not NaN is observed.
        samples: S, samples of the missing values, in addition to the mean.
        num_importance: Samples of the posterior of each image, at least 1; 10,000 in the papers.
        noise: Whether `samples` have the noise of the decoder's likelihood; without it each is the
            expectation given a sampled code. It makes no difference to the mean, nor where values
            are not missing at random.
        seed: Seed of all samples. The same images, in the same order, have the same result.
        progress: Whether to show a progress bar on stderr.

    Raises:
        UserError: If the model takes no missing values, or an argument does not fit.
    """
    samples = check_count("samples", samples, 0)
    num_importance = check_count("num_importance", num_importance, 1)
    seed = check_count("seed", seed, 0)
    if not takes_missing(model):
        raise UserError(
            f"Model '{model.name}' does not know of missing values, and cannot fill them in. "
            f"Choose a model that does: {models_that_take_missing()}."
        )
    x, observed = _checked(model, images, mask)
    rng = np.random.default_rng((seed, 5))
    mean, sizes = x.copy(), np.full(len(x), np.nan)
    drawn = np.repeat(x[None], samples, axis=0)
    incomplete = np.flatnonzero(~observed.reshape(len(x), -1).all(axis=1))
    bar = tqdm(desc="Imputation", total=len(incomplete), unit="image", disable=not progress)
    with repeatable_noise(model, seed), bar:
        for start in range(0, len(incomplete), _IMAGES):
            rows = incomplete[start : start + _IMAGES]
            mask = observed[rows].astype("float32")
            shapes = x.shape[1:], model.decoder.output_shape[1:]
            weighted = _Weighted(len(rows), *shapes, samples, rng)
            for count in _parts(num_importance, max(_DECODED_AT_ONCE // len(rows), 1)):
                weighted.add(*model.sample_completions(x[rows], mask, count))
            seen = observed[rows]
            mean[rows] = np.where(seen, x[rows], weighted.mean)
            sizes[rows] = weighted.effective_samples
            drawn[:, rows] = np.where(seen, x[rows], _noisy(model, weighted, noise, rng))
            bar.update(len(rows))
    return Imputation(mean, drawn, sizes)


def impute_cells(model, columns: Columns, frame, mask=None, **options) -> Imputation:
    """Fill in the missing cells of a table.

    Args:
        model: A model of the table that takes missing values.
        columns: Columns of the table.
        frame: pandas DataFrame with these columns; NaN and None are missing.
        mask: None, as cells say by themselves whether they are missing.
        **options: Options of `impute`.

    Returns:
        An `Imputation` whose `mean` is a DataFrame, and `samples` a list of DataFrames.

    Raises:
        UserError: If there is a mask, the frame does not fit the columns, or as of `impute`.
    """
    if mask is not None:
        raise UserError(
            "A DataFrame has no mask: a missing cell is NaN or None. Received: a mask. Empty the "
            "cells: frame.where(mask)."
        )
    result = impute(model, columns.encode(frame), **options)
    samples = [columns.complete(frame, each) for each in result.samples]
    return result._replace(mean=columns.complete(frame, result.mean), samples=samples)


def _checked(model, images, mask) -> tuple[np.ndarray, np.ndarray]:
    """Images without NaN, 0 where missing, and `[N, ...]` bools, True where observed."""
    x = np.asarray(images)
    check_shape(x, model.image_shape)
    if not len(x):
        raise UserError("Imputation needs at least one image. Received: none.")
    observed = ~np.isnan(x) if x.dtype.kind == "f" else np.ones(x.shape, bool)
    if mask is not None:
        mask = np.asarray(mask)
        if mask.shape != x.shape or mask.dtype.kind not in "biuf":
            raise UserError(
                f"`mask` must be numbers or bools of the shape of the images, {x.shape}, 1 where a "
                f"value is observed. Received: {mask.dtype} of shape {mask.shape}."
            )
        if not np.isin(mask, (0, 1)).all():
            raise UserError("`mask` must be 1 (observed) or 0 (missing). Received: other values.")
        observed &= mask.astype(bool)
    filled = np.where(observed, x, x.dtype.type(0))
    return as_floats(filled, model.image_shape, unit=model.likelihood.unit).copy(), observed


def _parts(total: int, most: int):
    """Counts of at most `most` that sum to `total`."""
    return [min(most, total - start) for start in range(0, total, most)]


class _Weighted:
    """Weighted mean and weighted choices of samples that come in parts.

    The choices are exact: the largest of log w_k plus Gumbel noise is k with probability w_k.
    """

    def __init__(
        self,
        count: int,
        shape: tuple,
        logits_shape: tuple,
        samples: int,
        rng: np.random.Generator,
    ):
        self._rng = rng
        self._highest = np.full(count, -np.inf)
        self._sum = np.zeros(count)
        self._squares = np.zeros(count)
        self._weighted = np.zeros((count, *shape))
        self._best = np.full((samples, count), -np.inf)
        self.completed = np.zeros((samples, count, *shape), np.float32)
        self.logits = np.zeros((samples, count, *logits_shape), np.float32)

    def add(self, log_weights: np.ndarray, completed: np.ndarray, logits: np.ndarray):
        """Adds `[k, B]` weights, and `[k, B, ...]` images and logits."""
        log_weights = log_weights.astype(np.float64)
        highest = np.maximum(self._highest, log_weights.max(axis=0))
        fade = np.exp(self._highest - highest)
        weights = np.exp(log_weights - highest)
        self._highest = highest
        self._sum = fade * self._sum + weights.sum(axis=0)
        self._squares = fade**2 * self._squares + (weights**2).sum(axis=0)
        axes = (...,) + (None,) * (completed.ndim - 2)
        part = np.einsum("kb,kb...->b...", weights, completed.astype(np.float64))
        self._weighted = fade[axes] * self._weighted + part
        for slot in range(len(self._best)):
            noisy = log_weights + self._rng.gumbel(size=log_weights.shape)
            chosen, rows = noisy.argmax(axis=0), np.arange(log_weights.shape[1])
            value = noisy[chosen, rows]
            new = value > self._best[slot]
            self._best[slot, new] = value[new]
            self.completed[slot, new] = completed[chosen, rows][new]
            self.logits[slot, new] = logits[chosen, rows][new]

    @property
    def mean(self) -> np.ndarray:
        """`[B, ...]` weighted mean."""
        return self._weighted / self._sum.reshape(-1, *(1,) * (self._weighted.ndim - 1))

    @property
    def effective_samples(self) -> np.ndarray:
        """`[B]` effective sample sizes."""
        return self._sum**2 / self._squares


def _noisy(model, weighted: _Weighted, noise: bool, rng: np.random.Generator) -> np.ndarray:
    """`[S, B, ...]` samples of what is missing, given the chosen codes."""
    if not noise or not len(weighted.logits) or model.completes_by_samples:
        return weighted.completed
    flat = weighted.logits.reshape(-1, *weighted.logits.shape[2:])
    return model.likelihood.sample(flat, rng).reshape(weighted.completed.shape)
