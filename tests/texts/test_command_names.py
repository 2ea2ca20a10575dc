"""Messages name the command that the user typed."""

import sys

import pytest

from vae_tf.config import preset
from vae_tf.errors import UserError
from vae_tf.texts.command_names import call_of


@pytest.mark.parametrize(
    ("typed", "train", "analyze"),
    [
        ("train.py", "python train.py", "python analyze.py"),
        ("/usr/bin/vae-analyze", "vae-train", "vae-analyze"),
    ],
)
def test_messages_name_the_command_that_was_typed(typed, train, analyze, monkeypatch):
    monkeypatch.setattr(sys, "argv", [typed])
    assert (call_of("train.py"), call_of("analyze.py")) == (train, analyze)
    with pytest.raises(UserError, match=f"All: {train} --list"):
        preset({}, "no-such-run")
