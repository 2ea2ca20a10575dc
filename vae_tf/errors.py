"""Public name of `vae_tf.process.errors`: `from vae_tf.errors import UserError`."""

from vae_tf.process.errors import Stopped, TrainingStopped, UserError

__all__ = ["Stopped", "TrainingStopped", "UserError"]
