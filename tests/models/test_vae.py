import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.models.template.build import build_model


def make(tiny, **changes):
    return build_model(replace(tiny, **changes), (8, 8, 1), dataset_size=64)


def test_the_loss_is_numpys(tiny, blobs):
    model = make(tiny, kl_weight=2.5)
    state = np.array(model.seed_generator.state)
    mean, log_stddev, z, logits = (np.array(part, float) for part in model(blobs))
    noise = (z - mean) / np.exp(log_stddev)
    assert abs(noise.mean()) < 0.3 and 0.8 < noise.std() < 1.2
    model.seed_generator.state.assign(state)
    terms = model.compute_terms({"image": blobs}, True)
    terms = {name: float(term) for name, term in terms.items()}
    probability = 1 / (1 + np.exp(-logits))
    cross_entropy = -(blobs * np.log(probability) + (1 - blobs) * np.log(1 - probability))
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev)
    assert terms["reconstruction"] == pytest.approx(cross_entropy.sum((1, 2, 3)).mean(), rel=1e-5)
    assert terms["kl"] == pytest.approx(kl.sum(1).mean(), rel=1e-5)
    assert terms["loss"] == pytest.approx(terms["reconstruction"] + 2.5 * terms["kl"], rel=1e-6)
    assert terms["elbo"] == pytest.approx(-terms["reconstruction"] - terms["kl"], rel=1e-6)
    assert terms["kl_weight"] == 2.5
    for name, values in (("stddev", np.exp(log_stddev)), ("mean", mean)):
        for function in ("mean", "min", "max"):
            expected = getattr(np, function)(values)
            assert terms[f"{name}_{function}"] == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_the_regularizer_is_the_kl_of_every_image(tiny, outputs):
    penalty, logs = make(tiny).regularizer(outputs)
    mean, log_stddev = (np.array(part, float) for part in (outputs.mean, outputs.log_stddev))
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev).sum(1)
    np.testing.assert_allclose(penalty, kl, rtol=1e-5)
    np.testing.assert_array_equal(logs["kl"], penalty)
