import pytest

from vae_tf.networks import specs
from vae_tf.process.errors import UserError

SPEC = ((32, 4, 2), (64, 4, 2), (256,))


def test_shapes_follow_the_strides():
    assert specs.output_shape(SPEC, (28, 28, 1)) == (7, 7, 64)
    assert specs.base_shape(((256,), (64, 4, 2), (1, 4, 2)), (28, 28, 1), 64) == (7, 7, 64)


def test_a_stride_that_does_not_divide_names_layer_and_sizes():
    with pytest.raises(UserError, match=r"Layer 3 .* \[64, 4, 2\].*7x7.*28x28"):
        specs.output_shape((*SPEC[:2], (64, 4, 2)), (28, 28, 1))


def test_a_decoder_must_end_in_the_image():
    with pytest.raises(
        UserError, match="as many filters as the likelihood reads values for each pixel, 3"
    ):
        specs.base_shape(((64, 4, 2), (1, 4, 2)), (32, 32, 3), 64)
    with pytest.raises(UserError, match="multiply to 8"):
        specs.base_shape(((64, 4, 2), (64, 4, 2), (1, 4, 2)), (28, 28, 1), 64)


def test_a_dense_network_mirrors_to_a_dense_one():
    assert specs.mirrored(((500,), (300,)), 1) == ((300,), (500,))
