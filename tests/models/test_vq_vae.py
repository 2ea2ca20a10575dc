import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.conftest import assert_same_bytes, killed_copy
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.probability.distributions import CodeMap
from vae_tf.process.errors import UserError
from vae_tf.runs import Run, checkpoints
from vae_tf.training import train

SMALL = {"num_codes": 6, "prior_layers": 1, "prior_filters": 8}


def params_of(tiny, *, encoder=((8, 4, 2), (8,)), steps=60, **hyper):
    return replace(
        tiny,
        model="vq_vae",
        kl_weight=1.0,
        encoder=encoder,
        steps=steps,
        learning_rate=0.02,
        hyper={**SMALL, "commitment_weight": 0.7, **hyper},
    )


def make(tiny, **hyper):
    return build_model(params_of(tiny, **hyper), (8, 8, 1), 64)


class Course:
    """A training of 60 steps, the prior from step 30 on: its terms, and the model at some steps."""

    def __init__(self, model, images):
        self.model, self.terms, self.states = model, [], {0: checkpoints.arrays_of(model)}
        update = tf.function(model.update, autograph=False)
        for step in range(1, 61):
            terms = update({"image": images})
            self.terms.append({name: float(term) for name, term in terms.items()})
            if step in (3, 30, 60):
                self.states[step] = checkpoints.arrays_of(model)

    def at(self, step):
        """The model after so many updates."""
        checkpoints.restore(self.model, self.states[step])
        return self.model


@pytest.fixture(scope="module")
def course(tiny, blobs):
    return Course(make(tiny), blobs)


def codes_of(model, images):
    """Places `[B, P, D]`, their nearest codes in NumPy, and the vectors of these."""
    places = np.array(model.encoder(images)[1], float).reshape(len(images), -1, 3)
    codes = np.array(model.codebook.codes, float)
    indices = ((places[:, :, None] - codes) ** 2).sum(-1).argmin(-1)
    return places, indices, codes[indices]


def test_all_terms_are_numpys(course, blobs):
    model = course.at(3)
    terms = {n: float(t) for n, t in model.compute_terms({"image": blobs}, False).items()}
    places, indices, vectors = codes_of(model, blobs)
    commitment = ((places - vectors) ** 2).sum((1, 2)).mean()
    assert terms["commitment"] == pytest.approx(commitment, rel=1e-4)
    assert terms["kl"] == pytest.approx(16 * np.log(6), rel=1e-6)  # 4x4 places
    logits = np.array(model.decoder(vectors.reshape(64, -1).astype("float32")), float)
    reconstruction = (np.logaddexp(0, logits) - blobs * logits).sum((1, 2, 3)).mean()
    assert terms["reconstruction"] == pytest.approx(reconstruction, rel=1e-5)
    assert terms["elbo"] == pytest.approx(-reconstruction - 16 * np.log(6), rel=1e-5)
    loss = reconstruction + 0.7 * commitment + 16 * np.log(6)
    assert terms["loss"] == pytest.approx(loss, rel=1e-5)
    use = np.bincount(indices.ravel(), minlength=6) / indices.size
    perplexity = np.exp(-np.sum(use[use > 0] * np.log(use[use > 0])))
    assert terms["perplexity"] == pytest.approx(perplexity, rel=1e-4) and perplexity > 1.2
    assert terms["used_codes"] == pytest.approx(np.mean(use > 0))


def test_gradients_pass_straight_through_to_the_encoder(course, blobs):
    model = course.at(0)
    encoder = [variable.value for variable in model.encoder.trainable_variables]
    _, _, vectors = codes_of(model, blobs)
    code = tf.constant(vectors.reshape(64, -1).astype("float32"))
    with tf.GradientTape() as inner:
        inner.watch(code)
        nats = model.likelihood.reconstruction(blobs, model.decoder(code))[0]
    through = inner.gradient(nats, code) / 64
    with tf.GradientTape(persistent=True) as tape:
        loss = model.compute_terms({"image": blobs}, training=True)["loss"]
        encoded, _ = model.encoder(blobs, training=True)
    arriving = through + 0.7 * 2 * (encoded - code) / 64
    expected = tape.gradient(encoded, encoder, arriving)
    for one, other in zip(tape.gradient(loss, encoder), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_codes_are_vectors_of_the_codebook_without_noise(course, blobs):
    model = course.at(3)
    mean, log_stddev = model.encode(blobs)
    _, indices, vectors = codes_of(model, blobs)
    np.testing.assert_allclose(mean, vectors.reshape(64, 48), rtol=1e-6)
    assert np.all(log_stddev == -np.inf) and model.posterior is CodeMap
    np.testing.assert_array_equal(model.codes(blobs), indices.reshape(64, 4, 4))
    np.testing.assert_array_equal(model(blobs).z, mean)
    parts = model.kl_per_latent(blobs)
    np.testing.assert_allclose(parts, np.full((64, 48), np.log(6) / 3), rtol=1e-6)


def test_the_autoencoder_learns_first_and_then_the_prior(course):
    parts = {"autoencoder": ("encoder", "decoder", "codebook"), "prior": ("pixel_cnn",)}
    values = {}
    for step in (0, 30, 60):
        model = course.at(step)
        for name, networks in parts.items():
            weights = [w for network in networks for w in getattr(model, network).weights]
            values[name, step] = [np.array(weight) for weight in weights]
    for start, end, learning, still in ((0, 30, *parts), (30, 60, *reversed(parts))):
        pairs = zip(values[still, start], values[still, end], strict=True)
        assert all(np.array_equal(*pair) for pair in pairs)
        pairs = zip(values[learning, start], values[learning, end], strict=True)
        assert not any(np.array_equal(*pair) for pair in pairs)
    kl = [row["kl"] for row in course.terms]
    assert kl[:30] == [pytest.approx(16 * np.log(6))] * 30
    assert kl[-1] < kl[29] - 2  # of 28.7 nats
    frozen = [row["reconstruction"] for row in course.terms[30:]]
    assert frozen == [pytest.approx(frozen[0], rel=1e-6)] * 30


def test_the_learning_rate_goes_through_its_schedule_in_each_part(tiny):
    params = replace(params_of(tiny, prior_start=0.2, steps=1_000), learning_rate="falling(0.01)")
    model = build_model(params, (8, 8, 1), 64)
    assert model.first_step_of_prior == 200
    steps = [float(model.step_of_rate(step)) for step in (0, 50, 200, 600, 1_000)]
    assert steps == [0, 250, 0, 500, 1_000]
    np.testing.assert_allclose(model.step_of_rate(tf.constant(50, tf.int64)), 250)


def test_one_code_is_a_constant(tiny, blobs):
    """One of two codes is never the nearest: all images look alike, at 0 nats under the prior."""
    model = make(tiny, num_codes=2, revival=0.0, prior_start=0.01)
    model.codebook.codes.assign([[0.1, 0.2, 0.3], [1e3, 1e3, 1e3]])
    assert np.ptp(model.reconstruct(blobs), axis=0).max() == 0
    terms = model.compute_terms({"image": blobs}, training=False)
    assert float(terms["perplexity"]) == 1 and float(terms["used_codes"]) == 0.5
    assert float(terms["kl"]) == pytest.approx(16 * np.log(2), rel=1e-5)
    # The prior once it has learned: the first code, everywhere.
    model.updates.assign(1)
    model.pixel_cnn.stack.last.bias.assign([30.0, 0.0])
    terms = model.compute_terms({"image": blobs}, training=False)
    assert float(terms["kl"]) == pytest.approx(0, abs=1e-5)
    assert np.ptp(model.generate(5), axis=0).max() == 0


def test_samples_are_uniform_codes_before_the_prior_learns(course):
    model = course.at(3)
    drawn = model.sample_codes(1_000, np.random.default_rng(0))
    # Each of 16,000 / 6 with a standard deviation of 47.
    assert np.all(np.abs(np.bincount(drawn.ravel(), minlength=6) - 16_000 / 6) < 4.5 * 47)
    z = model.sample_prior(7, np.random.default_rng(3))
    codes = np.array(model.codebook.codes)
    assert np.abs(z.reshape(7, 16, 1, 3) - codes).max(-1).min(-1).max() == 0
    np.testing.assert_array_equal(model.generate(7, seed=3), model.decode(z))


def test_samples_are_draws_of_the_prior_once_it_learns(course):
    model = course.at(60)
    drawn = model.sample_codes(70, np.random.default_rng(0))
    noise = np.random.default_rng(0).gumbel(size=(70, 4, 4, 6)).astype("float32")
    assert drawn.shape == (70, 4, 4)  # in two parts, under the same noise
    np.testing.assert_array_equal(drawn, model.pixel_cnn.draw(noise))
    assert model.sample_codes(0, np.random.default_rng(0)).shape == (0, 4, 4)


def test_a_temperature_of_0_draws_the_likeliest_code_everywhere(tiny):
    model = make(tiny, prior_temperature=0)
    model.step.assign(model.first_step_of_prior)
    first, second = (model.sample_codes(2, np.random.default_rng(seed)) for seed in (0, 1))
    np.testing.assert_array_equal(first, second)
    drawn = ops.convert_to_numpy(
        model.pixel_cnn.stack(model.pixel_cnn.embedding(ops.one_hot(first, model.num_codes)))
    )  # logits of each code given the codes before it
    np.testing.assert_array_equal(first, drawn.argmax(axis=-1))
    assert model.prior_in_words == "prior at a temperature of 0"


def test_importance_weights_are_the_bound(course, blobs):
    model = course.at(60)
    weights = model.log_importance_weights(blobs[:3], 2)
    nats = model.reconstruction_nats(blobs[:3], model.encode(blobs[:3])[0])
    expected = -nats - model.kl_per_latent(blobs[:3]).sum(1)
    np.testing.assert_allclose(weights, [expected] * 2, rtol=1e-4)


def test_resume_is_exact_while_the_prior_learns(tiny, tmp_path):
    """Checkpoints at steps 0 and 5; the prior begins at step 4."""
    params = replace(params_of(tiny, steps=8), checkpoint_every=5, log_every=2, validate_every=8)
    params = replace(params, learning_rate="falling(0.01)")
    straight = train(params, tmp_path / "straight")
    killed = killed_copy(straight, tmp_path / "killed")
    assert_same_bytes(straight, train(params, killed, resume=True))
    with pytest.raises(UserError, match="learns since step 4.* Set steps=16 or fewer"):
        train(replace(params, steps=20), killed, resume=True)
    assert_same_bytes(straight, Run(killed))  # nothing was written


def test_more_steps_may_not_change_frozen_codes(tiny):
    model = make(tiny, prior_start=0.25)  # of 60 steps: the prior begins at step 15
    model.check_more_steps(40, 10)  # its prior would begin at step 10: nothing has learned
    model.check_more_steps(40, 15)
    with pytest.raises(UserError, match="since step 10, .* until step 15. Set steps=44 or fewer"):
        model.check_more_steps(40, 11)


def test_a_keras_file_has_the_codebook_and_the_prior(course, tmp_path):
    model = course.at(60)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.codebook.codes, model.codebook.codes)
    np.testing.assert_array_equal(loaded.generate(3), model.generate(3))


@pytest.mark.parametrize(
    ("hyper", "message"),
    [
        ({"num_codes": 1}, "`num_codes`.*least 2.*num_codes"),
        ({"prior_start": 0}, "`prior_start`.*0.01 to 1"),
        ({"prior_dropout": 1.0}, "prior_dropout=1.0"),
        ({"prior_temperature": 1.5}, "prior_temperature=1.5"),
        ({"decay": 1.0}, "decay=1.0"),
        ({"commitment_weight": -1}, "commitment_weight=-1"),
        ({"encoder": ((8,), (8,))}, "`encoder`"),
        ({"encoder": ((8, 4, 2),) * 4}, "cannot divide a 1x1 feature map"),
    ],
)
def test_mistakes(tiny, hyper, message):
    with pytest.raises(UserError, match=message):
        make(tiny, **hyper)


def test_a_decoder_that_starts_from_another_map_is_refused(tiny):
    params = replace(params_of(tiny), decoder=((8, 4, 2), (1, 4, 2)))
    with pytest.raises(UserError, match="ends in, 4x4. Received: a decoder that starts from 2x2"):
        build_model(params, (8, 8, 1), 64)


def test_vectors_are_refused(tiny):
    with pytest.raises(UserError, match="works on images. Received: vectors of 30"):
        build_model(params_of(tiny, encoder=((8,),)), (30,), 64)
