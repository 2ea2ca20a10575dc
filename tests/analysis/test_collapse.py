from types import SimpleNamespace

import numpy as np
import pytest

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.collapse import code_gain, is_collapsed, uses_codes
from vae_tf.probability.likelihoods.gaussian import Gaussian
from vae_tf.scores import kl_per_code

RARE = 10  # of 1,000 images


def analyzed_run(decode):
    """A run on black images of which 1 % are white, whose one latent marks these."""
    rare = np.arange(1_000) < RARE
    x = np.ones((1, 4, 4, 1)) * rare[:, None, None, None]
    mean, stddev = np.where(rare, 3.2, 0.0)[:, None], np.where(rare, 0.1, 1.0)[:, None]
    z = mean + stddev * np.random.default_rng(0).standard_normal((1_000, 1))
    model = SimpleNamespace(
        conditional=False,
        likelihood=Gaussian(),
        reconstruction_nats=lambda x, z: np.square(x - decode(z)).sum(axis=(1, 2, 3)),
    )
    run = SimpleNamespace(
        model=model,
        images=SimpleNamespace(observed=x.__getitem__),
        analyzed_rows=np.arange(1_000),
        statistics=SimpleNamespace(sample=z),
    )
    return run, float(kl_per_code(mean, np.log(stddev))[0])


def test_a_model_that_tells_rare_images_with_less_than_a_used_latent_is_not_collapsed():
    run, kl = analyzed_run(lambda z: (z > 2.9).astype(float)[:, None, None] * np.ones((4, 4, 1)))
    assert 0.05 < kl < 0.1
    gain, error = code_gain(run)
    collapsed = 16 * 0.01 * 0.99  # the variance of the images
    missed = np.mean((run.statistics.sample[:, 0] > 2.9) != (np.arange(1_000) < RARE))
    assert gain == pytest.approx(collapsed - 16 * missed)
    summary = {"active": 0, "code_gain": gain, "code_gain_error": error}
    assert uses_codes(summary) and not is_collapsed(summary)


def test_a_decoder_that_ignores_its_codes_is_collapsed_whatever_the_kl():
    noise = np.random.default_rng(1).random((1_000, 1, 1, 1))
    for output in (0.01, 0.5, noise):
        run, _ = analyzed_run(lambda z, output=output: np.ones((len(z), 4, 4, 1)) * output)
        gain, error = code_gain(run)
        summary = {"active": 0, "code_gain": gain, "code_gain_error": error}
        assert gain < 1e-9 and is_collapsed(summary)


def test_without_a_gain_the_kl_decides():
    assert uses_codes({"active": 0}) is None
    assert is_collapsed({"active": 0}) and not is_collapsed({"active": 1})
    run, _ = analyzed_run(lambda z: 0.0)
    run.model.conditional = True
    assert code_gain(run) is None


def test_the_gain_of_a_run_is_that_of_its_reconstruction(runs):
    from vae_tf.runs import Run

    analyzed = AnalyzedRun(Run(runs / "digits"))
    x = analyzed.images.images(analyzed.analyzed_rows)
    decoded = analyzed.model.decode(analyzed.statistics.sample).astype(float)
    model = analyzed.model
    nats = model.reconstruction_nats(x, analyzed.statistics.sample)
    expected = -(x * np.log(decoded) + (1 - x) * np.log1p(-decoded)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(nats, expected, rtol=1e-4)
    saved = model.likelihood.collapsed(x) - nats
    assert code_gain(analyzed)[0] == pytest.approx(saved.mean(), rel=1e-5)
