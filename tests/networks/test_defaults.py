import pytest

from vae_tf.networks import specs
from vae_tf.networks.defaults import default_encoder
from vae_tf.process.errors import UserError


@pytest.mark.parametrize(
    ("shape", "sides"),
    [
        ((8, 8, 1), (4, 4)),
        ((28, 28, 1), (7, 7)),
        ((64, 64, 3), (4, 4)),
        ((27, 27, 1), (9, 9)),
        ((7, 7, 1), (7, 7)),
        ((48, 96, 3), (6, 12)),
    ],
)
def test_convolutions_divide_the_sides_and_are_mirrored(shape, sides):
    spec = default_encoder(shape)
    assert specs.output_shape(spec, shape)[:2] == sides
    if specs.convolutions(spec):
        specs.base_shape(specs.mirrored(spec, shape[2]), shape, specs.convolutions(spec)[-1][0])


@pytest.mark.parametrize("shape", [(28, 28), 28, (0, 8, 1), ("a",), None])
def test_a_shape_that_is_none_is_refused(shape):
    with pytest.raises(UserError, match=r"\(height, width, channels\).*\(28, 28, 1\)"):
        default_encoder(shape)


def test_images_that_cannot_be_divided_are_refused():
    with pytest.raises(UserError, match="109x89 of 218x178 pixels.*Resize the images"):
        default_encoder((218, 178, 3))
