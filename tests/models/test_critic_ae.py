import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, **hyper):
    hyper = {"discriminator": [[16]], **hyper}
    return build_model(replace(tiny, model="critic_ae", hyper=hyper), (8, 8, 1), 64)


def linear(model, direction):
    """Gives the model the critic f(z) = direction . z."""
    dense = keras.layers.Dense(1, use_bias=False)
    z = keras.Input((len(direction),))
    model.discriminator = keras.Model(z, keras.layers.Reshape(())(dense(z)))
    dense.kernel.assign(np.array(direction, "float32")[:, None])


@pytest.mark.parametrize("direction, penalty", [((0.6, 0.8, 0), 0.0), ((0, 3, 0), 4.0)])
def test_a_linear_critic_has_its_slope(tiny, direction, penalty):
    """The penalty is (|w| - 1)^2 at any point; the distance is w . (difference of means)."""
    model = make(tiny, gradient_weight=7)
    linear(model, direction)
    rng = np.random.default_rng(0)
    prior, codes = rng.normal(size=(2, 50, 3)).astype("float32")
    terms = model.discriminator_terms(prior, codes)
    distance = (prior.mean(axis=0) - codes.mean(axis=0)) @ direction
    assert float(terms["gradient_penalty"]) == pytest.approx(penalty, abs=1e-5)
    assert float(terms["wasserstein"]) == pytest.approx(distance, abs=1e-5)
    assert float(terms["discriminator_loss"]) == pytest.approx(7 * penalty - distance, abs=1e-4)


def test_the_penalty_is_that_of_differences(tiny):
    """A critic of two layers, its slope by finite differences in float64."""
    model = make(tiny)
    points = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    weights = [np.array(w, "float64") for w in model.discriminator.get_weights()]

    def critic(z):
        hidden = z @ weights[0] + weights[1]
        return np.maximum(hidden, 0.2 * hidden) @ weights[2][:, 0] + weights[3][0]

    steps = 1e-6 * np.eye(3)
    slope = [(critic(points + step) - critic(points - step)) / 2e-6 for step in steps]
    expected = np.mean((np.linalg.norm(slope, axis=0) - 1) ** 2)
    assert float(model.gradient_penalty(tf.constant(points))) == pytest.approx(expected, rel=1e-4)


def test_the_critic_finds_the_distance_of_shifted_gaussians(tiny):
    """W1 of N(0, I) from N(m, I) is |m|; the penalty lets the slope exceed 1 a little."""
    model = make(tiny)
    rng = np.random.default_rng(0)
    optimizer = keras.optimizers.Adam(5e-3, beta_1=0.0, beta_2=0.9)
    variables = model.discriminator.trainable_variables

    @tf.function(autograph=False)
    def step(prior, codes):
        with tf.GradientTape() as tape:
            terms = model.discriminator_terms(prior, codes)
        optimizer.apply(tape.gradient(terms["discriminator_loss"], variables), variables)
        return terms["wasserstein"]

    optimizer.build(variables)
    found = []
    for _ in range(300):
        prior, codes = (tf.constant(rng.normal(size=(64, 3)), "float32") for _ in range(2))
        found.append(float(step(prior, codes + [0.0, 1.2, 1.6])))
    assert np.mean(found[-100:]) == pytest.approx(2.0, rel=0.15)


def test_codes_come_to_the_prior(tiny, blobs):
    """Codes that start around 3 move to where the prior is; the critic makes three steps a time."""
    model = make(tiny, critic_steps=3, encoder_learning_rate=2e-3, discriminator_learning_rate=5e-3)
    model.encoder.get_layer("mean").bias.assign([3.0, 3.0, 3.0])
    update = tf.function(model.update, autograph=False)
    assert np.all(model.encode(blobs)[0].mean(axis=0) > 2)
    logged = [update({"image": tf.constant(blobs)}) for _ in range(100)]
    assert sorted(int(each.iterations) for each in model.optimizers) == [100, 100, 300]
    sums = [float(terms["reconstruction"] + terms["encoder_loss"]) for terms in logged]
    np.testing.assert_allclose([float(terms["loss"]) for terms in logged], sums, rtol=1e-5)
    distances = [float(terms["mmd"]) for terms in logged]
    assert np.all(np.abs(model.encode(blobs)[0].mean(axis=0)) < 1.5)
    assert np.mean(distances[-40:]) < 0.3 * np.mean(distances[:10])


def test_bad_hyperparameters_are_refused(tiny):
    with pytest.raises(UserError, match="critic_steps"):
        make(tiny, critic_steps=0)
    with pytest.raises(UserError, match="gradient_weight"):
        make(tiny, gradient_weight=-1.0)
