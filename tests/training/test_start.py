import shutil

import pytest

from vae_tf.config import replace
from vae_tf.process.errors import UserError
from vae_tf.training import train
from vae_tf.training.advice import rate_advice


def test_a_run_goes_on_with_its_own_parameters_only(tiny, tmp_path):
    train(tiny, tmp_path / "run")
    before = (tmp_path / "run" / "params.json").read_bytes()
    changed = replace(tiny, latent_size=4, seed=3)
    with pytest.raises(UserError, match="latent_size: 3 -> 4; seed: 0 -> 3"):
        train(changed, tmp_path / "run", resume=True)
    with pytest.raises(UserError, match="steps: 12 -> 10"):
        train(replace(tiny, steps=10), tmp_path / "run", resume=True)
    with pytest.raises(UserError, match="no run folder"):
        train(tiny, tmp_path / "none", resume=True)
    assert (tmp_path / "run" / "params.json").read_bytes() == before


def test_networks_that_do_not_fit_write_nothing(tiny, tmp_path):
    spec = ((4, 3, 2), (4, 3, 3))
    with pytest.raises(UserError, match="Layer 2 of the encoder"):
        train(replace(tiny, encoder=spec), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_overwrite_starts_anew(tiny, tmp_path):
    train(tiny, tmp_path / "run")
    (tmp_path / "run" / "metrics.json").write_text("{}")
    with pytest.raises(UserError, match="--resume.*--overwrite"):
        train(tiny, tmp_path / "run")
    train(replace(tiny, steps=3), tmp_path / "run", overwrite=True)
    assert not (tmp_path / "run" / "metrics.json").exists()


def test_the_forecast_is_made_for_a_listener_alone(tiny, tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr("vae_tf.training.plan.forecast_advice", lambda *given: made.append(given))
    train(replace(tiny, steps=1), tmp_path / "silent")
    assert not made
    train(replace(tiny, steps=1), tmp_path / "heard", say=lambda line: None)
    assert len(made) == 1


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ("warm_up(12, constant(0.001))", "warms up for 12 steps"),
        ("warm_up(500, cosine(0.001, 0, 500))", "warms up for 500 steps"),
        ("linear(0.001, 0, 11)", "is 0 from step 11 on"),
        ("linear(0.001, 0, 12)", None),
        ("warm_up(2, cosine(0.001, 0.00001, 5))", None),
        (0.001, None),
    ],
)
def test_advice_on_learning_rates_that_do_not_fit_the_run(tiny, rate, words):
    advice = rate_advice(replace(tiny, learning_rate=rate))
    assert (words in advice and "12" in advice) if words else advice is None


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_at_the_mean_image(tiny, tmp_path):
    straight = train(tiny, tmp_path / "straight")
    shutil.rmtree(train(tiny, tmp_path / "killed").checkpoints)
    for path in ((tmp_path / "killed" / "log.csv"), *(tmp_path / "killed" / "samples").iterdir()):
        path.unlink()
    again = train(tiny, tmp_path / "killed", resume=True)
    assert again.log_path.read_bytes() == straight.log_path.read_bytes()
