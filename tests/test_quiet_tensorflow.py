"""TensorFlow's start-up messages stay out of what a user reads, unless the user wants them."""

import os
import subprocess
import sys


def stderr_of(code, level):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    if level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = level
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_who_uses_the_package_sees_nothing():
    assert stderr_of("import vae_tf; vae_tf.train", None) == ""


def test_who_chose_a_level_sees_everything():
    assert "cpu" in stderr_of("import vae_tf; vae_tf.train", "0").lower()
