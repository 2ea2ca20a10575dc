"""TensorFlow's start-up messages stay out of what a user reads, unless the user wants them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def stderr_of(code, **changes):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment | changes, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_who_uses_the_package_sees_nothing():
    assert stderr_of("import vae_tf; vae_tf.train") == ""


@pytest.mark.parametrize("level", ["0", "1"])
def test_who_chose_a_level_sees_everything(tmp_path, level):
    """Of a TensorFlow that writes past Python, as the real one does."""
    (tmp_path / "tensorflow.py").write_text("import os; os.write(2, b'This CPU can more.')")
    code = "from vae_tf.quiet_tensorflow import import_tensorflow; import_tensorflow()"
    root = os.pathsep.join([str(tmp_path), str(ROOT)])
    assert "This CPU" in stderr_of(code, PYTHONPATH=root, TF_CPP_MIN_LOG_LEVEL=level)
