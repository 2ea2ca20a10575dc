"""The loss of a run as a sum in words."""

from types import SimpleNamespace

import numpy as np
import pytest

from vae_tf.analysis.loss_terms import loss_sentence
from vae_tf.config import Params
from vae_tf.models import MODELS


def history(loss, reconstruction, kl, weight):
    row = {"loss": loss, "reconstruction": reconstruction, "kl": kl, "kl_weight": weight}
    return {name: np.array([9e9, value]) for name, value in row.items()}


@pytest.mark.parametrize(
    ("model", "row", "words"),
    [
        ("vae", (101.5, 82.1, 19.4, 1), "Loss 101.5 = reconstruction 82.1 + 1 x KL 19.4; nats"),
        ("ae", (3.0, 3.0, np.inf, 0), "Loss 3.0 = reconstruction 3.0; nats"),
        ("beta_vae", (90.0, 50.0, 10.0, 4), "Loss 90.0 = reconstruction 50.0 + 4 x KL 10.0; nats"),
        (
            "beta_tcvae",
            (670.0, 60.0, 18.0, 1),
            "Loss 670.0 = reconstruction 60.0 + 1 x KL 18.0 + 592.0 of total_correlation, "
            "with a constant of its estimator; nats",
        ),
        ("vq_vae", (60.6, 50.0, 10.0, 1), "+ 1 x KL 10.0 + 0.6 of commitment; nats"),
        ("factor_vae", (62.0, 50.0, 10.0, 1), "+ 2.0 of total_correlation; nats"),
        ("iwae", (95.0, 80.0, 19.0, 1), "1 x KL 19.0 - 4.0 of terms of iwae; nats"),
    ],
)
def test_the_terms_are_a_sum(model, row, words):
    assert words in loss_sentence(history(*row), Params(model=model))


@pytest.mark.parametrize("model", MODELS)
def test_terms_of_the_loss_are_logged(model):
    kind = MODELS[model]
    if isinstance(kind.logged, tuple):  # a property of some
        assert set(kind.loss_terms) <= set(kind.logged)
    assert not any(name.startswith("discriminator_") for name in kind.loss_terms)


def test_nothing_is_said_of_terms_that_are_not_finite():
    assert loss_sentence(history(np.nan, 1.0, 1.0, 1), Params()) == ""
    assert loss_sentence(history(np.inf, 1.0, np.inf, 1), Params()) == ""
    assert loss_sentence({"loss": np.zeros(1)}, Params()) == ""


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_words(model):
    params = SimpleNamespace(model=model)
    assert loss_sentence(history(9.0, 1.0, 2.0, 1), params).startswith("Loss 9.0")
