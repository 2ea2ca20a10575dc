import shutil

import pytest

from vae_tf.config import replace
from vae_tf.process.errors import UserError
from vae_tf.schedules import as_schedule
from vae_tf.training import train
from vae_tf.training.advice import precision_advice, rate_advice


def test_a_run_goes_on_with_its_own_parameters_only(tiny, tmp_path, run_folder):
    before = (run_folder / "params.json").read_bytes()
    changed = replace(tiny, latent_size=4, seed=3)
    with pytest.raises(UserError, match="latent_size: 3 -> 4; seed: 0 -> 3"):
        train(changed, run_folder, resume=True)
    with pytest.raises(UserError, match="steps: 12 -> 10"):
        train(replace(tiny, steps=10), run_folder, resume=True)
    with pytest.raises(UserError, match="no run folder"):
        train(tiny, tmp_path / "none", resume=True)
    assert (run_folder / "params.json").read_bytes() == before


def test_networks_that_do_not_fit_write_nothing(tiny, tmp_path):
    spec = ((4, 3, 2), (4, 3, 3))
    with pytest.raises(UserError, match="Layer 2 of the encoder"):
        train(replace(tiny, encoder=spec), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_overwrite_starts_anew(tiny, run_folder):
    (run_folder / "metrics.json").write_text("{}")
    with pytest.raises(UserError, match="--resume.*--overwrite"):
        train(tiny, run_folder)
    train(replace(tiny, steps=3), run_folder, overwrite=True)
    assert not (run_folder / "metrics.json").exists()


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
def test_advice_on_learning_rates_that_do_not_fit_the_run(rate, words):
    advice = rate_advice(as_schedule(rate), 12)
    assert (words in advice and "12" in advice) if words else advice is None


@pytest.mark.parametrize(
    ("flags", "changes", "suggested"),
    [
        ("fpu avx512_bf16", {}, True),
        ("amx_bf16 fpu", {"encoder": "residual(4)"}, True),
        ("fpu avx512f", {}, False),
        ("fpu avx512_bf16", {"encoder": ((8,),)}, False),
        ("fpu avx512_bf16", {"precision": "mixed_bfloat16"}, False),
    ],
)
def test_16_bits_are_suggested_where_they_are_faster(
    flags, changes, suggested, tiny, tmp_path, monkeypatch
):
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr("vae_tf.process.machine._PROCESSORS", tmp_path / "cpuinfo")
    params = replace(tiny, **{"encoder": ((8, 4, 2), (8,))} | changes)
    assert (precision_advice(params) is not None) == suggested
    monkeypatch.setattr("vae_tf.process.machine._PROCESSORS", tmp_path / "of another system")
    assert precision_advice(params) is None


def test_a_run_killed_before_its_first_checkpoint_begins_at_the_mean_image(tiny, run_folder):
    log = run_folder / "log.csv"
    straight = log.read_bytes()
    shutil.rmtree(run_folder / "checkpoints")
    for path in (log, *(run_folder / "samples").iterdir()):
        path.unlink()
    train(tiny, run_folder, resume=True)
    assert log.read_bytes() == straight
