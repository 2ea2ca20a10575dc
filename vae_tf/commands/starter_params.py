"""Your runs and studies: `python train.py NAME`, `python study.py NAME`.

`python train.py --list all` lists the runs of the package, which are defined in vae_tf/presets/.
All fields of `Params`, with their units and defaults, are in vae_tf/config/params.py.
"""

from vae_tf import presets
from vae_tf.config import Params, replace
from vae_tf.studies import Study

RUNS = presets.runs()
STUDIES = presets.studies()

# The run that `train.py` without a name trains.
DEFAULT_RUN = "digits-map"

# Your own run, as a difference from another run.
RUNS["my-digits"] = replace(RUNS["digits-VAE"], model="beta_vae", kl_weight=4)

# Your own run from all defaults: every field that is not given has its default.
RUNS["my-shapes"] = Params(dataset="sprites", encoder=((256,), (256,)), latent_size=6, steps=3_000)

# Every combination of these values is a run.
STUDIES["my-weights"] = Study(RUNS["my-digits"], vary={"kl_weight": (1, 4, 16), "seed": range(2)})
