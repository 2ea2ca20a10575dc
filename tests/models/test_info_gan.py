import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import softmax

from tests.conftest import CONVOLUTIONS
from vae_tf import training
from vae_tf.config import replace
from vae_tf.data.image_set import ImageSet
from vae_tf.data.row_file import ArrayRows
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.runs import Run


def make(tiny, latent_size=6, **hyperparameters):
    """Three classes, two continuous codes, one latent of noise."""
    hyper = {"num_codes": 2, "categories": [3], **hyperparameters}
    params = replace(tiny, model="info_gan", hyper=hyper, latent_size=latent_size)
    return build_model(params, (8, 8, 1), 64)


def gradients(model, x, name, variables):
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": x}, training=True)[name]
    return tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def test_all_terms_are_numpys(tiny, blobs):
    model = make(tiny, info_weight=0.3)
    state = np.array(model.seed_generator.state)
    terms = {n: float(t) for n, t in model.compute_terms({"image": blobs}, False).items()}
    model.seed_generator.state.assign(state)
    real_codes = np.array(model.forward({"image": blobs}, training=False).z)
    z = np.array(model.draw_prior(64))
    images = 1 / (1 + np.exp(-np.array(model.decoder(z))))
    head, _, log_odds = (np.array(part, float) for part in model.discriminator(images))
    logits, means = head[:, :3], head[:, 3:5]
    read = (z[:, :3] * logits).sum(1) - np.log(np.exp(logits).sum(1))
    assert terms["category_information"] == pytest.approx(read.mean() + np.log(3), abs=1e-4)
    entropy = 2 * stats.uniform(-1, 2).entropy()
    information = stats.norm(means, 1).logpdf(z[:, 3:5]).sum(1).mean() + entropy
    assert terms["code_information"] == pytest.approx(information, abs=1e-4)
    information += read.mean() + np.log(3)
    fake = 1 / (1 + np.exp(-log_odds))
    head, _, log_odds = (np.array(part, float) for part in model.discriminator(blobs))
    real = 1 / (1 + np.exp(-log_odds))
    assert terms["generator_loss"] == pytest.approx(-np.log(fake).mean(), rel=1e-4)
    loss = -0.5 * (np.log(real).mean() + np.log(1 - fake).mean()) - 0.5 * 0.3 * information
    assert terms["discriminator_loss"] == pytest.approx(loss, rel=1e-4)
    right = 0.5 * ((real > 0.5).mean() + (fake < 0.5).mean())
    assert terms["discriminator_accuracy"] == pytest.approx(right)
    assert terms["loss"] == pytest.approx(terms["generator_loss"] - 0.3 * information, rel=1e-5)
    # Nothing is trained on these: real images through Q and the generator.
    np.testing.assert_allclose(real_codes[:, 3:5], head[:, 3:5], rtol=1e-4, atol=1e-5)
    assert set(np.unique(real_codes[:, :3])) == {0, 1} and np.all(real_codes[:, :3].sum(1) == 1)
    assert np.isinf(terms["kl"])
    logits = np.array(model.decoder(real_codes), float)
    nats = (np.logaddexp(0, logits) - blobs * logits).sum((1, 2, 3)).mean()
    assert terms["reconstruction"] == pytest.approx(nats, rel=1e-5)


@pytest.mark.parametrize("kind", ["tensors", "arrays"])
def test_the_prior_is_the_papers(tiny, kind):
    """Classes equally likely, codes uniform from -1 to 1; the noise is normal."""
    model = make(tiny, latent_size=9, categories=[3, 2])
    rng = np.random.default_rng(0)
    z = np.array(model.draw_prior(20_000) if kind == "tensors" else model.sample_prior(20_000, rng))
    assert z.shape == (20_000, 9) and z.dtype == np.float32
    for part, size in ((z[:, :3], 3), (z[:, 3:5], 2)):
        assert np.all(np.sort(part, axis=1)[:, :-1] == 0) and np.all(part.max(1) == 1)
        np.testing.assert_allclose(part.mean(0), 1 / size, atol=0.02)
    assert abs(np.corrcoef(z[:, 0], z[:, 3])[0, 1]) < 0.03
    for code in z[:, 5:7].T:
        assert stats.kstest(code, stats.uniform(-1, 2).cdf).pvalue > 1e-4
    for noise in z[:, 7:].T:
        assert stats.kstest(noise, stats.norm.cdf).pvalue > 1e-4


def test_a_recognition_network_that_knows_nothing_has_no_information(tiny, blobs):
    """For the class 0; for a code -1/2 log(2 pi) - E c^2 / 2 + log 2, as Q has a fixed width."""
    model = make(tiny)
    head = model.encoder.get_layer("mean")
    head.set_weights([0 * weight for weight in head.get_weights()])
    many = np.concatenate([blobs] * 30)
    terms = model.compute_terms({"image": many}, training=True)
    assert float(terms["category_information"]) == pytest.approx(0, abs=1e-5)
    expected = 2 * (np.log(2) - 0.5 * np.log(2 * np.pi) - 1 / 6)
    # c^2 / 2 has standard deviation 0.15: two codes, 1,920 images.
    assert float(terms["code_information"]) == pytest.approx(expected, abs=5 * 0.21 / 1920**0.5)


def test_what_is_read_off_an_image(tiny, blobs):
    """Probabilities of classes, the means of codes as points, the prior of the noise."""
    model = make(tiny)
    mean, log_stddev = model.encode(blobs)
    head = np.array(model.encoder(blobs)[0])
    np.testing.assert_allclose(mean[:, :3], softmax(head[:, :3], axis=1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(mean[:, 3:5], head[:, 3:5], rtol=1e-5, atol=1e-6)
    assert np.all(log_stddev[:, 3:5] == -np.inf)
    assert np.all(mean[:, 5] == 0) and np.all(log_stddev[:, 5] == 0)
    assert not model.has_densities and not model.has_gaussian_codes


def test_what_each_optimizer_updates(tiny):
    model = make(tiny)
    (phase,) = model.phases
    ours, theirs = (objective.variables for objective in phase.objectives)
    assert ours == model.decoder.trainable_variables
    received = {id(variable) for variable in theirs}
    logit = model.discriminator.get_layer("logit").trainable_variables
    expected = [*model.encoder.trainable_variables, *logit]
    assert received == {id(variable) for variable in expected}
    assert len(theirs) == len(expected)


def test_information_reaches_the_generator_and_the_recognition_head(tiny, blobs):
    heads = []
    for weight in (0.0, 0.5):
        model = make(tiny, info_weight=weight)
        head = model.encoder.get_layer("mean").kernel
        heads.append(gradients(model, blobs, "discriminator_loss", [head])[0].numpy())
        for name in ("category_information", "code_information"):
            generator = gradients(model, blobs, name, model.decoder.trainable_variables)
            assert max(np.abs(gradient).max() for gradient in generator) > 0
    assert np.all(heads[0] == 0)
    assert np.all(np.abs(heads[1][:, :5]).max(0) > 0) and np.all(heads[1][:, 5:] == 0)
    # d loss = d generator_loss - info_weight * d information
    model = make(tiny, info_weight=0.5)
    variables, state = model.decoder.trainable_variables, [0, 0]
    parts = []
    for name in ("loss", "generator_loss", "category_information", "code_information"):
        model.seed_generator.state.assign(state)
        parts.append(gradients(model, blobs, name, variables))
    for loss, generator_loss, category, code in zip(*parts, strict=True):
        expected = generator_loss - 0.5 * (category + code)
        np.testing.assert_allclose(loss, expected, rtol=1e-3, atol=1e-6)


def test_the_recognition_network_learns_to_read_the_codes(tiny, blobs):
    model = make(tiny, discriminator_learning_rate=3e-3)
    update, x = tf.function(model.update, autograph=False), tf.constant(blobs)
    for _ in range(300):
        terms = update(x)
    assert float(terms["category_information"]) > 0.5 * np.log(3)
    blind = 2 * (np.log(2) - 0.5 * np.log(2 * np.pi) - 1 / 6)
    assert float(terms["code_information"]) > blind + 0.05


def test_batch_statistics_move_with_updates_alone(tiny, blobs, tmp_path):
    """Not with validation, nor with the last row of the log, which is a pass of training."""
    hyperparameters = {"num_codes": 2}
    params = replace(tiny, model="info_gan", hyper=hyperparameters, encoder=CONVOLUTIONS, steps=5)
    images = ImageSet("blobs", "train", ArrayRows(blobs, 1.0))
    run = training.train(params, tmp_path / "run", data=(images, images))
    run.model.compute_terms({"image": blobs}, training=False)
    received, saved = (
        [*one.model.decoder.non_trainable_weights, *one.model.encoder.non_trainable_weights]
        for one in (run, Run(run.path))
    )
    assert len(received) > len(run.model.decoder.non_trainable_weights) > 0
    for one, other in zip(received, saved, strict=True):
        np.testing.assert_array_equal(one, other)
    run.model.compute_terms({"image": blobs}, training=True)
    assert all(np.any(one != other) for one, other in zip(received, saved, strict=True))


def test_pictures(tiny, blobs):
    model = make(tiny)
    for images in (model.reconstruct(blobs), model.generate(64), model.decode(np.ones((64, 6)))):
        assert images.shape == blobs.shape and images.min() >= 0 and images.max() <= 1


@pytest.mark.parametrize("num_codes", [-1, 99, 4, 1.0, True, "2"])
def test_the_number_of_codes_is_checked(tiny, num_codes):
    least = "from 0 to 3" if num_codes in (99, 4) else "of at least 0"
    with pytest.raises(UserError, match=f"`num_codes`.*{least}"):
        make(tiny, num_codes=num_codes)


def test_without_codes_there_is_nothing_to_read(tiny, blobs):
    with pytest.raises(UserError, match="`num_codes`.*1 to 6"):
        make(tiny, categories=[], num_codes=0)
    terms = make(tiny, num_codes=0).update(blobs)  # classes alone
    assert all(np.isfinite(float(term)) for term in terms.values())
    assert float(terms["code_information"]) == 0


@pytest.mark.parametrize("categories", [[1], [7], [3, 4], 3, "10", [2.0], [True], None])
def test_the_classes_are_checked(tiny, categories):
    size = " of 6" if categories in ([7], [3, 4]) else ""
    message = f"`categories` must be a list .* latent size{size}. Received: categor"
    with pytest.raises(UserError, match=message):
        make(tiny, categories=categories)


def test_the_weight_is_checked(tiny):
    with pytest.raises(UserError, match="`info_weight`.*least 0"):
        make(tiny, info_weight="much")
