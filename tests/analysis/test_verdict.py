"""The sentence at the end of a training."""

import pytest

from vae_tf.analysis.verdict import verdict
from vae_tf.config import Params

USED = {"active": 2, "kl_per_latent": [3.0, 1.25, 0.0], "mse": 0.01234}
DEAD = {"active": 0, "kl_per_latent": [2e-4, 1e-4, 0.0], "mse": 0.07}


def test_of_a_run_that_uses_its_latents():
    expected = "2 of 3 latents are active, KL 4.2 nats, MSE 0.0123 per pixel"
    assert verdict(USED, Params(latent_size=3)) == expected
    plain = verdict(USED | {"kl_per_latent": None, "mse": None}, Params(latent_size=3))
    assert plain == "2 of 3 latents are active"
    assert verdict(dict.fromkeys(USED), Params()) == ""


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        ({"kl_weight": 4.0}, "Try a lower weight: --set kl_weight=1"),
        (
            {"kl_weight": 1.0, "steps": 100},
            "--set 'kl_weight=linear(0, 1.0, 50)', a lower learning rate",
        ),
        ({"model": "ae"}, "Try a lower learning rate"),  # no ramp from 0 to 0
        ({"model": "info_gan"}, ". Try a lower learning rate"),  # which refuses another weight
        (
            {"kl_weight": "linear(0, 1, 9)", "learning_rate": 2e-3},
            "Try a lower learning rate, --set lear",
        ),
    ],
)
def test_a_collapse_names_what_to_try(fields, remedy):
    text = verdict(DEAD, Params(latent_size=3, **fields))
    assert text.startswith("collapsed: none of 3 latents is active, KL 0.0003 nats. ")
    assert remedy in text


def test_rare_images_are_told_by_fewer_nats_than_a_latent_that_is_used():
    gains = {"code_gain": 0.06, "code_gain_error": 0.01}
    text = verdict(DEAD | {"kl_per_latent": [0.058, 0.0, 0.0]} | gains, Params(latent_size=3))
    assert text == (
        "none of 3 latents has 0.1 nats, KL 0.0580 nats, MSE 0.0700 per pixel, but the codes are "
        "used: they save 0.06 nats of the reconstruction"
    )
    chance = verdict(DEAD | gains | {"code_gain_error": 0.03}, Params(latent_size=3))
    assert chance.startswith("collapsed: none of 3 latents is active")


def test_nats_that_the_decoder_ignores_are_named():
    text = verdict(USED | {"code_gain": -0.1, "code_gain_error": 0.01}, Params(latent_size=3))
    assert text.endswith("no better than by a decoder that ignores the codes")
    told = verdict(USED | {"code_gain": 5.0, "code_gain_error": 0.1}, Params(latent_size=3))
    assert told == verdict(USED, Params(latent_size=3))


def test_a_gap_to_validation_images_is_called_overfitting():
    """For 200 photos with ten held out: 219 nats against 93."""
    text = verdict(USED | {"elbo": -93.0, "val_elbo": -219.0}, Params(latent_size=3))
    assert "overfitting: the negative ELBO is 219 nats on validation images and 93 on" in text
    assert "--set augment=mirror" in text
    assert "overfitting" not in verdict(USED | {"elbo": -93.0, "val_elbo": -99.0}, Params())


def test_overfitting_of_a_density_is_judged_by_nats_per_value():
    """Its nats may be negative, or near 0, so that their ratio says nothing."""
    params = Params(likelihood="gaussian(stddev=0.1)", latent_size=3)
    numbers = USED | {"elbo": 1285.0, "image_shape": [16, 16, 3]}  # 0.25 nats per value: 192
    text = verdict(numbers | {"val_elbo": 481.0}, params)
    assert "overfitting: the negative ELBO is -481 nats on validation images and -1285 on" in text
    assert "overfitting" not in verdict(numbers | {"val_elbo": 1100.0}, params)
    assert "overfitting" not in verdict(numbers | {"elbo": -1.0, "val_elbo": -9.0}, params)
