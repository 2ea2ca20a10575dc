"""Public name of `vae_tf.scores.directions`: `from vae_tf.directions import direction`."""

from vae_tf.scores.directions import *  # noqa: F403
