import numpy as np
import pytest
import tensorflow as tf

from vae_tf.sums import branches


def test_branches_add_gradients_in_pairs():
    weights = [1.0, 10.0, 100.0, 1000.0, 10000.0]

    def gradient_of(branch):
        @tf.function
        def function(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                ends = zip(branch(x), weights, strict=True)
                loss = sum(tf.reduce_sum(weight * end) for end, weight in ends)
            return tape.gradient(loss, x)

        x = tf.constant([1.0, 2.0])
        graph = function.get_concrete_function(x).graph
        widths = [len(op.inputs) for op in graph.get_operations() if op.type == "AddN"]
        return np.array(function(x)), max(widths)

    values, width = gradient_of(lambda x: branches(x, 5))
    plain, plain_width = gradient_of(lambda x: [x] * 5)
    np.testing.assert_array_equal(values, [11111, 11111])
    np.testing.assert_array_equal(plain, values)
    assert width == 2 and plain_width == 5


@pytest.mark.parametrize("count", [1, 2, 4])
def test_branches_are_the_tensor(count):
    ends = branches(tf.constant([1.0, 2.0]), count)
    assert len(ends) == count
    for end in ends:
        np.testing.assert_array_equal(end, [1, 2])
