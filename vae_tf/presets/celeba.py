"""Faces of CelebA: the second project's runs, and variants at published lengths."""

from vae_tf.config import Params, replace
from vae_tf.presets.presets import Presets
from vae_tf.presets.sprites import PUBLISHED
from vae_tf.schedules import linear

RUNS: Presets[Params] = Presets("celeba", "CelebA, faces, 64x64: downloads 1.4 GB")

_MINUTES = "80 minutes"

RUNS.add(
    "CelebA-VAE",
    Params(
        dataset="celeb_a",
        model="beta_vae",
        kl_weight=1.0,
        likelihood="gaussian",  # sum of squared errors
        encoder=((32, 4, 2), (32, 4, 2), (32, 4, 2), (32, 4, 2), (256,), (256,)),
        latent_size=32,
        activation="leaky_relu",
        batch_size=64,
        learning_rate=5e-4,
        optimizer="adam(beta_1=0.5)",
        steps=100_000,
        validate_every=500,
        patience=20,
    ),
    f"the VAE, a KL weight of 1; {_MINUTES}",
)
for _beta in (10, 100, 1_000, 10_000):
    RUNS.add(
        f"CelebA-{_beta}-Beta-VAE",
        replace(RUNS["CelebA-VAE"], kl_weight=_beta),
        f"a KL weight of {_beta:,}; {_MINUTES}",
    )
# min(10, step / 4,000)
RUNS.add(
    "CelebA-KLD_Anneal_40000_steps-10-Beta-VAE",
    replace(RUNS["CelebA-VAE"], kl_weight=linear(0, 10, 40_000), steps=50_000, patience=None),
    f"the KL weight rises from 0 to 10; {_MINUTES}",
)
# max(1, 100 - step / 400)
RUNS.add(
    "CelebA-KLD_Decrease_40000_steps-100to1-Beta-VAE",
    replace(RUNS["CelebA-VAE"], kl_weight=linear(100, 1, 39_600), steps=50_000, patience=None),
    f"the KL weight falls from 100 to 1; {_MINUTES}",
)
# max(1, 10,000 - step / 10)
RUNS.add(
    "CelebA-KLD_Decrease_100000_steps-10000to1-Beta-VAE",
    replace(RUNS["CelebA-VAE"], kl_weight=linear(10_000, 1, 99_990), steps=125_000, patience=None),
    "the KL weight falls from 10,000 to 1; three hours",
)
# The names that these had.
RENAMED = {name.removeprefix("CelebA-"): name for name in RUNS}

# Each run says what was done on CelebA, and by whom. None of these was trained here.
_published = replace(PUBLISHED, dataset="celeb_a")
_HOURS = "up to 30 hours"
# The weight is from disentangling-vae (Dubois et al., hyperparam.ini), which takes FactorVAE's.
RUNS.add(
    "CelebA-beta-TCVAE",
    replace(_published, model="beta_tcvae", hyper={"beta": 6.4}),
    f"beta-TCVAE at its published length; {_HOURS}",
)
# Kim & Mnih 2018 on CelebA: the discriminator at 1e-5, 1,000,000 steps; both rates and the weight
# are also from disentangling-vae.
RUNS.add(
    "CelebA-FactorVAE",
    replace(
        _published,
        model="factor_vae",
        hyper={"gamma": 6.4, "discriminator_learning_rate": 1e-5},
        steps=1_000_000,
    ),
    "FactorVAE at its published length; four days",
)
# Kumar et al. 2018 on CelebA: a weight of 10 off the diagonal.
RUNS.add(
    "CelebA-DIP-VAE-I",
    replace(_published, model="dip_vae", hyper={"kind": "i"}),
    f"DIP-VAE-I at its published length; {_HOURS}",
)
# Up to 50 nats on CelebA, as disentangling-vae has it from Burgess et al. 2018; gamma is theirs.
RUNS.add(
    "CelebA-CapacityVAE",
    replace(
        _published,
        model="capacity_vae",
        hyper={"gamma": 1_000.0, "capacity": "linear(0, 50, 100000)"},
    ),
    f"the capacity VAE at its published length; {_HOURS}",
)
