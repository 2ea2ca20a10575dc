import numpy as np
import pytest

import vae_tf
from vae_tf.data import ArrayImages
from vae_tf.process.errors import UserError
from vae_tf.training import train


def test_a_run_is_loaded_from_its_folder_alone(tiny, tmp_path, blobs):
    tiny_run = train(tiny, tmp_path / "run")
    run = vae_tf.load_run(tiny_run.path)
    assert run.params == tiny and run.name == "run"
    assert int(run.model.step) == run.details["step"] == 12
    for one, other in zip(run.model.encode(blobs), tiny_run.model.encode(blobs), strict=True):
        np.testing.assert_array_equal(one, other)
    assert run.data.image_shape == (8, 8, 1)
    assert len(run.data) + len(run.validation_data) == 1797
    assert repr(run) == "<Run 'run': vae of 3 latents on digits, kl_weight 1.0, step 12 of 12>"


def test_history_are_the_columns_of_the_log(tiny_run):
    history = vae_tf.load_run(tiny_run.path).history
    assert (
        list(history)[:13]
        == (
            "step loss reconstruction kl kl_weight elbo stddev_mean stddev_min stddev_max "
            "mean_mean mean_min mean_max learning_rate"
        ).split()
    )
    assert all(name.startswith("val_") for name in list(history)[13:])
    np.testing.assert_array_equal(history["step"], [0, 4, 6, 8, 12])
    np.testing.assert_array_equal(np.isnan(history["val_loss"]), [1, 1, 0, 1, 0])
    np.testing.assert_allclose(
        history["loss"], history["reconstruction"] + history["kl_weight"] * history["kl"], rtol=1e-6
    )


def test_what_is_no_run(tmp_path):
    with pytest.raises(UserError, match="is no run folder: it does not exist"):
        vae_tf.load_run(tmp_path / "none")
    with pytest.raises(UserError, match="params.json"):
        vae_tf.load_run(tmp_path)
    (tmp_path / "params.json").write_text('{"stepz": 3}')
    with pytest.raises(UserError, match="params.json.*'steps'"):
        vae_tf.load_run(tmp_path)
    (tmp_path / "params.json").write_text("{}")
    with pytest.raises(UserError, match="no checkpoint to load"):
        vae_tf.load_run(tmp_path).model  # noqa: B018
    assert vae_tf.load_run(tmp_path).history == {}


def test_own_images(tmp_path, tiny, blobs):
    images = ArrayImages("blobs", blobs)
    run = train(tiny, tmp_path / "own", data=(images, images))
    assert run.data is images
    with pytest.raises(UserError, match="given to train"):
        vae_tf.load_run(run.path).data  # noqa: B018
    small = ArrayImages("small", blobs[:, :4, :4])
    with pytest.raises(UserError, match="the same shape"):
        train(tiny, tmp_path / "mixed", data=(images, small))


def test_a_mixture_of_the_codes_generates(tiny_run):
    run = vae_tf.load_run(tiny_run.path)
    images = run.generate(4, seed=1, prior="mixture")
    assert images.shape == (4, 8, 8, 1)
    codes = run.code_mixture.sample(4, np.random.default_rng(1))
    np.testing.assert_array_equal(images, run.model.decode(codes))
    np.testing.assert_array_equal(run.generate(3), run.model.generate(3))
    # These are as far from the codes of images: the mean of the mixture is theirs.
    mean, _ = run.model.encode(run.data.images(range(len(run.data))))
    mixture = run.code_mixture
    np.testing.assert_allclose(mixture.weights @ mixture.means, mean.mean(axis=0), atol=0.1)
    with pytest.raises(UserError, match="'mixtur'.*'mixture'"):
        run.generate(3, prior="mixtur")
