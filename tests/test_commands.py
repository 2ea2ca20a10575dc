"""The scripts as commands of the installed package."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def call(command, folder, *arguments):
    """Calls a command as its entry point does, with no script beside it."""
    code = f"import sys; from vae_tf.commands.{command} import main; sys.exit(main())"
    # The name of an entry point is what sys.argv[0] ends in.
    start = f"import sys; sys.argv[0] = '/usr/bin/vae-{command}'; {code}"
    return subprocess.run(
        [sys.executable, "-c", start, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},  # where a different params.py is
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("name", ["train", "analyze", "study"])
def test_a_command_is_the_script(name):
    link = ROOT / "vae_tf" / "commands" / f"{name}.py"
    assert link.samefile(ROOT / f"{name}.py")
    entry = f"vae-{name} = vae_tf.commands.{name}:main"
    assert entry in (ROOT / "setup.cfg").read_text()


def test_from_an_empty_folder_to_runs(tmp_path):
    """Without TensorFlow, which no command needs until there is something to train."""
    nothing = call("train", tmp_path, "--list")
    assert nothing.returncode == 2 and "Write a first params.py: vae-init" in nothing.stderr
    made = call("init", tmp_path)
    assert made.returncode == 0 and "Next: vae-train --list" in made.stdout, made.stderr
    again = call("init", tmp_path)
    assert again.returncode == 2 and "already" in again.stderr
    listed = call("train", tmp_path, "--list")
    assert listed.returncode == 0 and "my-digits" in listed.stdout, listed.stderr
    studies = call("study", tmp_path)
    assert studies.returncode == 0 and "weights" in studies.stdout, studies.stderr
    unknown = call("publish", tmp_path, "digits")
    assert unknown.returncode == 2 and "vae-publish: 'predictions/digits'" in unknown.stderr
    wrong = call("analyze", tmp_path)
    assert wrong.returncode == 2 and "train a run: vae-train" in wrong.stderr
