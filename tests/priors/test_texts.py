import pytest

from vae_tf.priors.texts import read_prior
from vae_tf.process.errors import UserError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("normal", ("normal", {})),
        (" flow ", ("flow", {"couplings": 6, "hidden_size": 64})),
        ("flow(couplings=2)", ("flow", {"couplings": 2, "hidden_size": 64})),
        ("mixture(components=3)", ("mixture", {"components": 3})),
        ("vamp", ("vamp", {"pseudo_images": 500})),
    ],
)
def test_texts(text, expected):
    assert read_prior(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flwo", "'flwo'.*'flow'"),
        ("flow(coupling=3)", "'couplings'"),
        ("flow(3)", "with sizes such as"),
        ("flow(couplings=0)", "1 to 100,000.*couplings=0"),
        ("flow(", "with sizes such as"),
        (3, "must be text"),
    ],
)
def test_bad_texts(text, message):
    with pytest.raises(UserError, match=message):
        read_prior(text)
