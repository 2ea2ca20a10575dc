"""TensorFlow's start-up messages stay out of what a user reads."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("level", [None, "3"], ids=["unset", "set by a process of ours"])
def test_nothing_is_written_to_stderr(level):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    if level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = level
    code = "from vae_tf.quiet_tensorflow import import_tensorflow; import_tensorflow()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stderr == ""
