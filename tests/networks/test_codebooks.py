import keras
import numpy as np
import pytest

from vae_tf.networks.codebooks import MovingCodebook


def codebook(codes, decay=0.9, revival=0.0):
    codes = np.array(codes, "float32")
    book = MovingCodebook(*codes.shape, decay, revival)
    book.build()
    book.codes.assign(codes)
    return book


def follow(book, vectors, seed=0, **options):
    vectors = np.array(vectors, "float32")
    indices = book.nearest(vectors)
    book.follow(vectors, indices, keras.random.SeedGenerator(seed), **options)
    return np.array(indices)


def test_nearest_codes_are_numpys():
    rng = np.random.default_rng(0)
    book, vectors = codebook(rng.normal(size=(7, 3))), rng.normal(size=(2, 5, 3))
    distances = ((vectors[..., None, :] - np.array(book.codes)) ** 2).sum(-1)
    indices = np.array(book.nearest(vectors.astype("float32")))
    np.testing.assert_array_equal(indices, distances.argmin(-1))
    np.testing.assert_array_equal(book.vectors(indices), np.array(book.codes)[indices])


def test_codes_are_the_moving_averages_of_numpy():
    rng = np.random.default_rng(0)
    book = codebook(rng.normal(size=(4, 2)))
    codes, uses, sums = np.array(book.codes, float), np.zeros(4), np.zeros((4, 2))
    for _ in range(5):
        vectors = rng.normal(size=(30, 2))
        chosen = ((vectors[:, None] - codes) ** 2).sum(-1).argmin(1)
        for k in range(4):
            uses[k] = 0.9 * uses[k] + 0.1 * np.sum(chosen == k)
            sums[k] = 0.9 * sums[k] + 0.1 * vectors[chosen == k].sum(0)
        codes = np.where(uses[:, None] > 0, sums / np.maximum(uses, 1e-12)[:, None], codes)
        np.testing.assert_array_equal(follow(book, vectors), chosen)
        np.testing.assert_allclose(book.codes, codes, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(book.uses, uses, rtol=1e-5)


def test_a_code_that_nothing_is_near_to_stays_without_revival():
    book = codebook([[0, 0], [50, 50]])
    follow(book, np.random.default_rng(0).normal(size=(20, 2)))
    np.testing.assert_array_equal(np.array(book.codes)[1], [50, 50])


def test_dead_codes_are_placed_on_vectors_of_the_batch_far_from_their_codes():
    book = codebook([[0, 0], [50, 50], [60, 60]], revival=0.1)
    # 99 of 100 vectors are at their code, and one is 5 away.
    vectors = np.zeros((100, 2))
    vectors[37] = [3, 4]
    follow(book, vectors)
    np.testing.assert_allclose(np.array(book.codes)[1:], [[3, 4], [3, 4]], rtol=1e-5)
    # An average of 100 / 3 vectors a code, a tenth of which is the bound.
    np.testing.assert_allclose(np.array(book.uses)[1:], 2 * 0.1 * 100 / 3, rtol=1e-5)


def test_far_vectors_are_drawn_by_their_squared_distance():
    vectors = np.zeros((300, 1))
    vectors[:100], vectors[100:200] = 1, -2
    book = codebook([[0.0], *[[1_000.0 + k] for k in range(4_000)]], revival=0.1)
    follow(book, vectors)
    drawn = np.array(book.codes)[1:, 0]
    assert set(np.round(drawn, 4)) == {1.0, -2.0}
    # 1 : 4, of 4,000 with a standard deviation of 25.
    assert abs(np.sum(drawn < 0) - 3_200) < 5 * 25


def test_revival_fills_a_codebook_that_has_one_code_in_use():
    rng = np.random.default_rng(0)
    centers = rng.normal(0, 5, size=(16, 4))
    used = {}
    for revival in (0.0, 0.1):
        book = codebook(np.zeros((16, 4)) + np.arange(16)[:, None] * 100.0, 0.9, revival)
        for _ in range(25):
            vectors = centers[rng.integers(16, size=400)] + rng.normal(0, 0.1, size=(400, 4))
            indices = follow(book, vectors)
        used[revival] = len(np.unique(indices))
    assert used[0.0] == 1 and used[0.1] >= 14


def test_a_codebook_that_does_not_learn_stays():
    book = codebook([[0, 0], [1, 1]], revival=0.1)
    before = book.get_weights()
    follow(book, np.ones((9, 2)), learns=False)
    for one, other in zip(before, book.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_equal_vectors_are_a_batch_too():
    book = codebook([[0, 0], [9, 9]], revival=0.1)
    follow(book, np.zeros((4, 2)))
    assert np.isfinite(np.array(book.codes)).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_revives_alike(seed):
    books = [codebook([[0.0]] + [[100.0 + k] for k in range(9)], revival=0.1) for _ in range(2)]
    for book in books:
        follow(book, np.linspace(0, 1, 50)[:, None], seed)
    np.testing.assert_array_equal(books[0].codes, books[1].codes)
