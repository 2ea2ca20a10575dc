import pytest

from vae_tf.config import replace
from vae_tf.process.errors import UserError
from vae_tf.training import train
from vae_tf.training.estimate import describe
from vae_tf.training.plan import prepare


def test_preparing_writes_nothing_and_running_is_training(tiny, tmp_path, run_of_tiny):
    plan = prepare(tiny, tmp_path / "planned")
    assert not any(tmp_path.iterdir())
    assert plan.run().log_path.read_bytes() == (run_of_tiny / "log.csv").read_bytes()


def test_what_a_plan_takes(tiny, tmp_path):
    params = replace(tiny, batch_size=4, steps=50, learning_rate="falling(0.25)")
    plan = prepare(params, tmp_path / "run")
    words = describe(plan)
    assert "falling(0.25) (at most 0.25, 0 at the end)" in words
    assert f"{50 * 4 / len(plan.images):,.1f} epochs" in words and "ms per step" in words
    for network in (plan.model.encoder, plan.model.decoder):
        assert f"{network.count_params():,}" in words
    assert not any(tmp_path.iterdir())


def test_a_plan_is_void_where_the_folder_was_taken_meanwhile(tiny, tmp_path):
    plan = prepare(replace(tiny, steps=2), tmp_path / "run")
    train(replace(tiny, steps=1), tmp_path / "run")
    with pytest.raises(UserError, match="exists already"):
        plan.run()


def test_a_wrong_hyperparameter_is_found_before_images_are_read(tiny, tmp_path):
    params = replace(tiny, dataset="folder:absent", model="factor_vae", hyper={"gama": 3})
    with pytest.raises(UserError, match="'gamma'"):
        prepare(params, tmp_path / "run")
