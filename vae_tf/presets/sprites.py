"""Shapes with five known factors: the embedded sprites, and 3D Shapes by TensorFlow Datasets."""

from vae_tf.config import Params, replace
from vae_tf.presets.presets import Presets
from vae_tf.schedules import falling

RUNS: Presets[Params] = Presets("sprites", "Shapes with known factors: shapes3d downloads 255 MB")

# Muon is for matrices; weights of convolutions and biases are Adam's. With three of its five
# iterations a step takes 1.24 times the CPU seconds of Adam's (experiments/recipe_cost.csv).
MUON = "muon(weight_decay=None, ns_steps=3)"


def by_adam(run: Params) -> Params:
    """The run with Adam and its rate in the place of Muon, as in tables made before."""
    if run.optimizer != MUON:
        return run
    return replace(run, optimizer="adam", learning_rate=falling(2e-3))


RUNS.add(
    "sprites-beta-VAE",
    Params(
        dataset="sprites",
        validation=2_000,
        model="beta_vae",
        kl_weight=4.0,
        encoder=((32, 4, 2), (32, 4, 2), (64, 4, 2), (64, 4, 2), (256,)),
        latent_size=10,
        # In the CPU seconds of 1,500 steps of Adam, 73.8 nats on average of three seeds; Adam from
        # 0.002 82.4, at a constant rate 87.2 (experiments/recipe.csv).
        optimizer=MUON,
        learning_rate=falling(4e-3),
        steps=5_000,
        sample_every=500,
        sample_steps=(0, 10, 30, 100, 200, 300),
    ),
    "the beta-VAE at a KL weight of 4; five minutes",
)
RUNS.add(
    "sprites-VAE",
    replace(RUNS["sprites-beta-VAE"], model="vae", kl_weight=1.0),
    "the VAE; five minutes",
)
RUNS.add(
    "sprites-MIWAE",
    replace(RUNS["sprites-VAE"], model="miwae", hyper={"num_samples": 3}, missing="block(0.5)"),
    "a rectangle of each image is missing, and the model fills it in; ten minutes",
)
RUNS.add(
    "sprites-beta-TCVAE",
    replace(RUNS["sprites-VAE"], model="beta_tcvae", hyper={"beta": 6.0}),
    "a VAE that penalizes latents that depend on each other; five minutes",
)
# Models of two players, and the QLAE, keep the constant rate that their settings were found with.
_PLAYERS = replace(RUNS["sprites-VAE"], optimizer="adam", learning_rate=1e-3)

# Both networks learn as fast as each other, as in the paper, but ten times faster; three steps of
# the discriminator for one of the VAE, as this is a fortieth of the paper's steps.
RUNS.add(
    "sprites-FactorVAE",
    replace(
        _PLAYERS,
        model="factor_vae",
        hyper={"gamma": 10.0, "discriminator_steps": 3, "discriminator_learning_rate": 1e-3},
    ),
    "a penalty on the total correlation, by a discriminator; fifteen minutes",
)
RUNS.add(
    "sprites-DIP-VAE-I",
    replace(RUNS["sprites-VAE"], model="dip_vae", hyper={"kind": "i"}),
    "a penalty moves the covariance of the means to the identity; five minutes",
)
# At the default weight of 10, an older training from Glorot's weights gave all images one code.
RUNS.add(
    "sprites-DIP-VAE-II",
    replace(RUNS["sprites-VAE"], model="dip_vae", hyper={"kind": "ii", "off_diagonal_weight": 1.0}),
    "a penalty moves the covariance of the samples to the identity; five minutes",
)
# Up to 18 nats, in half of the steps. Above a gamma of about 10 the nats
# go to latents that have some already.
RUNS.add(
    "sprites-CapacityVAE",
    replace(
        RUNS["sprites-VAE"],
        model="capacity_vae",
        hyper={"gamma": 10.0, "capacity": "linear(0.5, 18, 2500)"},
    ),
    "the KL is held at a capacity that grows; five minutes",
)
RUNS.add(
    "sprites-MMD-VAE",
    replace(RUNS["sprites-VAE"], model="info_vae", hyper={"alpha": 1.0, "scale": 100.0}),
    "InfoVAE with the MMD of all codes instead of the KL; five minutes",
)
RUNS.add(
    "sprites-WAE",
    replace(RUNS["sprites-VAE"], model="wae", hyper={"mmd_weight": 100.0}),
    "the Wasserstein autoencoder: MMD, no noise; five minutes",
)
RUNS.add(
    "sprites-AAE",
    replace(
        _PLAYERS,
        model="adversarial_ae",
        hyper={"encoder_learning_rate": 3e-4, "discriminator_learning_rate": 3e-4},
    ),
    "the adversarial autoencoder: a discriminator of codes; ten minutes",
)
RUNS.add(
    "sprites-IWAE",
    replace(RUNS["sprites-VAE"], model="iwae", hyper={"num_samples": 5}),
    "the importance-weighted bound of five samples; ten minutes",
)
RUNS.add(
    "sprites-flow-VAE",
    replace(RUNS["sprites-VAE"], model="flow_vae", hyper={"flow": "iaf"}),
    "posteriors transformed by inverse autoregressive flows; five minutes",
)
RUNS.add(
    "sprites-InfoGAN",
    replace(
        _PLAYERS,
        model="info_gan",
        hyper={"num_codes": 5},
        optimizer="adam(beta_1=0.5)",
    ),
    "a generator whose codes can be predicted from its images; ten minutes",
)
RUNS.add(
    "sprites-Ada-GVAE",
    replace(RUNS["sprites-VAE"], model="ada_gvae"),  # 64 pairs a batch
    "pairs of images that share some factors; ten minutes",
)
RUNS.add(
    "sprites-DC-IGN",
    replace(RUNS["sprites-VAE"], model="dc_ign"),
    "groups of images in which one factor varies; five minutes",
)
RUNS.add(
    "sprites-conditional-VAE",
    replace(RUNS["sprites-VAE"], model="conditional_vae"),
    "encoder and decoder see the shape: codes hold the other factors; five minutes",
)
# Ten values a latent and a strong weight decay. The authors' 0.001 beside means over 4,096 pixels
# and 10 latents is 0.4 here.
RUNS.add(
    "sprites-QLAE",
    replace(
        _PLAYERS,
        model="qlae",
        hyper={"quantization_weight": 0.4, "commitment_weight": 0.4},
        optimizer="adamw(weight_decay=0.1, global_clipnorm=1.0)",
    ),
    "each latent takes one of ten values; five minutes",
)

# Networks, ten latents, Bernoulli, batches of 64, Adam at 1e-4 and 300,000 steps are from
# Locatello et al. 2019 (disentanglement_lib, config/unsupervised_study_v1).
PUBLISHED = replace(
    RUNS["sprites-VAE"],
    optimizer="adam",
    learning_rate=1e-4,
    steps=300_000,
    validation=0.05,
    validate_every=5_000,
    sample_every=5_000,
    sample_steps=(),
)
for _name, _model in (("Ada-GVAE", "ada_gvae"), ("DC-IGN", "dc_ign")):
    RUNS.add(
        f"shapes3d-{_name}",
        replace(PUBLISHED, dataset="shapes3d", model=_model),
        "the published length on 3D Shapes; 30 hours, downloads 255 MB",
    )
