"""Importing TensorFlow without its start-up messages, and without walking through it again."""

import gc
import os
import sys
import tempfile


class _Process:
    ours = False  # whether it does nothing but what a script of ours does


def own_process():
    """Says that a script of ours runs, before it imports TensorFlow.

    Objects after the import then count as permanent: no garbage collection walks through
    its million objects, nor does the end of the process. That is two of the four seconds that a
    script takes which does nothing else. In a notebook, what its user made before would stay, too.
    """
    _Process.ours = True


def import_tensorflow():
    """Imports TensorFlow and keeps what it writes to stderr meanwhile, unless it fails.

    Nothing is done where it is imported already, and nothing is kept where its log level was
    chosen. TensorFlow reports missing GPUs and enabled CPU instructions before any setting can
    silence it, and failed graph optimizations that change nothing. Failures raise an exception
    anyway;
     `TF_CPP_MIN_LOG_LEVEL=0` shows everything.
    """
    if "tensorflow" in sys.modules:
        return
    collecting = gc.isenabled()
    gc.disable()  # a fifth of the import's time
    try:
        _import_quietly()
        if _Process.ours:
            gc.freeze()
    finally:
        if collecting:
            gc.enable()


def _import_quietly():
    # 3 may come from a process of ours that started this one; it doesn't silence all by itself.
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        import tensorflow  # noqa: F401

        return
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            import tensorflow

            tensorflow.config.list_physical_devices()  # looks for a GPU, and reports it too
            tensorflow.get_logger().setLevel("ERROR")  # several models are no reason to warn
        except BaseException:
            kept.seek(0)
            os.write(stderr, kept.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
