from pathlib import Path
from types import SimpleNamespace

import pytest

import params
import study as study_script
import train as train_script
from vae_tf import presets
from vae_tf.commands.presets import run_named
from vae_tf.config import Params
from vae_tf.config.params import differences
from vae_tf.presets.studies import STUDIES
from vae_tf.process.errors import UserError

ROOT = Path(__file__).parents[2]
GROUPS = [*presets.GROUPS, STUDIES]


def test_every_preset_says_what_it_is_about():
    for group in GROUPS:
        for name in group:
            words = group.about[name]
            assert words and not words.endswith(".") and "TODO" not in words, (
                f"Add what '{name}' shows and how long it takes: RUNS.add(name, params, about)."
            )


def test_names_are_given_once():
    assert len(presets.runs()) == sum(map(len, presets.GROUPS))
    assert not presets.runs().keys() & presets.studies().keys()


def test_params_py_is_short_and_what_init_writes():
    text = (ROOT / "params.py").read_text()
    assert len(text.splitlines()) <= 40
    assert (ROOT / "vae_tf" / "commands" / "starter_params.py").read_text() == text


@pytest.mark.parametrize("group", ["groups", "all", *(each.subject for each in presets.GROUPS)])
def test_lists_fit_80_columns(group):
    lines = train_script.listing(params, group).splitlines()
    assert max(map(len, lines)) < 80
    if group == "groups":
        assert len(lines) < 40


def test_the_list_of_studies_fits_80_columns():
    lines = study_script.listing(params.STUDIES).splitlines()
    assert max(map(len, lines)) < 80 and "(4 settings x 5 seeds), 100,000 steps" in "\n".join(lines)


def test_a_group_lists_its_runs_and_others_do_not():
    text = train_script.listing(params, "mnist")
    assert "MNIST-KLD-Anneal" in text and "sprites-VAE" not in text and "my-digits" not in text
    with pytest.raises(UserError, match="sprites"):
        train_script.listing(params, "sprite")


def test_runs_of_ones_own_are_listed_by_what_they_train():
    changed = SimpleNamespace(RUNS=presets.runs() | {"digits-VAE": Params()}, DEFAULT_RUN="x")
    text = train_script.listing(changed)
    own = text.partition("Your own runs, in params.py")[2]
    assert "digits-VAE" in own and "vae on sprites" in own
    assert "digits-VAE" not in train_script.listing(changed, "digits")


def test_a_former_name_is_understood_with_a_hint(capsys):
    run = run_named(params.RUNS, "10-Beta-VAE")
    assert run == params.RUNS["CelebA-10-Beta-VAE"]
    said = capsys.readouterr()
    assert "CelebA-10-Beta-VAE" in said.out + said.err
    assert run_named({"VAE": Params()}, "VAE") == Params()  # the user's own
    with pytest.raises(UserError, match="10-Beta-VAE"):
        run_named(params.RUNS, "11-Beta-VAE")


def test_the_run_to_try_next():
    first, second = presets.FIRST[:2]
    assert second in train_script.run_after(first, params, Path("predictions"))
    assert train_script.run_after(presets.FIRST[-1], params, Path("predictions")) is None


def test_iwae_has_a_control_with_as_many_samples_in_the_ordinary_bound():
    runs = STUDIES["likelihoods"].runs
    control, run = runs["binary-MNIST-ELBO-5"], runs["binary-MNIST-IWAE-5"]
    assert differences(run, control) == {"hyper": (run.hyper, run.hyper | {"bound": "elbo"})}
