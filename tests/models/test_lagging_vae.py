import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="lagging_vae", **hyper):
    return build_model(replace(tiny, model=model, kl_weight=1.0, hyper=hyper), (8, 8, 1), 64)


def test_an_update_is_steps_of_the_encoder_and_one_of_the_decoder(tiny, blobs):
    """The same as by hand: the encoder's gradient alone, three times, then the decoder's."""
    model, hand = make(tiny, encoder_steps=3), make(tiny, "vae")
    hand.set_weights(model.get_weights())
    batch = {"image": tf.constant(blobs)}
    first = model.update(blobs)
    optimizers = [type(model.optimizer)(float(tiny.learning_rate(0))) for _ in range(2)]
    parts = [hand.encoder.trainable_variables] * 3 + [hand.decoder.trainable_variables]
    losses = []
    for variables in parts:
        with tf.GradientTape() as tape:
            losses.append(hand.compute_terms(batch, True)["loss"])
        gradients = tape.gradient(losses[-1], [variable.value for variable in variables])
        optimizers[variables is parts[3]].apply(gradients, variables)
    assert float(first["loss"]) == pytest.approx(float(losses[0]), rel=1e-6)
    for one, other in zip(model.get_weights(), hand.get_weights(), strict=True):
        if one.shape:  # not the count of updates
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert int(model.step) == 1
    counts = [int(each.iterations) for each in (model.encoder_optimizer, model.optimizer)]
    assert counts == [3, 1]


@pytest.mark.parametrize("steps", [0, 1.5, 10**6])
def test_a_wrong_hyperparameter(tiny, steps):
    with pytest.raises(UserError, match="`encoder_steps`.*1 to 1000"):
        make(tiny, encoder_steps=steps)
