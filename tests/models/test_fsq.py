import itertools

import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.fsq import FSQ, bound
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def params_of(tiny, levels, size=None):
    hyper = {"levels": levels, "prior_layers": 1, "prior_filters": 4}
    return replace(
        tiny,
        model="fsq",
        kl_weight=1.0,
        encoder=((8, 4, 2), (8,)),
        latent_size=size or len(levels),
        hyper=hyper,
    )


def make(tiny, levels, size=None) -> FSQ:
    return build_model(params_of(tiny, levels, size), (8, 8, 1), 64)


def quantized(model, values):
    """Codes and numbers of one vector that all 16 places have."""
    flat = np.tile(np.array(values, "float32"), 16)[None]
    codes = model.to_codes(flat, False)
    return np.array(codes.mean)[0, : len(values)], np.array(codes.indices)[0, 0]


def test_values_of_the_papers_listing(tiny):
    """Levels 3, 5, 4 at (0.25, 0.6, -7), the example of App. A.1."""
    code, number = quantized(make(tiny, [3, 5, 4]), [0.25, 0.6, -7])
    np.testing.assert_allclose(code, [0, 0.5, -1])
    assert number == 1 + 3 * 3 + 15 * 0


@pytest.mark.parametrize("levels", [2, 3, 4, 5, 8])
def test_a_value_takes_each_of_its_levels(tiny, levels):
    values = np.linspace(-9, 9, 4_001)[:, None].astype("float32")
    rounded = np.unique(np.round(np.array(bound(values, [levels]))))
    np.testing.assert_array_equal(rounded, np.arange(levels) - levels // 2)


def test_numbers_and_vectors_are_inverse(tiny):
    model = make(tiny, [4, 3, 2])
    numbers = np.arange(24)
    vectors = np.array(model.vectors(numbers))
    grid = itertools.product([-1, 0], [-1, 0, 1], [-1, -0.5, 0, 0.5])
    assert sorted(map(tuple, vectors)) == sorted((a, b, c) for c, b, a in grid)
    # Values in the middle of each level, by the inverse of tanh, have its number.
    half, offset = np.array([1.5, 1, 0.5]) * 0.999, np.array([0.5, 0, 0.5])
    levels = vectors * [2, 1, 1]
    inside = np.clip((levels + offset) / half, -0.9999, 0.9999)
    values = np.arctanh(inside) - np.tan(offset / half)
    for value, vector, number in zip(values, vectors, numbers, strict=True):
        code, found = quantized(model, value)
        np.testing.assert_allclose(code, vector)
        assert found == number


def test_gradients_pass_straight_through_the_rounding(tiny):
    model = make(tiny, [5, 3])
    flat = tf.constant(np.random.default_rng(0).normal(size=(2, 32)).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(flat)
        total = tf.reduce_sum(model.to_codes(flat, True).mean)
    half = np.tile(np.array([4, 2]) * 0.999 / 2, 16)
    expected = half * (1 - np.tanh(flat) ** 2) / np.tile([2, 1], 16)
    np.testing.assert_allclose(tape.gradient(total, flat), expected, rtol=1e-4)


def test_the_kl_is_the_log_of_the_number_of_codes_and_nothing_is_added(tiny, blobs):
    model = make(tiny, [5, 3])
    terms = {n: float(t) for n, t in model.compute_terms({"image": blobs}, True).items()}
    assert terms["kl"] == pytest.approx(16 * np.log(15), rel=1e-6)
    assert terms["loss"] == pytest.approx(terms["reconstruction"] + terms["kl"], rel=1e-6)
    drawn = np.array(model.vectors(model.sample_codes(500, np.random.default_rng(0))))
    assert {tuple(row) for row in drawn.reshape(-1, 2)} == set(
        itertools.product([-1, -0.5, 0, 0.5, 1], [-1, 0, 1])
    )


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([8, 1], r"least 2.*levels=\[8, 1\]"),
        ([], "levels="),
        ([2.0, 3], "levels="),
        ([64, 64, 64], "multiply to at most 65,536, .* 262,144 codes"),
    ],
)
def test_mistakes(tiny, levels, message):
    with pytest.raises(UserError, match=message):
        make(tiny, levels, size=2)


def test_another_number_of_values_than_levels_is_refused(tiny):
    message = r"latent_size=2, levels=\[8, 6, 5\]. Set latent_size=3"
    with pytest.raises(UserError, match=message):
        make(tiny, [8, 6, 5], size=2)
