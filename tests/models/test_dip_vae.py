import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def make(tiny, model="dip_vae", **hyper):
    return build_model(replace(tiny, model=model, kl_weight=1.0, hyper=hyper), (8, 8, 1), 64)


@pytest.mark.parametrize("kind", ["i", "ii"])
def test_the_penalty_is_numpys(tiny, outputs, kind):
    model = make(tiny, kind=kind, off_diagonal_weight=3.0, diagonal_weight=5.0)
    penalty, logs = model.regularizer(outputs)
    mean, log_stddev = (np.asarray(part, float) for part in (outputs.mean, outputs.log_stddev))
    covariance = np.cov(mean, rowvar=False, bias=True)
    if kind == "ii":
        covariance += np.diag(np.exp(2 * log_stddev).mean(axis=0))
    diagonal = np.diag(covariance)
    expected = 3 * (np.sum(covariance**2) - np.sum(diagonal**2)) + 5 * np.sum((diagonal - 1) ** 2)
    assert float(logs["covariance_penalty"]) == pytest.approx(expected, rel=1e-4)
    kl = 0.5 * (mean**2 + np.exp(2 * log_stddev) - 1 - 2 * log_stddev).sum(axis=1)
    np.testing.assert_allclose(penalty, kl + expected, rtol=1e-4)


def test_kind_ii_takes_the_covariance_of_the_samples(tiny, outputs_of):
    """Law of total covariance (Eq. 5): many images, whose samples NumPy draws."""
    rng = np.random.default_rng(0)
    mean = rng.multivariate_normal([0, 0, 0], [[1, 0.5, 0], [0.5, 2, 0], [0, 0, 1]], 40_000)
    log_stddev = rng.normal(-0.5, 0.3, mean.shape)
    z = mean + np.exp(log_stddev) * rng.normal(size=mean.shape)
    model = make(tiny, kind="ii", off_diagonal_weight=1.0, diagonal_weight=1.0)
    covariance = np.cov(z, rowvar=False)
    expected = np.sum((covariance - np.eye(3)) ** 2)
    outputs = outputs_of(*(part.astype("float32") for part in (mean, log_stddev, z)))
    received = model.regularizer(outputs)[1]["covariance_penalty"]
    # An entry's error is about 2 / sqrt(N) = 0.01, the derivative about 4.
    assert float(received) == pytest.approx(expected, abs=0.15) and expected > 2


@pytest.mark.parametrize("kind", ["i", "ii"])
def test_weights_0_are_the_vae_to_the_last_bit(tiny, blobs, outputs, kind):
    plain = make(tiny, "vae")
    model = make(tiny, kind=kind, off_diagonal_weight=0.0, diagonal_weight=0.0)
    np.testing.assert_array_equal(model.regularizer(outputs)[0], plain.regularizer(outputs)[0])
    for _ in range(2):
        losses = [
            each.compute_terms({"image": blobs}, training=True)["loss"] for each in (plain, model)
        ]
        assert float(losses[0]) == float(losses[1])


def test_the_weight_of_the_diagonal_follows_the_other(tiny):
    assert make(tiny, off_diagonal_weight=3.0).diagonal_weight == 30.0
    assert make(tiny, kind="ii", off_diagonal_weight=3.0).diagonal_weight == 3.0
    assert make(tiny, off_diagonal_weight=3.0, diagonal_weight=0.0).diagonal_weight == 0.0


@pytest.mark.parametrize(
    "hyper, message",
    [
        ({"kind": "iii"}, "'iii'"),
        ({"kind": ["i"]}, "Unknown kind"),
        ({"off_diagonal_weight": "10"}, "`off_diagonal_weight`.*least 0"),
        ({"off_diagonal_weight": -1.0}, "off_diagonal_weight=-1.0"),
        ({"diagonal_weight": -1.0}, "diagonal_weight=-1.0"),
    ],
)
def test_mistakes(tiny, hyper, message):
    with pytest.raises(UserError, match=message):
        make(tiny, **hyper)
