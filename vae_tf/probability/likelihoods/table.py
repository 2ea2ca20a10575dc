"""Likelihood of a table's row: the sum over its columns, each by its kind.

Reference:
    Nazabal et al., "Handling Incomplete Heterogeneous Data using VAEs", Pattern Recognition 2020,
    Sec. 2.3. https://arxiv.org/abs/1807.03653
"""

import math
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from vae_tf.probability.likelihoods.layout import Layout
from vae_tf.probability.likelihoods.likelihood import Likelihood, add_weight
from vae_tf.process.errors import UserError

_LOWEST_LOG_STDDEV = math.log(0.01)  # of a standardized column; a lower value models rounding
_LEAST_LOG, _MOST_LOG = math.log(0.01), math.log(1000.0)  # dispersions; at 1000 nearly Poisson
# Initial dispersion: nearer to Poisson than the columns, because codes explain much of their
# spread.
_FIRST_LOG_DISPERSION = math.log(10.0)
_FARTHEST = 25.0  # limit of the logs of expected counts, for float32
_HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)


class TableLikelihood(Likelihood):
    """Independent columns given the decoder's output, which has one value per value of the vector.

    - numeric: N(output, stddev^2), with a stddev per column that is learned with the networks. It
      is the density of the standardized value.
    - count: negative binomial with the expected count m = exp(mean + stddev * output), where `mean`
      and `stddev` are from the layout. Its variance is m + m^2 / r, with a learned dispersion r per
      column. At r = 1000, the largest, it is nearly a Poisson distribution.
    - binary: Bernoulli; the output is the logit.
    - categorical: softmax of the column's outputs.

    In Nazabal et al. the decoder also outputs the standard deviations of each row, and counts are
    Poisson. Here standard deviations are weights.

    Args:
        model: Model that keeps the weights.
        layout: Columns of the vector.

    Raises:
        UserError: If the model does not work on vectors of the layout's width.
    """

    unit = False
    logged = ("decoder_stddev",)

    def __init__(self, model: keras.Model, layout: Layout):
        self.layout = layout
        if tuple(model.image_shape) != (layout.width,):
            raise UserError(
                f"The likelihood describes vectors of {layout.width} values. Received: data of "
                f"{tuple(model.image_shape)}. Give the table's own layout, or leave it to "
                f"dataset=table:FILE with likelihood=table."
            )
        ends = np.cumsum([layout.numeric, len(layout.count), layout.binary])
        self._ends = [int(end) for end in ends]
        self._counts = np.array(layout.count, np.float32).reshape(-1, 2)
        self.log_stddev = _weights(model, "decoder_log_stddev", layout.numeric, 0.0)
        self.log_dispersion = _weights(
            model, "decoder_log_dispersion", len(layout.count), _FIRST_LOG_DISPERSION
        )
        self.variables = tuple(
            each for each in (self.log_stddev, self.log_dispersion) if each is not None
        )

    def column_nats(self, x, logits):
        """Negative log-likelihood of each column `[B, columns]`, in the order of the vector.

        Args:
            x: `[B, D]` rows of the layout.
            logits: `[B, D]`, the decoder's output.
        """
        seen, outputs = self._parts(x), self._parts(logits)
        numeric, count, binary, categories = zip(seen, outputs, strict=True)
        parts = []
        if self.layout.numeric:
            parts.append(self._numeric_nats(*numeric))
        if self.layout.count:
            parts.append(self._count_nats(*count))
        if self.layout.binary:
            parts.append(ops.softplus(binary[1]) - binary[0] * binary[1])
        parts += [
            -ops.sum(each * ops.log_softmax(logit, axis=-1), axis=-1, keepdims=True)
            for each, logit in zip(*map(self._categories, categories), strict=True)
        ]
        return ops.concatenate(parts, axis=-1)

    def reconstruction(self, x, logits, training=False, mask=None):
        nats = self.column_nats(x, logits)
        if mask is not None:
            # A column is observed if its first value is observed.
            first = np.cumsum([0, *self.layout.widths[:-1]])
            nats = nats * ops.take(mask, first, axis=-1)
        return ops.sum(nats, axis=-1), {"decoder_stddev": self._mean_stddev()}

    def mean(self, logits):
        """Expected vector `[B, D]`; for a count, the expected count on the vector's scale."""
        numeric, count, binary, categories = self._parts(logits)
        center, scale = self._counts.T
        expected = (ops.log1p(ops.exp(self._log_mean(count))) - center) / scale
        each = [ops.softmax(part, axis=-1) for part in self._categories(categories)]
        return ops.concatenate([numeric, expected, ops.sigmoid(binary), *each], axis=-1)

    def stddev(self, logits):
        """Standard deviations `[B, D]`; for a count on the vector's scale, to first order."""
        numeric, count, binary, categories = self._parts(logits)
        spread = ops.zeros_like(numeric)
        if self.log_stddev is not None:
            spread = spread + ops.exp(self._bounded_log_stddev())
        mean = ops.exp(self._log_mean(count))
        variance = mean + ops.square(mean) / self.dispersion()
        probabilities = [ops.sigmoid(binary)]
        probabilities += [ops.softmax(part, axis=-1) for part in self._categories(categories)]
        return ops.concatenate(
            [
                spread,
                ops.sqrt(variance) / (1.0 + mean) / self._counts[:, 1],
                *[ops.sqrt(p * (1.0 - p)) for p in probabilities],
            ],
            axis=-1,
        )

    def sample(self, logits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw vectors `[B, D]` of the distribution of each column.

        Args:
            logits: `[B, D]`, the decoder's output.
            rng: Source of the samples.
        """
        numeric, count, binary, categories = (np.asarray(part) for part in self._parts(logits))
        stddev = np.asarray(self.stddev(logits))[:, : self.layout.numeric]
        drawn: list[np.ndarray] = [numeric + stddev * rng.standard_normal(numeric.shape)]
        mean, r = (
            np.exp(np.asarray(self._log_mean(count), np.float64)),
            np.asarray(self.dispersion()),
        )
        # A Poisson variable whose rate is Gamma(r, mean / r) is negative binomial.
        counts = rng.poisson(np.minimum(rng.gamma(r, mean / r, count.shape), 1e15))
        center, scale = self._counts.T
        drawn.append((np.log1p(counts) - center) / scale)
        drawn.append(rng.random(binary.shape) < np.asarray(ops.sigmoid(binary)))
        for part in self._categories(categories):
            # The largest logit after Gumbel noise is a sample of the softmax.
            noisy = np.asarray(part) + rng.gumbel(size=part.shape)
            drawn.append(noisy == noisy.max(axis=-1, keepdims=True))
        return np.concatenate([each.astype(np.float32) for each in drawn], axis=-1)

    def logits_of(self, mean):
        """Outputs whose `mean` is about the given one; within [0.001, 0.999] for probabilities."""
        numeric, count, binary, categories = np.split(mean, self._ends, axis=-1)
        ends = np.cumsum(self.layout.categorical)[:-1]
        each = [np.log(np.maximum(part, 1e-3)) for part in np.split(categories, ends, axis=-1)]
        return np.concatenate([numeric, count, super().logits_of(binary), *each], axis=-1)

    def collapsed(self, x):
        return self.collapsed_columns(x).sum(axis=1)

    def collapsed_columns(self, x) -> np.ndarray:
        """Negative log-likelihoods `[N, columns]` by each column's best constant output and spread.

        Args:
            x: `[N, D]` rows; NaN in missing cells, which have 0 nats.
        """
        rows = np.asarray(x, np.float64)
        first = np.cumsum([0, *self.layout.widths])
        nats = np.zeros((len(rows), len(self.layout.widths)))
        kinds = [_collapsed_numeric] * self.layout.numeric
        kinds += [partial(_collapsed_count, scale=each) for each in self.layout.count]
        kinds += [_collapsed_binary] * self.layout.binary
        kinds += [_collapsed_categories] * len(self.layout.categorical)
        for column, of_kind in enumerate(kinds):
            values = rows[:, first[column] : first[column + 1]]
            seen = ~np.isnan(values[:, 0])
            if seen.any():
                nats[seen, column] = of_kind(values[seen])
        return nats

    def dispersion(self):
        """Dispersion r of each column of counts `[C]`, from 0.01 to 1000."""
        if self.log_dispersion is None:
            return ops.ones((0,))
        return ops.exp(self._bounded_log_dispersion())

    def _numeric_nats(self, x, mean):
        log_stddev = self._bounded_log_stddev()
        errors = ops.square(x - mean) * ops.exp(-2.0 * log_stddev)
        return 0.5 * errors + log_stddev + _HALF_LOG_2_PI

    def _count_nats(self, x, output):
        center, scale = self._counts.T
        k = ops.round(ops.expm1(x * scale + center))
        log_r = self._bounded_log_dispersion()
        r = ops.exp(log_r)
        inside = tf.identity(r)  # no tensor may collect three gradients, see CONTRIBUTING.md
        distance = self._log_mean(output) - log_r
        constant = tf.math.lgamma(k + 1.0) + tf.math.lgamma(inside) - tf.math.lgamma(k + inside)
        return constant + (r + k) * ops.softplus(distance) - k * distance

    def _log_mean(self, output):
        """Natural log of the expected counts."""
        center, scale = self._counts.T
        return ops.clip(output * scale + center, -_FARTHEST, _FARTHEST)

    def _bounded_log_stddev(self):
        free = ops.convert_to_tensor(self.log_stddev)
        return _LOWEST_LOG_STDDEV + ops.softplus(free - _LOWEST_LOG_STDDEV)

    def _bounded_log_dispersion(self):
        return ops.clip(ops.convert_to_tensor(self.log_dispersion), _LEAST_LOG, _MOST_LOG)

    def _mean_stddev(self):
        """Mean standard deviation of the numeric columns; 0 where there are none."""
        if self.log_stddev is None:
            return ops.zeros(())
        return ops.mean(ops.exp(self._bounded_log_stddev()))

    def _parts(self, values):
        """Numeric, count, binary and categorical values: one operation, so one gradient."""
        return ops.split(ops.convert_to_tensor(values), self._ends, axis=-1)

    def _categories(self, values):
        """Values of each categorical column."""
        if len(self.layout.categorical) < 2:
            return [values] if self.layout.categorical else []
        return ops.split(values, np.cumsum(self.layout.categorical)[:-1].tolist(), axis=-1)


def _collapsed_numeric(x):
    """`[n]` nats of standardized numbers `[n, 1]` by their Gaussian."""
    spread = max(x.std(), 0.01)
    return (0.5 * np.square((x - x.mean()) / spread) + np.log(spread) + _HALF_LOG_2_PI)[:, 0]


def _collapsed_count(x, scale):
    """`[n]` nats of counts `[n, 1]` on the vector's scale, which is a pair of center and width."""
    center, width = scale
    return _best_count_nats(np.round(np.expm1(x[:, 0] * width + center)))


def _collapsed_binary(x):
    """`[n]` nats of zeros and ones `[n, 1]` by their share."""
    p = np.clip(x.mean(), 1e-12, 1 - 1e-12)
    return -(x * np.log(p) + (1 - x) * np.log1p(-p))[:, 0]


def _collapsed_categories(x):
    """`[n]` nats of categories, rows `[n, K]` with a one, by their shares."""
    return -x @ np.log(np.maximum(x.mean(axis=0), 1e-12))


def _best_count_nats(counts):
    """Negative log-probabilities `[N]` by the best negative binomial of their mean."""
    from scipy import stats  # here, as it takes a second

    mean = max(counts.mean(), 1e-12)
    best = None
    for r in np.exp(np.linspace(_LEAST_LOG, _MOST_LOG, 60)):
        nats = -stats.nbinom.logpmf(counts, r, r / (r + mean))
        best = nats if best is None or nats.sum() < best.sum() else best
    return best


def _weights(model, name: str, size: int, value: float):
    """Weights of a kind of column, with an initial value; None if there is no such column."""
    return add_weight(model, name, value, (size,)) if size else None
