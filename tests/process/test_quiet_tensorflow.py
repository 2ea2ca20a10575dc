"""TensorFlow's start-up messages stay out of what a user reads, unless the user wants them.

Who chose nothing sees nothing: `test_another_process_restores_the_images` of test_compression.py,
and `test_from_a_run_to_the_report` of test_analyze_script.py.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPORT = "from vae_tf.process.quiet_tensorflow import import_tensorflow; import_tensorflow()"


def run(code, **changes):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment | changes, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def talkative_tensorflow(tmp_path):
    """Settings that import a TensorFlow which writes past Python, as the real one does."""
    (tmp_path / "tensorflow.py").write_text("import os; os.write(2, b'This CPU can more.')")
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}


@pytest.mark.parametrize("level", ["0", "1"])
def test_who_chose_a_level_sees_everything(talkative_tensorflow, level):
    assert "This CPU" in run(IMPORT, TF_CPP_MIN_LOG_LEVEL=level, **talkative_tensorflow).stderr


@pytest.mark.parametrize(("first", "stays"), [("", False), ("scripts.own_process(); ", True)])
def test_only_a_script_keeps_what_is_there_out_of_garbage_collections(
    talkative_tensorflow, first, stays
):
    code = f"from vae_tf.process import scripts; {first}{IMPORT}; import gc; "
    done = run(f"{code}print(gc.get_freeze_count() > 0, gc.isenabled())", **talkative_tensorflow,
               TF_CPP_MIN_LOG_LEVEL="1")  # fmt: skip
    assert done.stdout.split() == [str(stays), "True"]
