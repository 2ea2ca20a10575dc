"""Models: one variant a file. `MODELS` finds them; a class is imported when it is looked up.

`vae_tf.models.VAE` is the class itself; all names in `dir(vae_tf.models)` work alike.

The file `NAME.py` holds the model `NAME`: its one class that Keras can save. `template/` holds what
variants share, `vae.py` the model that most of them change.
"""

from vae_tf.process.model_names import MODELS

__all__ = ["MODELS"]


def __getattr__(name: str) -> type:
    if name not in MODELS.homes:
        raise AttributeError(f"module 'vae_tf.models' has no attribute '{name}'")
    return MODELS.class_named(name)


def __dir__():
    return [*globals(), *MODELS.homes]
