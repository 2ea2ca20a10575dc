import itertools
import time

import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import Representation


class Toy:
    """Images of 2x3x1 pixels that hold their factors; counts what it renders."""

    factor_names = ("shape", "x", "y")
    factor_sizes = (2, 3, 4)

    def __init__(self):
        self.rendered = 0

    def sample_factors(self, n, rng):
        return rng.integers(0, self.factor_sizes, size=(n, 3))

    def images_of(self, factors):
        self.rendered += len(factors)
        return np.repeat(factors[:, None, :, None], 2, axis=1).astype(np.float32)


def encode(x):
    mean = x[:, 0, :, 0]
    return mean, np.full_like(mean, -1.0)


@pytest.mark.parametrize("batch_size", [1, 5, 24, 1000])
def test_every_image_is_encoded_once(batch_size, rng):
    data = Toy()
    represent = Representation(encode, data, batch_size=batch_size, progress=False)
    assert data.rendered == 24
    factors = data.sample_factors(200, rng)
    np.testing.assert_array_equal(represent(factors), factors)
    np.testing.assert_array_equal(represent.mean, represent.factors)
    assert data.rendered == 24
    assert represent.mean.dtype == np.float32
    assert represent.factor_sizes == (2, 3, 4)
    assert represent.factor_names == ("shape", "x", "y")


def test_one_batch_is_rendered_ahead():
    class Log(Toy):
        events = []

        def images_of(self, factors):
            self.events.append("rendered")
            return super().images_of(factors)

    def slow(x):
        deadline = time.monotonic() + 30
        while Log.events.count("rendered") < min(Log.events.count("encoded") + 2, 6):
            assert time.monotonic() < deadline  # the next batch must come meanwhile
        Log.events.append("encoded")
        return encode(x)

    Representation(slow, Log(), batch_size=4, progress=False)
    for index, event in enumerate(Log.events):
        ahead = Log.events[: index + 1]
        assert event == "encoded" or ahead.count("rendered") <= ahead.count("encoded") + 2


def test_failure_to_render_is_raised():
    class Broken(Toy):
        def images_of(self, factors):
            if factors[0, 0] == 1:
                raise ZeroDivisionError
            return super().images_of(factors)

    with pytest.raises(ZeroDivisionError):
        Representation(encode, Broken(), batch_size=4, progress=False)


def test_sampled_codes():
    represent = Representation(encode, Toy(), sampled=True, seed=3, progress=False)
    factors = np.tile([[1, 2, 3]], (20_000, 1))
    codes = represent(factors)
    error = np.exp(-1) / np.sqrt(20_000)
    np.testing.assert_allclose(codes.mean(axis=0), [1, 2, 3], atol=5 * error)
    np.testing.assert_allclose(codes.std(axis=0), np.exp(-1), atol=5 * error)
    assert not np.array_equal(codes, represent(factors))  # fresh noise
    again = Representation(encode, Toy(), sampled=True, seed=3, progress=False)
    np.testing.assert_array_equal(codes, again(factors))
    assert np.array_equal(represent.mean, represent.factors)  # look-ups leave the table alone


def test_encoder_without_density():
    represent = Representation(lambda x: encode(x)[0], Toy(), progress=False)
    assert represent.log_stddev is None
    with pytest.raises(UserError, match="`sampled`.*`log_stddev`"):
        Representation(lambda x: encode(x)[0], Toy(), sampled=True, progress=False)


def test_sample(rng):
    codes, factors = Representation(encode, Toy(), progress=False).sample(500, rng)
    np.testing.assert_array_equal(codes, factors)
    assert factors.max(axis=0).tolist() == [1, 2, 3]


def test_from_arrays_in_any_order(rng):
    grid = Representation(encode, Toy(), progress=False)
    order = rng.permutation(24)
    represent = Representation.from_arrays(
        grid.mean[order], grid.factors[order], grid.log_stddev[order]
    )
    np.testing.assert_array_equal(represent(grid.factors), grid.mean)
    np.testing.assert_array_equal(represent.log_stddev, grid.log_stddev)
    assert represent.factor_names == ("factor 0", "factor 1", "factor 2")


@pytest.mark.parametrize("rows", [slice(1, None), [*range(24), 0], [*range(23), 0]])
def test_from_arrays_needs_a_complete_grid(rows):
    grid = Representation(encode, Toy(), progress=False)
    with pytest.raises(UserError, match="each of the 24 combinations.*exactly once. Received"):
        Representation.from_arrays(grid.mean[rows], grid.factors[rows])


@pytest.mark.parametrize("factors", [[[2, 0, 0]], [[0, 0, -1]], [[0, 0]], [0, 0, 0], [[0.5, 0, 0]]])
def test_look_up_of_impossible_factors(factors):
    represent = Representation(encode, Toy(), progress=False)
    with pytest.raises(UserError, match="`factors` must"):
        represent(np.array(factors))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda x: (encode(x)[0][:-1], encode(x)[1]), "`encode`"),
        (lambda x: (encode(x)[0], encode(x)[1][:, :1]), "`encode`"),
        (lambda x: encode(x)[0][:, 0], "must be 2-D"),
        (lambda x: (encode(x)[0] * np.nan, encode(x)[1]), "must be finite"),
    ],
)
def test_broken_encoders(broken, message):
    with pytest.raises(UserError, match=message):
        Representation(broken, Toy(), progress=False)


def test_encoders_that_change_between_batches():
    for later in (lambda x: encode(x)[0], lambda x: [part[:, :1] for part in encode(x)]):
        encoders = itertools.chain([encode], itertools.repeat(later))
        with pytest.raises(UserError, match="same number of codes for every batch. Received: "):
            Representation(lambda x, e=encoders: next(e)(x), Toy(), batch_size=5, progress=False)


def test_names_must_fit():
    grid = Representation(encode, Toy(), progress=False)
    with pytest.raises(UserError, match="`factor_names`.*3"):
        Representation.from_arrays(grid.mean, grid.factors, factor_names=["shape"])
    with pytest.raises(UserError, match="`log_stddev`"):
        Representation.from_arrays(grid.mean, grid.factors, grid.log_stddev[:, :1])
