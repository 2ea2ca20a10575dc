import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.errors import UserError
from vae_tf.models.template.build import build_model


def make(tiny, model="rae", kl_weight=1.0, **hyper):
    params = replace(tiny, model=model, kl_weight=kl_weight, hyper=hyper)
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
