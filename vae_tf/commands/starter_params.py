"""Your runs, by name: `vae-train NAME`, `vae-study NAME`. Fields: `help(vae_tf.config.Params)`."""

from vae_tf.config import Params, replace
from vae_tf.studies import Study

# Half a minute on two cores, no download.
digits = Params(
    dataset="digits",
    encoder=((16, 3, 2), (32, 3, 2), (64,)),
    latent_size=2,
    steps=3_000,
    sample_every=500,
)

RUNS = {
    "digits": digits,
    "digits-beta": replace(digits, model="beta_vae", latent_size=8, kl_weight=4),
    # Your images: vae-train my-images --set dataset=folder:/my/images
    "my-images": Params(
        dataset="folder:my-images", image_size=64, channels=3, latent_size=32, steps=5_000
    ),
}

# What `vae-train` without a name trains.
DEFAULT_RUN = "digits"

STUDIES = {
    "weights": Study(RUNS["digits-beta"], {"kl_weight": [1, 4, 16], "seed": [0, 1]}),
}
