"""Models: one variant a file. `MODELS` names them; a class is imported when it is looked up.

`vae_tf.models.VAE` is the class itself; all names in `dir(vae_tf.models)` work alike.

Files that it does not name hold what variants share: `generative_model.py` is the base of all,
`vae.py` the template of most.
"""

import importlib
from collections.abc import Iterator, Mapping

from vae_tf.process.quiet_tensorflow import import_tensorflow


class _Registry(Mapping):
    """Name -> class, known without importing TensorFlow until a class is asked for."""

    def __init__(self, homes: dict[str, str]):
        self._homes = homes

    def __getitem__(self, name: str) -> type:
        module, _, cls = self._homes[name].partition(":")
        return getattr(importlib.import_module(f"vae_tf.models.{module}"), cls)

    def file_of(self, name: str) -> str:
        """Name of the module in `vae_tf/models/` that holds the class."""
        return self._homes[name].partition(":")[0]

    @property
    def homes(self) -> dict[str, str]:
        """Name of each class -> the module that it is in."""
        rows = [home.partition(":") for home in self._homes.values()]
        return {cls: f"vae_tf.models.{module}" for module, _, cls in rows}

    def __contains__(self, name: object) -> bool:
        return name in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)


MODELS = _Registry(
    {
        # One class under different KL weights: 0, 1, and any.
        "ae": "vae:VAE",
        "vae": "vae:VAE",
        "beta_vae": "vae:VAE",
        "plain_ae": "plain_ae:PlainAE",
        "rae": "rae:RAE",
        "info_vae": "info_vae:InfoVAE",
        "wae": "wae:WAE",
        "adversarial_ae": "adversarial_ae:AdversarialAE",
        "beta_tcvae": "beta_tcvae:BetaTCVAE",
        "factor_vae": "factor_vae:FactorVAE",
        "dip_vae": "dip_vae:DIPVAE",
        "capacity_vae": "capacity_vae:CapacityVAE",
        "free_bits_vae": "free_bits_vae:FreeBitsVAE",
        "lagging_vae": "lagging_vae:LaggingVAE",
        "ada_gvae": "ada_gvae:AdaGVAE",
        "iwae": "iwae:IWAE",
        "flow_vae": "flow_vae:FlowVAE",
        "vamp_vae": "vamp_vae:VampVAE",
        "info_gan": "info_gan:InfoGAN",
        "dc_ign": "dc_ign:DCIGN",
        "conditional_vae": "conditional_vae:ConditionalVAE",
        "qlae": "qlae:QLAE",
        "m1": "m1:M1",
        "m2": "m2:M2",
        "m1_m2": "m1_m2:M1M2",
        "auxiliary_vae": "auxiliary_vae:AuxiliaryVAE",
        "hierarchical_vae": "hierarchical_vae:HierarchicalVAE",
        "ladder_vae": "ladder_vae:LadderVAE",
    }
)

# Models whose images are encoded and decoded given their labels, known without their classes.
CONDITIONAL = ("conditional_vae",)

# Models that tell the class of an image, with `classify`.
CLASSIFIERS = ("m1", "m2", "m1_m2", "auxiliary_vae")

# Models that pay for something else, and refuse another weight of the KL.
FIXED_KL_WEIGHTS = ("plain_ae", "adversarial_ae", "info_gan")

# The KL weight a model has unless another is given; 4 is that of Higgins et al. 2017 on 2-D shapes.
DEFAULT_KL_WEIGHTS = {"ae": 0.0, "plain_ae": 0.0, "beta_vae": 4.0}


def __getattr__(name: str) -> type:
    if name not in MODELS.homes:
        raise AttributeError(f"module 'vae_tf.models' has no attribute '{name}'")
    import_tensorflow()
    return getattr(importlib.import_module(MODELS.homes[name]), name)


def __dir__():
    return [*globals(), *MODELS.homes]
