"""The experimenter's file: named runs, each a `Params`, presets as differences from one another.

Train one with `python train.py RUN`, list them with `python train.py --list`. All fields, with
their units and defaults, are in vae_tf/config.py. Times are those of two CPU cores.
"""

from vae_tf.config import Params, replace
from vae_tf.schedules import linear, triggered

RUNS = {}

# --- Without a download ---

# python train.py: shapes on a plane, five factors of variation; about five minutes.
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
DEFAULT_RUN = "sprites-beta-VAE"

RUNS["sprites-VAE"] = replace(RUNS["sprites-beta-VAE"], model="vae", kl_weight=1.0)

# Real handwritten digits, 8x8; quick.
RUNS["digits-VAE"] = Params(
    dataset="digits",
    encoder=((256,), (256,)),
    latent_size=8,
    steps=5_000,
    sample_every=500,
    validate_every=500,
)

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
# Weight 1 from the start.
RUNS["MNIST-VAE"] = replace(RUNS["MNIST-AE"], model="vae", kl_weight=1.0)
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

# --- Variants on the sprites, as short as the runs at the top ---

# At a scale of 1,000 the noise of the MMD outweighs the images: after 7,500 steps all had one code.
RUNS["sprites-MMD-VAE"] = replace(
    RUNS["sprites-VAE"], model="info_vae", hyper={"alpha": 1.0, "scale": 100.0}
)
RUNS["sprites-WAE"] = replace(RUNS["sprites-VAE"], model="wae", hyper={"mmd_weight": 100.0})
RUNS["sprites-AAE"] = replace(
    RUNS["sprites-VAE"], model="adversarial_ae", hyper={"adversarial_weight": 10.0}
)
RUNS["sprites-beta-TCVAE"] = replace(RUNS["sprites-VAE"], model="beta_tcvae", hyper={"beta": 6.0})
# The discriminator learns as fast as the VAE, as in the paper. At the paper's rate, a tenth of it,
# it saw 0.4 of 8.8 nats after 7,500 steps, and the codes stayed a VAE's.
RUNS["sprites-FactorVAE"] = replace(
    RUNS["sprites-VAE"],
    model="factor_vae",
    hyper={"gamma": 10.0, "discriminator_learning_rate": 1e-3},
)
RUNS["sprites-DIP-VAE-I"] = replace(RUNS["sprites-VAE"], model="dip_vae", hyper={"kind": "i"})
# At the default weight of 10 all images kept one code for 7,500 steps.
RUNS["sprites-DIP-VAE-II"] = replace(
    RUNS["sprites-VAE"], model="dip_vae", hyper={"kind": "ii", "off_diagonal_weight": 1.0}
)
# Up to 18 nats, about what the VAE uses, in half of the steps.
RUNS["sprites-CapacityVAE"] = replace(
    RUNS["sprites-VAE"],
    model="capacity_vae",
    hyper={"gamma": 100.0, "capacity": "linear(0.5, 18, 2500)"},
)
RUNS["sprites-Ada-GVAE"] = replace(RUNS["sprites-VAE"], model="ada_gvae")  # 64 pairs a batch
RUNS["sprites-IWAE"] = replace(RUNS["sprites-VAE"], model="iwae", hyper={"num_samples": 5})
RUNS["sprites-flow-VAE"] = replace(RUNS["sprites-VAE"], model="flow_vae", hyper={"flow": "iaf"})
RUNS["sprites-InfoGAN"] = replace(
    RUNS["sprites-VAE"],
    model="info_gan",
    hyper={"num_codes": 5, "info_weight": 0.1},
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

# --- Variants on MNIST ---

# At the learning rate of MNIST-VAE, 0.002, all digits keep one code.
RUNS["MNIST-MMD-VAE"] = replace(
    RUNS["MNIST-VAE"],
    model="info_vae",
    latent_size=10,
    hyper={"alpha": 1.0, "scale": 100.0},
    learning_rate=5e-4,
)
RUNS["MNIST-WAE"] = replace(
    RUNS["MNIST-VAE"], model="wae", latent_size=8, hyper={"mmd_weight": 200.0}
)
RUNS["MNIST-AAE"] = replace(RUNS["MNIST-VAE"], model="adversarial_ae", latent_size=8)
RUNS["MNIST-InfoGAN"] = replace(
    RUNS["MNIST-VAE"],
    model="info_gan",
    latent_size=64,
    hyper={"num_codes": 2, "info_weight": 0.1},  # the paper has a categorical code besides
    learning_rate=1e-3,
    optimizer="adam(beta_1=0.5)",
)

# --- Variants as Locatello et al. 2019 train them: 300,000 steps of Adam at 1e-4, batch 64 ---

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
RUNS["CelebA-beta-TCVAE"] = replace(_published, model="beta_tcvae", hyper={"beta": 6.0})
RUNS["CelebA-FactorVAE"] = replace(_published, model="factor_vae", hyper={"gamma": 6.4})
RUNS["CelebA-DIP-VAE-I"] = replace(_published, model="dip_vae", hyper={"kind": "i"})
RUNS["CelebA-CapacityVAE"] = replace(_published, model="capacity_vae")
# Sets of images with known factors: CelebA has none that could be set.
RUNS["shapes3d-Ada-GVAE"] = replace(_published, dataset="shapes3d", model="ada_gvae")
RUNS["shapes3d-DC-IGN"] = replace(_published, dataset="shapes3d", model="dc_ign")
