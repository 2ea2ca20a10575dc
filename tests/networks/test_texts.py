import pytest

from vae_tf.config import Params
from vae_tf.networks.texts import mirrored_text, read_network
from vae_tf.process.errors import UserError


def test_a_text_is_kept_as_it_would_be_written():
    params = Params(encoder=" residual( 8,16 )", decoder=[[8], [1, 4, 2]])
    assert params.encoder == "residual(8, 16)" and params.decoder == ((8,), (1, 4, 2))
    assert Params.from_json(params.to_json()) == params
    assert str(read_network(params.encoder, "encoder")) == params.encoder
    assert mirrored_text(params.encoder) == "residual(16, 8)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("residul(8)", "'residul'"),
        ("residual", "is written residual.32, 64, 128.*Received: encoder='residual'"),
        ("residual(8, 0)", "whole numbers from 1"),
        ("residual(8, 2.5)", "whole numbers from 1"),
        ("residual(*[8])", "a list of layers, or the text of a kind"),
        ("residual(8, depth=3)", "'depth'"),
        ("__import__('os')", "Unknown kind of encoder"),
        ("[[8]", "a list of layers, or the text"),
    ],
)
def test_other_texts_are_refused(text, message):
    with pytest.raises(UserError, match=message):
        Params(encoder=text)
