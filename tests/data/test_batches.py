import numpy as np
import pytest

from vae_tf.data import ArrayImages
from vae_tf.data.batches import PARTS, batch_at, batch_indices, batch_of, batches, parts
from vae_tf.data.factors import FactorGrid
from vae_tf.data.ground_truth_images import GroundTruthImages
from vae_tf.data.row_file import ArrayRows
from vae_tf.process.errors import UserError


def test_every_epoch_is_a_new_permutation_and_batches_span_epochs():
    size, batch_size = 10, 4
    order = np.concatenate([batch_indices(size, batch_size, 0, step) for step in range(10)])
    epochs = order.reshape(4, size)
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(size))
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_a_set_smaller_than_a_batch():
    indices = batch_indices(3, 8, 0, 5)
    assert sorted(np.bincount(indices)) in ([2, 3, 3], [2, 2, 4])


def test_a_pure_function_of_seed_and_step():
    np.testing.assert_array_equal(batch_indices(100, 8, 1, 50), batch_indices(100, 8, 1, 50))
    assert not np.array_equal(batch_indices(100, 8, 1, 50), batch_indices(100, 8, 2, 50))


def test_batches_are_the_images_of_their_steps():
    source = np.arange(40, dtype=np.uint8).reshape(40, 1, 1, 1)
    images = ArrayImages("numbers", source)
    for start in (0, 3):
        for step, batch in enumerate(
            batches(lambda step: batch_at(images, 8, 0, step), start, 12), start
        ):
            expected = images.images(batch_indices(40, 8, 0, step))
            assert list(batch) == ["image"]
            np.testing.assert_array_equal(batch["image"], expected)
        assert step == 11


def test_an_unfinished_iteration_ends_its_thread_and_errors_arrive():
    class Broken(ArrayImages):
        def images(self, indices):
            raise OSError("gone")

    source = np.zeros((8, 1, 1, 1), np.uint8)
    endless = batches(lambda step: batch_at(ArrayImages("zeros", source), 2, 0, step), 0, 10**9)
    next(endless)
    endless.close()
    with pytest.raises(OSError, match="gone"):
        next(batches(lambda step: batch_at(Broken("broken", source), 2, 0, step), 0, 5))


def numbers(size):
    """Images of one pixel that encodes their number."""
    return ArrayImages("numbers", np.arange(size, dtype=np.uint8).reshape(size, 1, 1, 1))


@pytest.mark.parametrize(
    ("size", "batch_size", "sizes"),
    [
        (40, 8, [8] * 5),
        (41, 8, [7] * 5 + [6]),
        (9, 8, [5, 4]),
        (3, 8, [3]),
        (1, 8, [1]),
        (7, 2, [3, 2, 2]),  # never one alone
        (3, 2, [3]),
        (3, 1, [3]),
    ],
)
def test_parts_are_every_image_once_in_nearly_equal_batches(size, batch_size, sizes):
    images = numbers(size)
    batches_of = [np.array(part["image"]) for part in parts(images, batch_size)]
    assert [len(part) for part in batches_of] == sizes
    values = np.sort(np.concatenate(batches_of), axis=0)
    np.testing.assert_array_equal(values, images.images(np.arange(size)))


def test_parts_of_a_sorted_set_are_mixed():
    """Each is like the whole: neighbors that are alike would mislead estimators on batches."""
    numbers_of = [np.ravel(part["image"]) * 255 for part in parts(numbers(200), 50)]
    for part in numbers_of:
        # The mean of 50 of 200 has a standard deviation of 7; neighbors' would be 24.5 to 174.5.
        assert np.mean(part) == pytest.approx(99.5, abs=21)


@pytest.fixture
def grid():
    """Images of one pixel that encodes their number, with factors, and labels other than these."""
    names = FactorGrid(("shape", "x", "y"), (2, 5, 5))
    store = ArrayRows(np.arange(50, dtype=np.uint8).reshape(50, 1, 1, 1), 255)
    labels = np.arange(50, dtype="uint8") % 7
    return GroundTruthImages("grid", "train", store, grid=names, labels=labels)


def flat(batch):
    return np.concatenate([np.ravel(part) for part in batch.values()])


@pytest.mark.parametrize("name", PARTS)
def test_every_part_of_a_batch_is_a_pure_function_of_seed_and_step(grid, name):
    needs = ("image", name)
    steps = [flat(batch_at(grid, 6, 0, step, needs)) for step in range(5)]
    for step, batch in enumerate(batches(lambda step: batch_at(grid, 6, 0, step, needs), 2, 5), 2):
        assert set(batch) - {"label"} == set(needs) - {"label"}
        np.testing.assert_array_equal(flat(batch), steps[step])
    assert len({step.tobytes() for step in steps}) == 5
    assert not np.array_equal(flat(batch_at(grid, 6, 1, 0, needs)), steps[0])
    for one, other in zip(parts(grid, 6, needs), parts(grid, 6, needs), strict=True):
        np.testing.assert_array_equal(flat(one), flat(other))


def test_pairs_of_parts_are_every_image_once(grid):
    first = np.concatenate([batch["image"] for batch in parts(grid, 6, ("image", "partner"))])
    np.testing.assert_array_equal(np.sort(first, axis=0), grid.images(np.arange(50)))


def test_labels_are_those_of_the_images(grid):
    for step, batch in enumerate(
        batches(lambda step: batch_at(grid, 8, 3, step, ("image", "label")), 0, 4)
    ):
        numbers_of = np.rint(np.ravel(batch["image"]) * 255)
        np.testing.assert_array_equal(numbers_of, batch_indices(50, 8, 3, step))
        np.testing.assert_array_equal(batch["label"], numbers_of % 7)
        assert batch["label"].dtype == np.int32 and batch["label"].shape == (8,)


def test_the_second_batch_is_drawn_from_all_images_by_itself(grid):
    drawn = []
    for step, batch in enumerate(
        batches(lambda step: batch_at(grid, 8, 3, step, ("image", "second")), 0, 40)
    ):
        numbers_of = np.rint(np.ravel(batch["image"]) * 255)
        np.testing.assert_array_equal(numbers_of, batch_indices(50, 8, 3, step))
        assert batch["second"].shape == batch["image"].shape
        drawn.extend(np.rint(np.ravel(batch["second"]) * 255).astype(int))
    counts = np.bincount(drawn, minlength=50)  # 6.4 each on average
    assert counts.min() > 0 and ((counts - 6.4) ** 2 / 6.4).sum() < 49 + 5 * np.sqrt(98)


def test_a_batch_of_several_parts(grid):
    rng = np.random.default_rng(0)
    batch = batch_of(grid, np.arange(5), ("image", "label", "partner"), rng)
    assert set(batch) == {"image", "label", "partner"}
    np.testing.assert_array_equal(np.rint(np.ravel(batch["image"]) * 255), np.arange(5))
    np.testing.assert_array_equal(batch["label"], np.arange(5))


def test_images_without_labels_are_refused():
    with pytest.raises(UserError, match="learns from labels, and <numbers.* has none. Choose"):
        batch_at(numbers(9), 4, 0, 0, ("image", "label"))


@pytest.mark.parametrize("needs", [("image",), ("image", "labeled_image", "second")])
def test_half_of_the_images_are_mirrored_as_seed_and_step_say(needs):
    """The left half of an image encodes its number, the right half is black."""
    source = np.zeros((200, 2, 4, 1), np.uint8)
    source[:, :, 0, 0] = source[:, :, 1, 0] = np.arange(1, 201)[:, None]
    images = ArrayImages("sided", source, np.arange(200) % 3)
    plain, mirrored, again = (
        batch_at(images, 100, 3, 7, needs, augment) for augment in (None, "mirror", "mirror")
    )
    other = batch_at(images, 100, 3, 8, needs, "mirror")
    for name in needs:
        flipped = mirrored[name][:, 0, 0, 0] == 0
        assert 30 < flipped.sum() < 70
        expected = np.where(flipped[:, None, None, None], plain[name][:, :, ::-1], plain[name])
        np.testing.assert_array_equal(mirrored[name], expected)
        np.testing.assert_array_equal(mirrored[name], again[name])
        assert not np.array_equal(flipped, other[name][:, 0, 0, 0] == 0)
