import subprocess
import sys

from vae_tf import metrics


def test_import_needs_neither_tensorflow_nor_scikit_learn():
    code = (
        "import sys, vae_tf.metrics; "
        "print([m for m in ('tensorflow', 'keras', 'sklearn', 'scipy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_public_names_exist():
    assert metrics.__all__ == sorted(metrics.__all__)
    assert all(hasattr(metrics, name) for name in metrics.__all__)


STATEMENTS = (
    *("import vae_tf.metrics", "from vae_tf import metrics", "import vae_tf; vae_tf.metrics"),
    *("import vae_tf.metrics.representation", "from vae_tf.metrics import mig_score"),
)
# Each statement finds the package not yet imported.
_RUN_EACH = """
import sys
for statement in sys.argv[1:]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "vae_tf"]:
        del sys.modules[name]
    exec(statement, {})
    import vae_tf
    from vae_tf import scores
    from vae_tf.metrics.representation import Representation as one
    from vae_tf.scores.representation import Representation as other
    print(vae_tf.metrics is scores and one is other)
"""


def test_the_public_name_gives_the_same_modules():
    """However the name is imported first."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN_EACH, *STATEMENTS], capture_output=True, text=True
    )
    assert done.stdout.split() == ["True"] * len(STATEMENTS), done.stderr
