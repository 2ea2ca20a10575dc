"""The experimenter's file: named runs, each a `Params`, presets as differences from one another.

Train one with `python train.py RUN`, list them with `python train.py --list`. All fields, with
their units and defaults, are in vae_tf/config/params.py. Times are those of two CPU cores. Studies,
grids of runs, are at the end: `python study.py` lists them.
"""

from vae_tf.config import Params, replace
from vae_tf.models import CLASSIFIERS
from vae_tf.schedules import (
    constant,
    constrained,
    controlled,
    cosine,
    cyclical,
    exponential,
    linear,
    triggered,
    warm_up,
)
from vae_tf.studies import Study

RUNS = {}

# --- Without a download ---

# python train.py: real handwritten digits, 8x8, on a map of two latents; half a minute.
RUNS["digits-map"] = Params(
    dataset="digits",
    encoder=((256,), (256,)),
    latent_size=2,
    validation=0.2,
    steps=4_000,
    sample_every=500,
    validate_every=500,
)
DEFAULT_RUN = "digits-map"

# Shapes on a plane, five factors of variation; about five minutes.
RUNS["sprites-beta-VAE"] = Params(
    dataset="sprites",
    validation=2_000,
    model="beta_vae",
    kl_weight=4.0,
    encoder=((32, 4, 2), (32, 4, 2), (64, 4, 2), (64, 4, 2), (256,)),
    latent_size=10,
    steps=5_000,
    sample_every=500,
    sample_steps=(0, 10, 30, 100, 200, 300),
)

RUNS["sprites-VAE"] = replace(RUNS["sprites-beta-VAE"], model="vae", kl_weight=1.0)

# With room for more than a map.
RUNS["digits-VAE"] = replace(RUNS["digits-map"], latent_size=8, validation=0.05, steps=5_000)

# --- The first project: a VAE on MNIST ---

# Weight 0: the plain autoencoder. Squared errors, as its figure is one: 0.004 a pixel.
RUNS["MNIST-AE"] = Params(
    dataset="mnist",
    validation=5_000,
    model="ae",
    kl_weight=0.0,
    likelihood="gaussian",
    encoder=((64, 4, 2), (64, 4, 2), (256,)),
    decoder=((256,), (64, 4, 2), (1, 4, 2)),
    latent_size=32,
    batch_size=64,
    learning_rate=2e-3,
    steps=10_000,
    sample_steps=(0, 1, 3, 7, 10, 16, 30, 100, 300, 500, 700),
    sample_every=200,
)
# The plain autoencoder of other packages: its posteriors have no width at all.
RUNS["MNIST-plain-AE"] = replace(RUNS["MNIST-AE"], model="plain_ae")
# Weight 1 from the start, at the project's own learning rate. At 0.002 every digit gets one code: a
# failed optimization (RESULTS.md), not the optimum.
RUNS["MNIST-VAE"] = replace(RUNS["MNIST-AE"], model="vae", kl_weight=1.0, learning_rate=4e-4)
# The collapse that the project saw, by its cause: losses averaged over 784 pixels and 32 latents
# weigh the KL 784 / 32 times, above the weight of 10.3 at which a linear VAE collapses.
RUNS["MNIST-VAE-averaged-losses"] = replace(RUNS["MNIST-VAE"], kl_weight=24.5)
# Weight 0 for 3,000 steps, then up by 1/50,000 a step, at most 1.
RUNS["MNIST-KLD-Anneal"] = replace(
    RUNS["MNIST-VAE"], kl_weight=linear(0, 1, 50_000, delay=3_000), steps=60_000
)
# The same ramp, started when the mean squared error of a window is 0.01 a pixel: 7.84 nats.
RUNS["MNIST-KLD-Triggered"] = replace(
    RUNS["MNIST-VAE"], kl_weight=triggered(7.84, linear(0, 1, 50_000)), steps=60_000
)
# The lower-capacity dense network.
RUNS["MNIST-VAE-dense"] = replace(
    RUNS["MNIST-VAE"], encoder=((500,), (500,)), decoder=((500,),), latent_size=8
)
# As the project trained it last: absolute errors, and a learning rate of 0.00001.
RUNS["MNIST-VAE-dense-absolute-errors"] = replace(
    RUNS["MNIST-VAE-dense"], likelihood="laplace", learning_rate=1e-5
)

# --- The second project: a beta-VAE on CelebA ---

# python train.py VAE: downloads CelebA through TFDS. Without it: --set dataset=emoji
RUNS["VAE"] = Params(
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
)
for _beta in (10, 100, 1_000, 10_000):
    RUNS[f"{_beta}-Beta-VAE"] = replace(RUNS["VAE"], kl_weight=_beta)
# min(10, step / 4,000)
RUNS["KLD_Anneal_40000_steps-10-Beta-VAE"] = replace(
    RUNS["VAE"], kl_weight=linear(0, 10, 40_000), steps=50_000, patience=None
)
# max(1, 100 - step / 400)
RUNS["KLD_Decrease_40000_steps-100to1-Beta-VAE"] = replace(
    RUNS["VAE"], kl_weight=linear(100, 1, 39_600), steps=50_000, patience=None
)
# max(1, 10,000 - step / 10)
RUNS["KLD_Decrease_100000_steps-10000to1-Beta-VAE"] = replace(
    RUNS["VAE"], kl_weight=linear(10_000, 1, 99_990), steps=125_000, patience=None
)

# --- The same eight on real color images that need no download ---

# The embedded emoji at a twentieth of the steps, ramps scaled with them.
for _name in ("VAE", "10-Beta-VAE", "100-Beta-VAE", "1000-Beta-VAE", "10000-Beta-VAE"):
    RUNS[f"emoji-{_name}"] = replace(
        RUNS[_name],
        dataset="emoji",
        steps=5_000,
        validate_every=250,
        sample_every=250,
        sample_steps=(0, 10, 30, 60, 100, 150),
    )
RUNS["emoji-KLD_Anneal_2000_steps-10-Beta-VAE"] = replace(
    RUNS["emoji-VAE"], kl_weight=linear(0, 10, 2_000), steps=2_500, patience=None
)
RUNS["emoji-KLD_Decrease_2000_steps-100to1-Beta-VAE"] = replace(
    RUNS["emoji-VAE"], kl_weight=linear(100, 1, 1_980), steps=2_500, patience=None
)
# Twenty times steeper than the second project's. When the weight gets small after thousands of
# steps of a quiet encoder, its gradients grow faster than Adam's average over 1,000 steps follows:
# with the usual beta_2 of 0.999 this run diverged at step 5,017.
RUNS["emoji-KLD_Decrease_5000_steps-10000to1-Beta-VAE"] = replace(
    RUNS["emoji-VAE"],
    kl_weight=linear(10_000, 1, 5_000),
    optimizer="adam(beta_1=0.5, beta_2=0.99)",
    steps=6_250,
    patience=None,
)

# Your own images, of any size and mode: python train.py my-images --set dataset=folder:/my/images
RUNS["my-images"] = replace(RUNS["emoji-VAE"], dataset="folder:my-images", image_size=64)

# --- Variants on the sprites, as short as the runs at the top ---

RUNS["sprites-MMD-VAE"] = replace(
    RUNS["sprites-VAE"], model="info_vae", hyper={"alpha": 1.0, "scale": 100.0}
)
RUNS["sprites-WAE"] = replace(RUNS["sprites-VAE"], model="wae", hyper={"mmd_weight": 100.0})
RUNS["sprites-AAE"] = replace(
    RUNS["sprites-VAE"],
    model="adversarial_ae",
    hyper={"encoder_learning_rate": 3e-4, "discriminator_learning_rate": 3e-4},
)
RUNS["sprites-beta-TCVAE"] = replace(RUNS["sprites-VAE"], model="beta_tcvae", hyper={"beta": 6.0})
# Both networks learn as fast as each other, as in the paper, but ten times faster; three steps of
# the discriminator for one of the VAE, as this is a fortieth of the paper's steps.
RUNS["sprites-FactorVAE"] = replace(
    RUNS["sprites-VAE"],
    model="factor_vae",
    hyper={"gamma": 10.0, "discriminator_steps": 3, "discriminator_learning_rate": 1e-3},
)
RUNS["sprites-DIP-VAE-I"] = replace(RUNS["sprites-VAE"], model="dip_vae", hyper={"kind": "i"})
# At the default weight of 10 all images kept one code for 7,500 steps.
RUNS["sprites-DIP-VAE-II"] = replace(
    RUNS["sprites-VAE"], model="dip_vae", hyper={"kind": "ii", "off_diagonal_weight": 1.0}
)
# Up to 18 nats, about what the VAE uses, in half of the steps. Above a gamma of about 10 the nats
# go to latents that have some already.
RUNS["sprites-CapacityVAE"] = replace(
    RUNS["sprites-VAE"],
    model="capacity_vae",
    hyper={"gamma": 10.0, "capacity": "linear(0.5, 18, 2500)"},
)
RUNS["sprites-Ada-GVAE"] = replace(RUNS["sprites-VAE"], model="ada_gvae")  # 64 pairs a batch
RUNS["sprites-IWAE"] = replace(RUNS["sprites-VAE"], model="iwae", hyper={"num_samples": 5})
RUNS["sprites-flow-VAE"] = replace(RUNS["sprites-VAE"], model="flow_vae", hyper={"flow": "iaf"})
RUNS["sprites-InfoGAN"] = replace(
    RUNS["sprites-VAE"],
    model="info_gan",
    hyper={"num_codes": 5},
    optimizer="adam(beta_1=0.5)",
)
RUNS["sprites-DC-IGN"] = replace(RUNS["sprites-VAE"], model="dc_ign")

# Told the shape: the latents hold what is left, so that each shape is drawn at the same place.
RUNS["sprites-conditional-VAE"] = replace(RUNS["sprites-VAE"], model="conditional_vae")
# Ten values a latent and a strong weight decay. The authors' 0.001 beside means over 4,096 pixels
# and 10 latents is 0.4 here.
RUNS["sprites-QLAE"] = replace(
    RUNS["sprites-VAE"],
    model="qlae",
    hyper={"quantization_weight": 0.4, "commitment_weight": 0.4},
    optimizer="adamw(weight_decay=0.1, global_clipnorm=1.0)",
)

# --- The same two on digits ---

RUNS["digits-conditional-VAE"] = replace(RUNS["digits-VAE"], model="conditional_vae")
# 0.01 beside means over 64 pixels and 8 latents is 0.08 here.
RUNS["digits-QLAE"] = replace(
    RUNS["digits-VAE"],
    model="qlae",
    hyper={"quantization_weight": 0.08, "commitment_weight": 0.08},
    optimizer="adamw(weight_decay=0.1, global_clipnorm=1.0)",
)

# --- Learning from few labels ---

# A dozen of the 1,797 digits of each class; a minute.
RUNS["digits-M2"] = replace(
    RUNS["digits-VAE"],
    model="m2",
    labels=120,
    batch_size=128,
    kl_weight=linear(2, 1, 1_000),
    steps=2_000,
)
# 100 labels of MNIST, 50 latents as Kingma et al. 2014, networks of two layers of 500 units as
# Maaloe et al. 2016: with M2's own single layer the error is twice as high. Two tricks are ours,
# a KL weight that falls to 1 and a classifier that waits; `-plain` is without them.
RUNS["MNIST-M2"] = Params(
    dataset="mnist_binary",
    labels=100,
    model="m2",
    hyper={
        "labeled_weight": 0.3,
        "classification_weight": 20.0,
        "classifier_delay": 450,
    },
    kl_weight=linear(2, 1, 6_000),
    encoder=((500,), (500,)),
    latent_size=50,
    batch_size=200,
    learning_rate=1e-3,
    steps=6_000,  # 24 epochs
    sample_every=1_500,
    validate_every=500,
)
RUNS["MNIST-M2-plain"] = replace(
    RUNS["MNIST-M2"], kl_weight=1.0, hyper=RUNS["MNIST-M2"].hyper | {"classifier_delay": 0}
)
RUNS["MNIST-M1-M2"] = replace(
    RUNS["MNIST-M2"],
    model="m1_m2",
    hyper={"labeled_weight": 0.05, "classification_weight": 5.0},
    kl_weight=1.0,
    steps=20_000,  # 80 epochs
)
# Its weights carried on with a falling rate.
RUNS["MNIST-M1-M2-tuned"] = replace(
    RUNS["MNIST-M1-M2"],
    start="MNIST-M1-M2",
    learning_rate=exponential(1e-3, 1e-4, 10_000),
    steps=10_000,  # 40 epochs
)
RUNS["MNIST-M1"] = replace(
    RUNS["MNIST-M1-M2"],
    model="m1",
    hyper={"labeled_weight": 0.0, "classification_weight": 1.0},
    steps=10_000,
)
RUNS["MNIST-SDGM"] = replace(
    RUNS["MNIST-M2"],
    model="auxiliary_vae",
    hyper={
        "kind": "sdgm",
        "labeled_weight": 0.3,
        "classification_weight": 20.0,
        "batch_normalization": True,
    },
    kl_weight=linear(1.8, 1, 10_000),
    learning_rate=exponential(1e-3, 1e-4, 20_000),
    optimizer="adam(global_clipnorm=100.0)",
    steps=15_000,  # 60 epochs
)
RUNS["MNIST-ADGM"] = replace(
    RUNS["MNIST-SDGM"],
    hyper=RUNS["MNIST-SDGM"].hyper | {"kind": "adgm"},
    kl_weight=linear(1.8, 1, 12_000),
    steps=20_000,  # 80 epochs
)

# --- Likelihoods on binary MNIST: the network of Burda et al. 2016 with one stochastic layer ---

# Theirs had 3,280 epochs of 59,600 images in batches of 20; these 30,000 steps are 60 epochs.
RUNS["binary-MNIST-VAE"] = Params(
    dataset="mnist_binary",
    encoder=((200,), (200,)),
    latent_size=50,
    activation="tanh",
    batch_size=100,
    learning_rate=1e-3,
    optimizer="adam(epsilon=1e-4)",
    steps=30_000,
    sample_every=3_000,
    validate_every=3_000,
)
for _samples in (5, 50):
    RUNS[f"binary-MNIST-IWAE-{_samples}"] = replace(
        RUNS["binary-MNIST-VAE"], model="iwae", hyper={"num_samples": _samples}
    )
RUNS["binary-MNIST-planar-VAE"] = replace(
    RUNS["binary-MNIST-VAE"], model="flow_vae", hyper={"flow": "planar", "num_flows": 10}
)
RUNS["binary-MNIST-IAF-VAE"] = replace(
    RUNS["binary-MNIST-VAE"],
    model="flow_vae",
    hyper={"flow": "iaf", "num_flows": 4, "hidden_size": 320},
)

# 200 epochs with a falling rate; theirs fell, too, by a factor of ten in all.
RUNS["binary-MNIST-VAE-decayed"] = replace(
    RUNS["binary-MNIST-VAE"], learning_rate=exponential(1e-3, 1e-4, 100_000), steps=100_000
)

# The KL weight warmed up, as the authors have it: at 1 from the start it collapses.
RUNS["binary-MNIST-VampPrior-VAE"] = replace(
    RUNS["binary-MNIST-VAE"],
    model="vamp_vae",
    hyper={"num_pseudo_images": 500},
    kl_weight=linear(0, 1, 5_000),
)
RUNS["binary-MNIST-VAE-warmed-up"] = replace(
    RUNS["binary-MNIST-VAE"], kl_weight=linear(0, 1, 5_000)
)

# One, two and five layers of 64, 32, 16, 8 and 4 latents as Sonderby et al. 2016 have them, whose
# networks are twice as wide and trained for 2,000 epochs with warm-up over 200; here 20 and 5.
for _depth in (1, 2, 5):
    _layers = {"sizes": [32, 16, 8, 4][: _depth - 1], "hidden": [128, 64, 32, 32][: _depth - 1]}
    for _name, _model, _normalized, _warm in (
        ("hierarchical", "hierarchical_vae", False, False),
        ("hierarchical-BN", "hierarchical_vae", True, False),
        ("hierarchical-BN-WU", "hierarchical_vae", True, True),
        ("ladder", "ladder_vae", True, True),
    ):
        RUNS[f"binary-MNIST-{_name}-{_depth}"] = replace(
            RUNS["binary-MNIST-VAE"],
            model=_model,
            latent_size=64,
            encoder=((256,), (256,)),
            activation="leaky_relu",
            optimizer="adam",
            hyper=_layers | {"batch_normalization": _normalized},
            kl_weight=linear(0, 1, 2_500) if _warm else 1.0,
            steps=10_000,
        )

# --- Variants on MNIST ---

# With posteriors that started wide and a scale of 1,000 all digits kept one code at a learning rate
# of 0.002 (RESULTS.md).
RUNS["MNIST-MMD-VAE"] = replace(
    RUNS["MNIST-VAE"],
    model="info_vae",
    latent_size=10,
    hyper={"alpha": 1.0, "scale": 100.0},
    learning_rate=5e-4,
)
# Eight nats that cost nothing, a quarter in each of 32 latents.
RUNS["MNIST-free-bits-VAE"] = replace(
    RUNS["MNIST-VAE"], model="free_bits_vae", hyper={"free_nats": 0.25}
)
RUNS["MNIST-lagging-VAE"] = replace(
    RUNS["MNIST-VAE"], model="lagging_vae", hyper={"encoder_steps": 5}
)
RUNS["MNIST-WAE"] = replace(
    RUNS["MNIST-VAE"], model="wae", latent_size=8, hyper={"mmd_weight": 200.0}
)
RUNS["MNIST-AAE"] = replace(RUNS["MNIST-VAE"], model="adversarial_ae", latent_size=8)
# As the authors' code has it: 74 latents, of which ten classes and two continuous codes, batches of
# 128, 50 "epochs" of 100 updates; but no hidden layer of Q's own.
# experiments/infogan_mnist.py trains it with networks a quarter as wide, and looks what it learned.
RUNS["MNIST-InfoGAN"] = replace(
    RUNS["MNIST-VAE"],
    model="info_gan",
    likelihood="bernoulli",
    encoder=((64, 4, 2), (128, 4, 2), (1_024,)),
    decoder=None,
    activation="leaky_relu",
    latent_size=74,
    batch_size=128,
    hyper={"categories": (10,), "num_codes": 2},
    learning_rate=1e-3,
    optimizer="adam(beta_1=0.5)",
    steps=5_000,
    sample_every=500,
)

# --- Variants at published lengths ---

# Networks, ten latents, Bernoulli, batches of 64, Adam at 1e-4 and 300,000 steps are those of
# Locatello et al. 2019 (disentanglement_lib, config/unsupervised_study_v1), who trained on
# dSprites, Cars3D, smallNORB, 3D Shapes and their kin, but not on CelebA: what CelebA had, and
# from whom, stands at each run. None of these was trained here.
_published = replace(
    RUNS["VAE"],
    likelihood="bernoulli",
    encoder=RUNS["sprites-VAE"].encoder,
    latent_size=10,
    activation="relu",
    learning_rate=1e-4,
    optimizer="adam",
    steps=300_000,
    validate_every=5_000,
    sample_every=5_000,
    patience=None,
)
# The weight is that of disentangling-vae (Dubois et al., hyperparam.ini), which takes FactorVAE's.
RUNS["CelebA-beta-TCVAE"] = replace(_published, model="beta_tcvae", hyper={"beta": 6.4})
# Kim & Mnih 2018 on CelebA: the discriminator at 1e-5, 1,000,000 steps; both rates and the weight
# are also those of disentangling-vae.
RUNS["CelebA-FactorVAE"] = replace(
    _published,
    model="factor_vae",
    hyper={"gamma": 6.4, "discriminator_learning_rate": 1e-5},
    steps=1_000_000,
)
# Kumar et al. 2018 on CelebA: a weight of 10 off the diagonal.
RUNS["CelebA-DIP-VAE-I"] = replace(_published, model="dip_vae", hyper={"kind": "i"})
# Up to 50 nats on CelebA, as disentangling-vae has it from Burgess et al. 2018; gamma is theirs.
RUNS["CelebA-CapacityVAE"] = replace(
    _published,
    model="capacity_vae",
    hyper={"gamma": 1_000.0, "capacity": "linear(0, 50, 100000)"},
)
# Sets of images with known factors: CelebA has none that could be set.
RUNS["shapes3d-Ada-GVAE"] = replace(_published, dataset="shapes3d", model="ada_gvae")
RUNS["shapes3d-DC-IGN"] = replace(_published, dataset="shapes3d", model="dc_ign")

# --- Studies: python study.py NAME ---

STUDIES = {}

# What the weight of the KL does to codes of shapes: fifteen short runs of a dense network, made for
# two cores.
STUDIES["beta-on-sprites"] = Study(
    replace(
        RUNS["sprites-beta-VAE"],
        encoder=((256,), (256,)),
        steps=2_000,
        sample_every=1_000,
        sample_steps=(),
    ),
    vary={"kl_weight": (1, 2, 4, 8, 16), "seed": range(3)},
)

# The table of the beta-VAE paper with every variant (experiments/sprites_study.py, --metrics full):
# those of which one run would say too little with three seeds, the others with one.
_sprites = {
    "VAE": RUNS["sprites-VAE"],
    **{f"beta-VAE-{_b}": replace(RUNS["sprites-beta-VAE"], kl_weight=_b) for _b in (2, 4, 8, 16)},
    "beta-TCVAE": RUNS["sprites-beta-TCVAE"],
    "FactorVAE": RUNS["sprites-FactorVAE"],
}
STUDIES["sprites-paper"] = Study(
    {name: replace(run, steps=7_500) for name, run in _sprites.items()}, vary={"seed": range(3)}
)
STUDIES["sprites-variants"] = Study(
    {
        name.removeprefix("sprites-"): replace(run, steps=7_500)
        for name, run in RUNS.items()
        if run.dataset == "sprites"
        and run.model not in ("vae", "beta_vae", "beta_tcvae", "factor_vae")
    },
    vary={"seed": (0,)},
)

# Whether MNIST-VAE collapses is a matter of its learning rate.
STUDIES["MNIST-collapse"] = Study(
    replace(RUNS["MNIST-VAE"], steps=2_500),
    vary={"learning_rate": (2e-3, 4e-4), "seed": range(3)},
)

# A third of the steps or less, but for one; experiments/mnist_likelihood.py measures them on test
# images.
_hierarchies = {
    name: run for name, run in RUNS.items() if run.model in ("hierarchical_vae", "ladder_vae")
}
STUDIES["likelihoods"] = Study(
    {
        name: run if name.endswith("-decayed") else replace(run, steps=10_000)
        for name, run in RUNS.items()
        if name.startswith("binary-MNIST-") and name not in _hierarchies
    }
)
# Depth, batch normalization, warm-up and the ladder (experiments/hierarchies.py); a ladder of one
# layer is the hierarchy of one.
STUDIES["hierarchies"] = Study(
    {
        name.removeprefix("binary-MNIST-"): run
        for name, run in _hierarchies.items()
        if name != "binary-MNIST-ladder-1"
    }
)


# How networks learn (experiments/recipe.py): four sets, one change at a time of a start, a rate, an
# optimizer, a batch or a width, at about equal CPU seconds: `_recipes` says how many times the
# steps of the base a variant makes. The base is He's start and a rate that falls along a cosine.
def _cosine(rate: float, steps: int, warm: int | None = None):
    """Up in a straight line within a tenth of the steps, or `warm`, then along a cosine to 0."""
    warm = warm or steps // 10
    return warm_up(warm, cosine(rate, 0, steps - warm))


def _scaled(spec, factor: float):
    return tuple((max(int(layer[0] * factor), 1), *layer[1:]) for layer in spec)


def _narrowed(run: Params, factor: float) -> dict:
    decoder = run.decoder and (*_scaled(run.decoder[:-1], factor), run.decoder[-1])
    return {"encoder": _scaled(run.encoder, factor), "decoder": decoder}


def _with_option(optimizer: str, option: str) -> str:
    name, _, options = optimizer.rstrip(")").partition("(")
    return f"{name}({', '.join(filter(None, [options, option]))})"


# Set -> run, its highest rate, steps of the base.
_recipe_sets = {
    "sprites": (replace(RUNS["sprites-VAE"], sample_steps=()), 2e-3, 1_500),
    "mnist": (replace(RUNS["MNIST-VAE"], sample_steps=()), 2e-3, 2_500),
    "binary": (RUNS["binary-MNIST-VAE"], 2e-3, 10_000),
    "emoji": (replace(RUNS["emoji-VAE"], sample_steps=(), patience=None), 1e-3, 1_500),
}
# Variant -> (times the steps of the base, changes of a run at its highest rate and steps).
_recipes: dict = {
    "base": (1, lambda run, rate, steps: {}),
    "glorot": (1, lambda run, rate, steps: {"initializer": "glorot"}),
    "lecun": (1, lambda run, rate, steps: {"initializer": "lecun"}),
    "torch": (1, lambda run, rate, steps: {"initializer": "torch"}),
    "no-bias": (1, lambda run, rate, steps: {"output_bias": "initializer"}),
    "glorot-no-bias": (
        1,
        lambda run, rate, steps: {"initializer": "glorot", "output_bias": "initializer"},
    ),
    "constant": (1, lambda run, rate, steps: {"learning_rate": rate}),
    "constant-half": (1, lambda run, rate, steps: {"learning_rate": rate / 2}),
    "cosine-half": (1, lambda run, rate, steps: {"learning_rate": _cosine(rate / 2, steps)}),
    "cosine-double": (1, lambda run, rate, steps: {"learning_rate": _cosine(2 * rate, steps)}),
    "one-cycle": (
        1,
        lambda run, rate, steps: {"learning_rate": _cosine(2 * rate, steps, 3 * steps // 10)},
    ),
    "adamw": (1, lambda run, rate, steps: {"optimizer": "adamw(weight_decay=0.01)"}),
    "lion": (
        1,
        lambda run, rate, steps: {"optimizer": "lion", "learning_rate": _cosine(rate / 5, steps)},
    ),
    "muon": (1, lambda run, rate, steps: {"optimizer": "muon(weight_decay=None)"}),
    "clipped": (
        1,
        lambda run, rate, steps: {"optimizer": _with_option(run.optimizer, "global_clipnorm=100")},
    ),
    "clipped-double": (
        1,
        lambda run, rate, steps: {
            "optimizer": _with_option(run.optimizer, "global_clipnorm=100"),
            "learning_rate": _cosine(2 * rate, steps),
        },
    ),
    "half-batch": (1.8, lambda run, rate, steps: {"batch_size": run.batch_size // 2}),
    "double-batch": (0.55, lambda run, rate, steps: {"batch_size": run.batch_size * 2}),
    "ema": (1, lambda run, rate, steps: {"ema": 0.999}),
    "constant-ema": (1, lambda run, rate, steps: {"ema": 0.999, "learning_rate": rate}),
    "half-as-wide": (2, lambda run, rate, steps: _narrowed(run, 0.5)),
    "twice-as-wide": (0.35, lambda run, rate, steps: _narrowed(run, 2)),
    "bfloat16": (1.4, lambda run, rate, steps: {"precision": "mixed_bfloat16"}),
}


def _recipe(run: Params, rate: float, steps: int, changes) -> Params:
    run = replace(
        run,
        learning_rate=_cosine(rate, steps),
        steps=steps,
        sample_every=steps,
        checkpoint_every=steps,
        validate_every=steps // 10,
        log_every=steps // 10,
    )
    return replace(run, **changes(run, rate, steps))


STUDIES["recipe"] = Study(
    {
        f"{name}-{variant}": _recipe(run, rate, int(steps * factor) // 10 * 10, changes)
        for variant, (factor, changes) in _recipes.items()
        for name, (run, rate, steps) in _recipe_sets.items()
    }
    # Its activation is tanh, for which Glorot's start is the base.
    | {
        "binary-he": _recipe(
            *_recipe_sets["binary"], lambda run, rate, steps: {"initializer": "he"}
        ),
    },
    vary={"seed": range(3)},
)

# MNIST from 100 labels (experiments/few_labels.py).
_plain_sdgm = replace(
    RUNS["MNIST-SDGM"],
    hyper=RUNS["MNIST-SDGM"].hyper | {"batch_normalization": False},
    learning_rate=RUNS["MNIST-M2"].learning_rate,
)
STUDIES["few-labels"] = Study(
    {name: RUNS[f"MNIST-{name}"] for name in ("M2", "M2-plain", "M1", "M1-M2", "SDGM", "ADGM")}
    # Another seed labels other images, too.
    | {
        f"{name}-seed-{seed}": replace(RUNS[f"MNIST-{name}"], seed=seed)
        for name in ("M2", "M1-M2")
        for seed in (1, 2)
    }
    # Twice as long, with a falling rate: does the second seed need more time?
    | {
        "M2-long-seed-1": replace(
            RUNS["MNIST-M2"],
            seed=1,
            kl_weight=linear(2, 1, 12_000),
            learning_rate=exponential(1e-3, 1e-4, 12_000),
            steps=12_000,
        )
    }
    | {"SDGM-plain": _plain_sdgm}
    # Ten epochs without what helps.
    | {
        "M2-no-wait": replace(
            RUNS["MNIST-M2"], hyper=RUNS["MNIST-M2"].hyper | {"classifier_delay": 0}, steps=2_500
        ),
        "SDGM-level": replace(_plain_sdgm, kl_weight=1.0, steps=2_500),
        "SDGM-unclipped": replace(_plain_sdgm, optimizer="adam", steps=2_500),
        "SDGM-constant-rate": replace(
            RUNS["MNIST-SDGM"], learning_rate=_plain_sdgm.learning_rate, steps=2_500
        ),
        "ADGM-plain": replace(
            RUNS["MNIST-ADGM"],
            hyper=RUNS["MNIST-ADGM"].hyper | {"batch_normalization": False},
            steps=2_500,
        ),
    }
)

# The runs shown in this repository; experiments/gallery.py puts them into predictions/. MNIST's at
# the learning rate that their presets had: MNIST-VAE is lost there.
_gallery = {
    "MNIST-AE": RUNS["MNIST-AE"],
    "MNIST-VAE": RUNS["MNIST-VAE"],
    # A quarter of the 60,000 steps; delay and ramp scaled with them.
    "MNIST-KLD-Anneal": replace(
        RUNS["MNIST-KLD-Anneal"], steps=15_000, kl_weight=linear(0, 1, 12_500, delay=750)
    ),
    "MNIST-VAE-dense": RUNS["MNIST-VAE-dense"],
}
STUDIES["gallery"] = Study(
    {name: replace(run, learning_rate=2e-3) for name, run in _gallery.items()}
    | {name: run for name, run in RUNS.items() if name.startswith("emoji-")}
)

# The sprites as long as Locatello et al. train on dSprites, with their settings: five hours a run
# on two cores. `python experiments/sprites_steps.py` scores the steps that are kept.
STUDIES["sprites-published"] = Study(
    {
        name: replace(
            run,
            learning_rate=1e-4,
            steps=300_000,
            log_every=500,
            validate_every=5_000,
            sample_every=50_000,
            sample_steps=(),
            keep_steps=(1_000, 3_000, 10_000, 20_000, 30_000, 50_000, 100_000, 200_000, 300_000),
        )
        for name, run in {
            "beta-TCVAE": RUNS["sprites-beta-TCVAE"],
            "VAE": RUNS["sprites-VAE"],
            "beta-VAE-4": RUNS["sprites-beta-VAE"],
            "Ada-GVAE": RUNS["sprites-Ada-GVAE"],
        }.items()
    }
    # Chen et al. 2018 as their code has it: 50 epochs of 737,280 images (the decoder's activation
    # is tanh there).
    | {
        "beta-TCVAE-2048": replace(
            RUNS["sprites-beta-TCVAE"],
            encoder=((1200,), (1200,)),
            decoder=((1200,), (1200,), (1200,)),
            batch_size=2_048,
            learning_rate=1e-3,
            steps=18_000,
            log_every=20,
            validate_every=240,
            sample_every=5_000,
            sample_steps=(),
            # As many images as of the others.
            keep_steps=(94, 312, 625, 938, 1_562, 3_125, 6_250, 9_375, 18_000),
        )
    }
)

# Remedies for a collapsed posterior, side by side: `python study.py collapse --metrics fast`, then
# `python experiments/collapse.py`. A network with a quarter of MNIST-VAE's filters is lost at a
# learning rate of 0.005 as that one is at 0.002; at 0.002 it is not.
_small = replace(
    RUNS["MNIST-VAE"],
    encoder=((16, 4, 2), (16, 4, 2), (64,)),
    decoder=((64,), (16, 4, 2), (1, 4, 2)),
    steps=1_500,
    **dict.fromkeys(("sample_every", "checkpoint_every", "validate_every"), 500),
    sample_steps=(),
)
_ways: dict[str, dict] = {  # to the same optimum
    "constant": {},
    "linear": {"kl_weight": linear(0, 1, 750)},
    "cyclical": {"kl_weight": cyclical(0, 1, 1_200)},
    "triggered": {"kl_weight": triggered(15, linear(0, 1, 500))},
    "lagging": {"model": "lagging_vae", "hyper": {"encoder_steps": 5}},
}
_dense: dict = {"encoder": ((128,), (128,)), "decoder": ((128,),)}
_optima: dict[str, dict] = {  # that may differ from the VAE's
    "capacity": {
        "model": "capacity_vae",
        "hyper": {"gamma": 10.0, "capacity": "linear(0.5, 12, 750)"},
    },
    "free-bits": {"model": "free_bits_vae", "hyper": {"free_nats": 0.25}},
    "constrained": {"kl_weight": constrained(25, start=0.1)},
    "controlled": {"kl_weight": controlled(12, integral=0.001)},
    "stddev-learned": {"likelihood": "gaussian(stddev=learned)"},
    "stddev-optimal": {"likelihood": "gaussian(stddev=optimal)"},
    "MMD-VAE": {"model": "info_vae", "hyper": {"alpha": 1.0, "scale": 100.0}},
    "fewer-latents": {"latent_size": 8},
    "dense": _dense,
    "low-capacity": {**_dense, "latent_size": 8},
}
_rates = {5e-3: _ways | _optima, 2e-3: {"constant": {}} | _optima}
STUDIES["collapse"] = Study(
    {
        f"{name}-{rate}": replace(_small, learning_rate=rate, **changes)
        for rate, remedies in _rates.items()
        for name, changes in remedies.items()
    }
    | {"warm-up-0.005": replace(_small, learning_rate=warm_up(500, constant(5e-3)))},
    vary={"seed": range(3)},
)

# --- What `python train.py --list` says: headings, and what a run shows; others stand below ---
# Times: benchmarks/preset_times.py on two quiet cores, without validations and pictures.

GUIDE = {
    "Start here: nothing to download": {
        "digits-map": "half a minute: handwritten digits on a map of two latents",
        "sprites-beta-TCVAE": "five minutes: position, size and angle of shapes come apart",
        "sprites-beta-VAE": "five minutes: the same shapes under a KL weight of 4",
        "digits-VAE": "half a minute: digits in eight latents",
        "emoji-VAE": "four minutes: 3,786 color emoji in the second project's network",
        "my-images": "four minutes: your own, --set dataset=folder:/my/images",
    },
    "The first project, a VAE on MNIST (11 MB to download, five minutes a run or as said)": {
        "MNIST-AE": "the plain autoencoder: sharp reconstructions, no prior to draw from",
        "MNIST-VAE": "the VAE",
        "MNIST-VAE-averaged-losses": "the collapse that the project saw: a KL weight of 24.5",
        "MNIST-KLD-Anneal": "half an hour: the KL weight up from 0, six times as long",
        "MNIST-KLD-Triggered": "the same, from when the reconstructions are good",
        "MNIST-VAE-dense": "a minute and a half: the network of lower capacity",
        "MNIST-VAE-dense-absolute-errors": "as long: the same as the project trained it last",
    },
    "The second project, a beta-VAE on CelebA (1.4 GB to download, 80 minutes; emoji-... four)": {
        **{name: "" for name in RUNS if "Beta-VAE" in name or name == "VAE"},
    },
    "One family each, on shapes (five to fifteen minutes)": {
        name: "" for name in RUNS if name.startswith("sprites-") and "beta" not in name
    },
    "Classes from a few labels (digits: half a minute; MNIST: 11 MB, 8 to 50 minutes)": {
        name: "" for name, run in RUNS.items() if run.model in CLASSIFIERS
    },
    "Likelihoods of binary MNIST (11 MB to download, 1 to 30 minutes)": {
        name: "" for name in RUNS if name.startswith("binary-MNIST-")
    },
    "At published lengths, up to 30 hours on a CPU (CelebA: 1.4 GB to download)": {
        name: "" for name in RUNS if name.startswith(("CelebA-", "shapes3d-"))
    },
}
