import inspect

import keras
import pytest

from vae_tf.config.optimizers import OPTIMIZERS, read_optimizer
from vae_tf.process.errors import UserError


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_options_are_those_of_keras(name):
    signature = inspect.signature(type(keras.optimizers.get(name)).__init__)
    theirs = set(signature.parameters) - {"self", "learning_rate", "name", "kwargs"}
    assert set(OPTIMIZERS[name]) == theirs
    for option, kind in OPTIMIZERS[name].items():
        assert kind.fits(signature.parameters[option].default), option


def test_reading():
    assert read_optimizer("sgd") == ("sgd", {})
    assert read_optimizer("sgd(momentum=0.9, nesterov=True)") == (
        "sgd",
        {"momentum": 0.9, "nesterov": True},
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("adam(epsilon=-1)", "`epsilon`.*above 0"),
        ("adam(epsilon=0)", "`epsilon`"),
        ("adam(clipnorm=-1)", "`clipnorm`.*clipnorm=-1"),
        ("adam(beta_1='x')", "`beta_1`.*below 1.*beta_1='x'"),
        ("adam(beta_1=1)", "`beta_1`"),
        ("adam(beta_1=1e999)", "`beta_1`"),
        ("adam(beta_1=True)", "`beta_1`"),
        ("adam(beta_1=[[1]])", "`beta_1`"),
        ("adam(beta_1=sgd(momentum=0.1))", "`beta_1`"),
        ("adam(weight_decay=-1)", "`weight_decay`"),
        ("adam(use_ema=1)", "`use_ema`"),
        ("adam(gradient_accumulation_steps=1)", "at least 2"),
        ("adam(clipnorm=1, clipvalue=1)", "takes one of"),
        ("adam(beta_1=0.5, beta_1=0.6)", "`beta_1`"),
        ("adam(beta1=0.5)", "'beta_1'"),
        ("adam(learning_rate=1)", "is a field"),
        ("adam(name='x')", "Unknown option"),
        ("adam(0.5)", "a name or a call"),
        ("adam().x", "a name or a call"),
        ("[1]", "a name or a call"),
        ("adamm", "'adam'"),
        (["adam"], "a name or a call"),
        ("a" * 10**6 + "(", "10,000 characters"),
    ],
)
def test_impossible_ones(text, message):
    with pytest.raises(UserError, match=message) as caught:
        read_optimizer(text)
    assert len(str(caught.value)) < 600
