"""Parameters of a run: `Params`, and the `KEY=VALUE` that change them on a command line."""

from vae_tf.config.overrides import changed, override, read_value
from vae_tf.config.params import Params, differences, preset, replace

__all__ = ["Params", "changed", "differences", "override", "preset", "read_value", "replace"]
