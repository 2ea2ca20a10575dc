import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="rae", kl_weight=1.0, activation="relu", **hyper):
    changes = {"kl_weight": kl_weight, "activation": activation, "hyper": hyper}
    params = replace(tiny, model=model, **changes)
    return build_model(params, (8, 8, 1), 64)


def test_without_weights_it_is_the_plain_autoencoder(tiny, blobs):
    models = make(tiny, code_weight=0, decoder_weight=0), make(tiny, "plain_ae", 0.0)
    for _ in range(3):
        terms = [each.update({"image": blobs}) for each in models]
        assert float(terms[0]["loss"]) == pytest.approx(float(terms[1]["loss"]), rel=1e-6)


def test_the_penalties_are_numpys(tiny, blobs):
    model = make(tiny, code_weight=0.3, decoder_weight=0.2)
    terms = model.compute_terms({"image": blobs}, training=True)
    codes = 0.5 * (model.encode(blobs)[0] ** 2).sum(axis=1).mean()
    kernels = sum((w**2).sum() for w in model.decoder.get_weights() if w.ndim > 1)
    assert float(terms["code_penalty"]) == pytest.approx(codes, rel=1e-5)
    assert float(terms["decoder_penalty"]) == pytest.approx(kernels, rel=1e-5)
    expected = float(terms["reconstruction"]) + 0.3 * codes + 0.2 * kernels
    assert float(terms["loss"]) == pytest.approx(expected, rel=1e-5)


def test_negative_weights_are_refused(tiny):
    with pytest.raises(UserError, match="code_weight"):
        make(tiny, code_weight=-1.0)
    assert np.isfinite(make(tiny).generate(2)).all()


def test_the_decoders_derivatives_are_those_of_its_jacobian(tiny, blobs):
    """The estimate's average over noise is the sum of squares of the Jacobian by differences."""
    model = make(tiny, activation="tanh", decoder_weight=0, gradient_weight=0.5)
    model.decoder.set_weights([2 * w for w in model.decoder.get_weights()])
    x = blobs[:2]
    z = model.encode(x)[0].astype("float64")
    shifts = 1e-3 * np.eye(3)
    slopes = [(model.decode(z + s) - model.decode(z - s)).reshape(2, -1) / 2e-3 for s in shifts]
    expected = np.square(slopes).sum(axis=(0, 2))
    many = np.repeat(x, 2_000, axis=0)
    outputs = model.forward({"image": many}, training=False)
    found = np.array(model.squared_derivatives(outputs)).reshape(2, 2_000)
    error = found.std(axis=1) / np.sqrt(2_000)
    assert np.all(np.abs(found.mean(axis=1) - expected) < 4 * error + 0.02 * expected)
    assert np.all(error < 0.1 * expected)


def test_the_gradient_penalty_is_logged_where_it_is_paid(tiny, blobs):
    assert "gradient_penalty" not in make(tiny).columns
    terms = make(tiny, gradient_weight=0.5).compute_terms({"image": blobs}, training=True)
    parts = [float(terms[name]) for name in ("reconstruction", "code_penalty", "decoder_penalty")]
    expected = parts[0] + 0.1 * parts[1] + 1e-3 * parts[2] + 0.5 * float(terms["gradient_penalty"])
    assert float(terms["loss"]) == pytest.approx(expected, rel=1e-5)
