"""TensorFlow's start-up messages stay out of what a user reads."""

import os
import subprocess
import sys


def test_nothing_is_written_to_stderr_where_a_process_of_ours_has_said_so():
    """Where none has: test_analyze_script.py."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    code = "from vae_tf.quiet_tensorflow import import_tensorflow; import_tensorflow()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stderr == ""
