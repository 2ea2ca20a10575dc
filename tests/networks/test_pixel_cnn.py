import numpy as np
import pytest

from vae_tf.config import Params, replace
from vae_tf.networks.builders import build_mirrored_decoder
from vae_tf.networks.pixel_cnn import is_autoregressive, plain_part
from vae_tf.process.errors import UserError

PARAMS = Params(dataset="digits", encoder=((4, 3, 2), (8,)), latent_size=3)


def decoder_of(decoder, image_shape=(8, 8, 3), **changes):
    params = replace(PARAMS, decoder=decoder, **changes)
    return build_mirrored_decoder(params, image_shape, params.latent_size)


@pytest.mark.parametrize("text", ["pixel_cnn(layers=0)", "pixel_cnn(kernel=1)"])
@pytest.mark.parametrize("encoder", [((4, 3, 2), (8,)), ((8,),)])
def test_without_pixels_it_is_the_plain_decoder(encoder, text):
    plain, same = (decoder_of(decoder, encoder=encoder) for decoder in (None, text))
    assert not is_autoregressive(same)
    assert [layer.name for layer in plain.layers] == [layer.name for layer in same.layers]
    for one, other in zip(plain.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("encoder", [((4, 3, 2), (8,)), ((8,),)])
def test_begins_as_the_plain_decoder(encoder):
    text = "pixel_cnn(layers=2, filters=4, kernel=3)"
    plain, seeing = (decoder_of(decoder, encoder=encoder) for decoder in (None, text))
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2, 3)).astype("float32")
    image = rng.random((2, 8, 8, 3), "float32")
    np.testing.assert_allclose(seeing([z, image]), plain(z), atol=1e-6)
    np.testing.assert_array_equal(plain_part(seeing)(z), plain(z))
    assert plain_part(plain) is plain


def test_text_is_read_and_completed():
    assert replace(PARAMS, decoder="pixel_cnn( filters=8 )").decoder == (
        "pixel_cnn(layers=4, filters=8, kernel=5)"
    )
    params = replace(PARAMS, decoder="pixel_cnn")
    assert Params.from_json(params.to_json()) == params


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pixel_cn(layers=2)", "pixel_cnn"),
        ("pixel_cnn(layer=2)", "layers"),
        ("pixel_cnn(kernel=4)", "kernel=4"),
        ("pixel_cnn(layers=-1)", "layers.*whole number from 0.*layers=-1"),
        ("pixel_cnn(filters=0)", "filters.*from 1.*filters=0"),
        ("pixel_cnn(filters=1.5)", "filters=1.5"),
        ("pixel_cnn(2, 3)", "pixel_cnn"),
        ("pixel_cnn(", "list of layers, or the text"),
    ],
)
def test_impossible_text_is_refused(text, message):
    with pytest.raises(UserError, match=message):
        replace(PARAMS, decoder=text)


def test_vectors_are_refused():
    with pytest.raises(UserError, match="Received: vectors of 5"):
        decoder_of("pixel_cnn", (5,), encoder=((8,),))
