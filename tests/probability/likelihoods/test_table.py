import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from vae_tf.probability.likelihoods.build import make_likelihood
from vae_tf.probability.likelihoods.layout import Layout, read_layout
from vae_tf.probability.likelihoods.texts import read_likelihood
from vae_tf.process.errors import UserError

TEXT = "table(numeric=2, count=[[1.2, 0.5]], binary=1, categorical=[3, 2])"


class Model(keras.Model):
    image_shape = (9,)


@pytest.fixture(scope="module")
def likelihood():
    made = make_likelihood(TEXT, Model())
    made.log_stddev.assign([0.3, -1.0])
    made.log_dispersion.assign([0.7])
    return made


@pytest.fixture(scope="module")
def rows(likelihood):
    """Outputs `[5, 9]` and samples under them."""
    logits = np.random.default_rng(0).normal(size=(5, 9)).astype("float32")
    return likelihood.sample(logits, np.random.default_rng(1)), logits


def stddevs(likelihood):
    low = np.log(0.01)
    return np.exp(low + np.log1p(np.exp(likelihood.log_stddev.numpy() - low)))


def test_columns_have_scipys_densities(likelihood, rows):
    x, logits = rows
    nats = np.array(likelihood.column_nats(x, logits))
    for column, stddev in enumerate(stddevs(likelihood)):
        expected = -stats.norm(logits[:, column], stddev).logpdf(x[:, column])
        np.testing.assert_allclose(nats[:, column], expected, rtol=1e-4)
    counts, mean = np.round(np.expm1(0.5 * x[:, 2] + 1.2)), np.exp(0.5 * logits[:, 2] + 1.2)
    r = np.exp(0.7)
    np.testing.assert_allclose(
        nats[:, 2], -stats.nbinom.logpmf(counts, r, r / (r + mean)), rtol=1e-4
    )
    p = 1 / (1 + np.exp(-logits[:, 3].astype(float)))
    np.testing.assert_allclose(nats[:, 3], -stats.bernoulli.logpmf(x[:, 3], p), rtol=1e-4)
    for column, part in ((4, slice(4, 7)), (5, slice(7, 9))):
        p = np.exp(logits[:, part]) / np.exp(logits[:, part]).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(nats[:, column], -np.log(p[x[:, part] == 1]), rtol=1e-4)
    total, logs = likelihood.reconstruction(x, logits)
    np.testing.assert_allclose(total, nats.sum(axis=1), rtol=1e-5)
    assert float(logs["decoder_stddev"]) == pytest.approx(stddevs(likelihood).mean(), rel=1e-5)


@pytest.mark.parametrize("kind", ["numeric=2", "count=[[1, 2]]", "binary=2", "categorical=[3]"])
def test_one_kind_alone(kind):
    width = read_layout(f"table({kind})").width
    likelihood = make_likelihood(f"table({kind})", type("M", (Model,), {"image_shape": (width,)})())
    logits = np.ones((2, width), "float32")
    x = likelihood.sample(logits, np.random.default_rng(0))
    assert np.isfinite(likelihood.reconstruction(x, logits)[0]).all()
    assert likelihood.mean(logits).shape == likelihood.stddev(logits).shape == x.shape
    assert likelihood.logits_of(x.mean(axis=0)).shape == (width,)
    assert np.isfinite(likelihood.collapsed(x)).all()


def test_missing_columns_do_not_count(likelihood, rows):
    x, logits = rows
    nats = np.array(likelihood.column_nats(x, logits))
    mask = np.ones_like(x)
    mask[:, [1, 2]] = mask[:, 4:7] = 0
    seen = np.where(mask > 0, x, 0).astype("float32")
    found = likelihood.reconstruction(seen, logits, mask=mask)[0]
    np.testing.assert_allclose(found, nats[:, [0, 3, 5]].sum(axis=1), rtol=1e-5)
    none = likelihood.reconstruction(0 * x, logits, mask=0 * mask)[0]
    np.testing.assert_array_equal(none, np.zeros(5))


def test_the_largest_dispersion_is_nearly_poisson():
    likelihood = make_likelihood(
        "table(count=[[0, 1]])", type("M", (Model,), {"image_shape": (1,)})()
    )
    likelihood.log_dispersion.assign([99.0])
    counts = np.arange(12)
    x = np.log1p(counts).astype("float32")[:, None]
    nats = likelihood.reconstruction(x, np.full_like(x, np.log(3.0)))[0]
    np.testing.assert_allclose(nats, -stats.poisson(3).logpmf(counts), atol=0.05)


def test_samples_have_mean_and_stddev(likelihood, rows):
    _, logits = rows
    many = np.repeat(logits, 20_000, axis=0)
    drawn = likelihood.sample(many, np.random.default_rng(2)).reshape(5, -1, 9)
    plain = [0, 1, *range(3, 9)]
    mean, stddev = np.array(likelihood.mean(logits)), np.array(likelihood.stddev(logits))
    np.testing.assert_allclose(drawn.mean(axis=1)[:, plain], mean[:, plain], atol=0.05)
    np.testing.assert_allclose(drawn.std(axis=1)[:, plain], stddev[:, plain], atol=0.05)
    counts = np.round(np.expm1(0.5 * drawn[..., 2] + 1.2))
    expected = np.exp(0.5 * logits[:, 2] + 1.2)
    np.testing.assert_allclose(counts.mean(axis=1), expected, rtol=0.1)
    np.testing.assert_allclose(np.expm1(0.5 * mean[:, 2] + 1.2), expected, rtol=1e-4)
    variance = expected + expected**2 / np.exp(0.7)
    np.testing.assert_allclose(counts.var(axis=1), variance, rtol=0.2)


def test_no_constant_output_is_better_than_the_collapsed_one(likelihood, rows):
    x = likelihood.sample(np.repeat(rows[1][:1], 400, axis=0), np.random.default_rng(3))
    best = likelihood.collapsed(x).mean()
    logits = np.tile(likelihood.logits_of(x.mean(axis=0)), (400, 1)).astype("float32")
    assert best < np.mean(likelihood.reconstruction(x, logits)[0])
    np.testing.assert_allclose(
        np.array(likelihood.mean(logits))[0, 3:], x.mean(axis=0)[3:], atol=0.01
    )


def test_gradients_are_finite_far_out(likelihood):
    logits = tf.constant(np.array([[1e4] * 9, [-1e4] * 9], "float32"))
    x = np.zeros((2, 9), "float32")
    x[:, [3, 4, 7]] = 1
    with tf.GradientTape() as tape:
        tape.watch(logits)
        nats = likelihood.reconstruction(x, logits)[0]
    assert np.isfinite(nats).all()
    assert np.isfinite(tape.gradient(nats, logits)).all()


@pytest.mark.parametrize(
    "text",
    [
        *("table()", "table(3)", "table(numeric=-1)", "table(numeric=2.5)", "table(dates=2)"),
        *("table(categorical=[1])", "table(count=[[1]])", "table(count=[[1, 0]])", "table(binary"),
        *("table(numeric=10000000)", "table(numeric=True)"),
    ],
)
def test_refused_layouts(text):
    with pytest.raises(UserError, match="Received"):
        read_likelihood(text)


def test_text_is_exact():
    layout = read_layout(TEXT)
    assert layout == Layout(2, ((1.2, 0.5),), 1, (3, 2))
    assert layout.text == TEXT
    assert (layout.width, layout.widths) == (9, [1, 1, 1, 1, 3, 2])


def test_a_model_needs_the_columns_and_their_width():
    with pytest.raises(UserError, match="dataset=table:FILE"):
        make_likelihood("table", Model())
    with pytest.raises(UserError, match="vectors of 4 values"):
        make_likelihood("table(numeric=4)", Model())
