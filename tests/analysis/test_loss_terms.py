"""The loss of a run as a sum in words."""

from types import SimpleNamespace

import numpy as np
import pytest

from vae_tf.analysis.loss_terms import loss_sentence
from vae_tf.config import Params
from vae_tf.models import MODELS
from vae_tf.models.template.hyperparameters import hyper_of


def history(model, loss, reconstruction, kl, weight):
    row = {"loss": loss, "reconstruction": reconstruction, "kl": kl, "kl_weight": weight}
    row |= dict.fromkeys(MODELS[model].loss_terms, 1.0)
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
            "Loss 670.0 = reconstruction 60.0 + 1 x KL 18.0 + 592.0 (total correlation, "
            "with a constant of its estimator); nats",
        ),
        ("vq_vae", (60.6, 50.0, 10.0, 1), "+ 1 x KL 10.0 + 0.6 (commitment); nats"),
        ("factor_vae", (62.0, 50.0, 10.0, 1), "+ 2.0 (total correlation); nats"),
        ("iwae", (95.0, 80.0, 19.0, 1), "1 x KL 19.0 - 4.0 (bound from several samples); nats"),
        ("not_miwae", (95.0, 80.0, 19.0, 1), "- 4.0 (bound from several samples); nats"),
        ("free_bits_vae", (71.0, 50.0, 20.0, 1), "1 x KL 20.0 + 1.0 (free bits); nats"),
        # Neither an infinite KL nor one that is not in the loss.
        ("wae", (51.0, 50.0, np.inf, 1), "Loss 51.0 = reconstruction 50.0 + 1.0 (mmd); nats"),
        ("qlae", (53.0, 50.0, 9.0, 1), "50.0 + 3.0 (quantization, commitment); nats"),
        ("info_gan", (0.7, 90.0, np.inf, 1), "Loss 0.7 = 0.7 (generator loss, category"),
        ("vae_gan", (19.0, 90.0, 9.0, 1), "= 1 x KL 9.0 + 10.0 (feature error, generator loss);"),
    ],
)
def test_the_terms_are_a_sum(model, row, words):
    assert words in loss_sentence(history(model, *row), Params(model=model))


def test_only_terms_that_were_logged_are_named():
    row = history("rae", 51.0, 50.0, np.inf, 1)
    del row["gradient_penalty"]  # its weight is 0
    words = loss_sentence(row, Params(model="rae"))
    assert words.startswith("Loss 51.0 = reconstruction 50.0 + 1.0 (code penalty, decoder penalty)")


def test_the_reconstruction_may_have_a_weight():
    params = Params(model="perceptual_vae", hyper={"pixel_weight": 0.5})
    words = loss_sentence(history("perceptual_vae", 31.0, 40.0, 9.0, 1), params)
    assert "= 0.5 x reconstruction 40.0 + 1 x KL 9.0 + 2.0 (perceptual distance); nats" in words


@pytest.mark.parametrize("model", MODELS)
def test_terms_of_the_loss_are_logged(model):
    kind = MODELS[model]
    if isinstance(kind.logged, tuple):  # a property of some
        assert set(kind.loss_terms) <= set(kind.logged)
    assert not any(name.startswith("discriminator_") for name in kind.loss_terms)
    assert kind.reconstruction_weight in (None, *hyper_of(model))


def test_nothing_is_said_of_terms_that_are_not_finite():
    assert loss_sentence(history("vae", np.nan, 1.0, 1.0, 1), Params()) == ""
    assert loss_sentence(history("vae", np.inf, 1.0, np.inf, 1), Params()) == ""
    assert loss_sentence({"loss": np.zeros(1)}, Params()) == ""


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_words(model):
    params = SimpleNamespace(model=model, hyper={})
    assert loss_sentence(history(model, 9.0, 1.0, 2.0, 1), params).startswith("Loss 9.0 = ")
