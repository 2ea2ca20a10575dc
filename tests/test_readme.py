"""README is short, counts what there is, and its code runs as it is."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vae_tf import presets
from vae_tf.commands import analyze, study, train
from vae_tf.models import MODELS
from vae_tf.scores import SCORES
from vae_tf.training import estimate

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = {path: (ROOT / path).read_text() for path in ("docs/models/index.md", "docs/scores.md")}


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


SHELL = [line for block in blocks("bash") for line in block.splitlines()]
COMMANDS = [shlex.split(line, comments=True)[1:] for line in SHELL if line.startswith("python ")]


def test_it_fits_two_screens():
    assert len(README.splitlines()) <= 120
    assert all(
        re.fullmatch(r"bash|python", name) for name in re.findall(r"^```(\w+)", README, re.M)
    )


def test_counts_are_those_of_the_code():
    """`python experiments/tables.py` writes them."""
    models = len(set(MODELS.values()))  # `ae`, `vae` and `beta_vae` are one class
    assert f"**{models} models with" in README and f"| models | {models} |" in README
    assert f"**{len(SCORES)} scores**" in README
    assert f"The package has {len(presets.runs())} runs" in README


def test_tables_name_every_model_and_score():
    for names, page in zip((MODELS, SCORES), PAGES.values(), strict=True):
        assert not [name for name in names if not re.search(rf"^\| \[?`{name}`", page, re.M)]


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A folder with the committed runs and a few photos, to write into."""
    shutil.copy(ROOT / "params.py", tmp_path)
    (tmp_path / "predictions").symlink_to(ROOT / "predictions")
    (tmp_path / "photos").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (30, 64, 64, 3), np.uint8)
    for number, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / "photos" / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("code", blocks("python"))
def test_python_runs(code, clone, capsys):
    exec(compile(code, "README.md", "exec"), {})
    assert "score_suite" not in code or "mig" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_are_accepted(command, clone, capsys, monkeypatch):
    """Commands that take longer than seconds are planned, not run."""
    monkeypatch.setattr(estimate, "seconds_of_update", lambda plan: 1.0)  # test_plan.py
    script, *arguments = command
    if script == "train.py":
        plan = [] if "--list" in arguments else ["--dry-run"]
        assert train.main([*arguments, "--predictions", "new", *plan]) == 0
        assert not Path("new").exists()
    elif script == "study.py":
        assert study.main([*arguments, "--predictions", "new", "--dry-run"]) == 0
    else:
        assert script == "analyze.py"
        *runs, option, only = arguments
        assert option == "--only" and all(Path("predictions", run).is_dir() for run in runs)
        only = only.replace("traversals.png", "kl_per_latent.png")  # takes seconds
        # Two runs are a comparison, too.
        assert analyze.main([*runs[:2], "--only", only, "--images", "new"]) == 0
        assert Path("new/index.html").exists()


@pytest.mark.slow
def test_the_first_command_begins(tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    subprocess.run(["bash", "-euo", "pipefail", "-c", blocks("bash")[0]], cwd=clone, check=True)
    assert (clone / "images" / "digits-map" / "latent_space.png").exists()
