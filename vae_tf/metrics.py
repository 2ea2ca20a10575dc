"""Public name of `vae_tf.scores`: `from vae_tf.metrics import mig_score` gives the same objects."""

import sys

from vae_tf import scores
from vae_tf.scores import *  # noqa: F403
from vae_tf.scores import mnist_features, neighbor_information  # noqa: F401

# Submodules also have both names, such as `vae_tf.metrics.representation`.
for _path in [path for path in sys.modules if path.startswith("vae_tf.scores.")]:
    sys.modules[_path.replace("scores", "metrics", 1)] = sys.modules[_path]
sys.modules[__name__] = scores
