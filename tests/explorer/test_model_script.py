"""Operations of the script on codes: samples, the map, paths; against NumPy."""

import base64

import numpy as np
import pytest
from py_mini_racer import JSEvalException

from tests.explorer.engine import Engine
from vae_tf.plots.projections import principal_axes


@pytest.fixture(scope="module")
def engine():
    return Engine()


def opened(engine, **more):
    """A model of two latents and one pixel, with more content."""
    node = {"kind": "input", "from": [], "shape": [2]}
    content = {
        "latent_size": 2, "image_shape": [1, 1, 1], "num_classes": 0, "codes": "", "weights": "",
        "follow": [],
        "decoder": {"nodes": [node], "inputs": [0], "outputs": [0]}, "encoder": None,
        "pixels": "sigmoid", "images": {"posteriors": []}, **more,
    }  # fmt: skip
    return engine.open(content)


def test_base64_of_every_length(engine):
    for length in range(12):
        content = bytes(range(250, 250 - 20 * length, -20)) if length else b""
        text = base64.b64encode(content).decode()
        assert bytes(engine.eval(f"Array.from(explorer.bytesOf('{text}'))")) == content


def test_samples_of_the_prior_are_normal(engine):
    at = opened(engine, prior={"kind": "normal"})
    samples = engine.eval(
        f"(() => {{ const random = explorer.randomNumbers(1); return Array.from({{length: 20000}}, "
        f"() => Array.from(models[{at}].samplePrior(random))); }})()"
    )
    samples = np.array(samples)
    np.testing.assert_allclose(samples.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(samples.T), np.eye(2), atol=0.04)
    assert abs((samples**4).mean() - 3) < 0.15


def test_samples_of_the_mixture_have_its_moments(engine):
    means = np.array([[-3.0, 1.0], [2.0, 0.0]])
    factors = np.array([[[1.0, 0.0], [0.5, 0.2]], [[0.3, 0.0], [-0.3, 1.0]]])
    weights = np.array([0.25, 0.75])
    mixture = {
        "weights": weights.tolist(), "means": means.tolist(), "factors": factors.tolist(),
    }  # fmt: skip
    at = opened(engine, mixture=mixture)
    samples = engine.eval(
        f"(() => {{ const random = explorer.randomNumbers(2); return Array.from({{length: 40000}}, "
        f"() => Array.from(models[{at}].sampleMixture(random))); }})()"
    )
    samples = np.array(samples)
    mean = weights @ means
    second = sum(
        w * (f @ f.T + np.outer(m, m)) for w, m, f in zip(weights, means, factors, strict=True)
    )
    np.testing.assert_allclose(samples.mean(axis=0), mean, atol=0.04)
    np.testing.assert_allclose(np.cov(samples.T), second - np.outer(mean, mean), atol=0.08)


def test_the_map_is_the_projection_and_a_click_goes_there(engine):
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(50, 2)) @ [[2.0, 1.0], [0.0, 0.5]] + 1
    center, components, _ = principal_axes(codes)
    axes = {"center": center.tolist(), "components": components.tolist()}
    at = opened(engine, map=axes)
    place = engine.eval(f"models[{at}].placeOf({codes[3].tolist()})")
    expected = components @ (codes[3] - center)
    np.testing.assert_allclose([place["x"], place["y"]], expected, rtol=1e-6)
    moved = engine.eval(f"models[{at}].codeAt({{x: 1, y: -2}}, {codes[3].tolist()})")
    np.testing.assert_allclose(components @ (np.array(moved) - center), [1, -2], atol=1e-6)


@pytest.mark.parametrize("kind", ["straight", "spherical", "in_turn"])
def test_paths_begin_and_end_where_they_should(engine, kind):
    a, b = [1.0, 0.0, 2.0], [0.0, -3.0, 1.0]
    for t, expected in ((0, a), (1, b)):
        found = engine.eval(f"explorer.PATHS.{kind}({a}, {b}, {t}, [2, 0, 1])")
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_middle_of_each_path(engine):
    def middle(kind, a, b):
        return engine.eval(f"explorer.PATHS.{kind}({a}, {b}, 0.5, [1, 0])")

    np.testing.assert_allclose(middle("straight", [1, 0], [0, 1]), [0.5, 0.5])
    np.testing.assert_allclose(middle("spherical", [1, 0], [0, 1]), [0.5**0.5, 0.5**0.5])
    np.testing.assert_allclose(middle("spherical", [1, 1], [3, 3]), [2, 2])  # no angle between
    np.testing.assert_allclose(middle("spherical", [0, 0], [2, 4]), [1, 2])
    np.testing.assert_allclose(middle("in_turn", [1, 0], [0, 1]), [1, 1])  # the second one first


def test_an_attribute_along_a_path_is_as_probable_as_its_classifier_says(engine):
    at = opened(engine)
    classifier = {"weights": [2.0, -1.0], "bias": 0.5}
    code = "explorer.PATHS.straight([0, 0], [1, 4], 0.25, [0, 1])"
    found = engine.eval(f"models[{at}].probability({classifier}, {code})")
    assert found == pytest.approx(1 / (1 + np.exp(-(2.0 * 0.25 - 1.0 * 1.0 + 0.5))))


def test_what_is_no_page_is_said_so(engine):
    for text in ("", "<html></html>", '<script type="application/json" id="run">{</script>'):
        said = engine.eval(
            f"(() => {{ try {{ explorer.contentOf({text!r}); }} catch (error) "
            "{ return error.message; } })()"
        )
        assert "no explorer page" in said


def test_missing_weights_are_refused_and_do_not_hang_the_page(engine):
    dense = {"kind": "dense", "from": [0], "shape": [1], "kernelAt": [0, 2], "biasAt": [2, 1]}
    nodes = [{"kind": "input", "from": [], "shape": [2]}, dense]
    with pytest.raises(JSEvalException, match="missing"):
        opened(engine, decoder={"nodes": nodes, "inputs": [0], "outputs": [1]})
