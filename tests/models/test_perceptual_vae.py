import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import CONVOLUTIONS, assert_same_bytes, killed_copy
from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.networks.feature_maps import keras_maps
from vae_tf.process.errors import UserError
from vae_tf.runs import Run
from vae_tf.training import train


def params_of(tiny, model="perceptual_vae", **hyper):
    return replace(tiny, model=model, encoder=CONVOLUTIONS, kl_weight=1.0, hyper=hyper)


def make(tiny, model="perceptual_vae", **hyper):
    return build_model(params_of(tiny, model, **hyper), (8, 8, 1), 64)


def test_at_weight_0_it_is_the_vae(tiny, blobs):
    models = make(tiny, perceptual_weight=0), make(tiny, "vae")
    for _ in range(2):
        terms = [each.update({"image": blobs}) for each in models]
        assert float(terms[0]["loss"]) == float(terms[1]["loss"])
    np.testing.assert_array_equal(models[0].generate(3), models[1].generate(3))


def test_the_distance_is_numpys(tiny, blobs):
    model = make(tiny, features=[[4, 3, 2], [5, 3, 2]], perceptual_weight=2.0, pixel_weight=0.5)
    outputs = model.forward({"image": blobs}, True)
    x, y = blobs, 1 / (1 + np.exp(-np.array(outputs.logits)))
    expected = 0
    for one, other in zip(model.features(x), model.features(y), strict=True):
        units = [
            np.array(f) / np.sqrt((np.array(f) ** 2).sum(-1, keepdims=True) + 1e-3)
            for f in (one, other)
        ]
        expected = expected + 64 * ((units[0] - units[1]) ** 2).sum(-1).mean(axis=(1, 2))
    reconstruction, _ = model.reconstruction(outputs)
    loss, logs = model.rendering_loss(outputs, reconstruction)
    np.testing.assert_allclose(logs["perceptual_distance"], expected, rtol=1e-4)
    np.testing.assert_allclose(loss, 0.5 * np.array(reconstruction) + 2 * expected, rtol=1e-4)
    same = outputs._replace(logits=np.log(blobs.clip(1e-6) / (1 - blobs).clip(1e-6)))
    assert np.max(model.rendering_loss(same, reconstruction)[1]["perceptual_distance"]) < 1e-6


def test_features_of_a_run_are_its_encoders_and_are_not_trained(tiny, tmp_path):
    source = train(replace(tiny, encoder=CONVOLUTIONS), tmp_path / "source")
    params = params_of(tiny, features=str(source.path))
    params = replace(params, steps=6, checkpoint_every=3, log_every=2)
    straight = train(params, tmp_path / "straight")
    wanted = source.model.encoder.get_layer("conv_1").get_weights()
    for run in (straight, Run(straight.path)):  # as trained, and as loaded
        for one, other in zip(wanted, run.model.features.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    assert float(straight.history["perceptual_distance"][-1]) > 0
    resumed = train(params, killed_copy(straight, tmp_path / "killed"), resume=True)
    assert_same_bytes(straight, resumed)


def test_networks_of_keras(tiny):
    """With random weights, from a seed; the largest map of each size."""
    maps = keras_maps("MobileNetV2", (32, 32, 1), seed=3)
    again = keras_maps("MobileNetV2", (32, 32, 1), seed=3)
    x = np.random.default_rng(0).random((2, 32, 32, 1)).astype("float32")
    sides = [each.shape[1] for each in maps.output]
    assert sides == sorted(set(sides), reverse=True) and sides[0] == 16
    for one, other in zip(maps(x), again(x), strict=True):
        np.testing.assert_array_equal(one, other)
    seen = tf.Variable(x)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(maps(seen)[0])
    assert np.any(tape.gradient(value, seen))


@pytest.mark.parametrize(
    ("hyper", "message"),
    [
        ({"features": "VGG17"}, "network of keras.applications such as VGG16"),
        ({"features": "/no/such/run"}, "the folder of a run, which must still be there"),
        ({"features": [[16]]}, "smaller maps of images"),
        ({"features": "VGG16(weights=random)"}, "does not take images of 8x8"),
        ({"perceptual_weight": -1}, "perceptual_weight"),
    ],
)
def test_what_cannot_compare_images_is_refused(tiny, hyper, message):
    with pytest.raises(UserError, match=message):
        make(tiny, **hyper)
