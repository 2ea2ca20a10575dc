import numpy as np
import pytest

from vae_tf.data import ArrayImages
from vae_tf.data.batches import batch_indices, batches


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
        for step, batch in enumerate(batches(images, 8, 0, start, 12), start):
            expected = images.images(batch_indices(40, 8, 0, step))
            np.testing.assert_array_equal(batch, expected)
        assert step == 11


def test_an_unfinished_iteration_ends_its_thread_and_errors_arrive():
    class Broken(ArrayImages):
        def images(self, indices):
            raise OSError("gone")

    source = np.zeros((8, 1, 1, 1), np.uint8)
    endless = batches(ArrayImages("zeros", source), 2, 0, 0, 10**9)
    next(endless)
    endless.close()
    with pytest.raises(OSError, match="gone"):
        next(batches(Broken("broken", source), 2, 0, 0, 5))
