"""Handwritten digits of MNIST: the first project's runs, and variants."""

from vae_tf.config import Params, replace
from vae_tf.presets.presets import Presets
from vae_tf.schedules import falling, linear, triggered

RUNS: Presets[Params] = Presets("mnist", "MNIST, handwritten digits, 28x28: downloads 11 MB")

# Weight 0: no KL, but noise. Squared errors, as its figure is one: 0.004 per pixel.
RUNS.add(
    "MNIST-AE",
    Params(
        dataset="mnist",
        validation=5_000,
        model="ae",
        kl_weight=0.0,
        likelihood="gaussian",
        encoder=((64, 4, 2), (64, 4, 2), (256,)),
        decoder=((256,), (64, 4, 2), (1, 4, 2)),
        latent_size=32,
        batch_size=64,
        # The project's 0.002, falling: after 2,500 steps of the VAE 29.5 nats; constant 30.1, from
        # 0.001 31.1 (experiments/recipe.csv, three seeds).
        learning_rate=falling(2e-3),
        steps=10_000,
        sample_steps=(0, 1, 3, 7, 10, 16, 30, 100, 300, 500, 700),
        sample_every=200,
    ),
    "a VAE with a KL weight of 0: sharp reconstructions, no prior; five minutes",
)
# The plain autoencoder of other packages: its posteriors have no width at all.
RUNS.add(
    "MNIST-plain-AE",
    replace(RUNS["MNIST-AE"], model="plain_ae"),
    "the plain autoencoder: no noise at all; five minutes",
)
# Weight 1 from the start. From Glorot's weights with output biases of 0 every digit gets one code
# at this rate: a failed optimization, no optimum (RESULTS.md).
RUNS.add(
    "MNIST-VAE",
    replace(RUNS["MNIST-AE"], model="vae", kl_weight=1.0),
    "the VAE; five minutes",
)
# The collapse that the project saw, by its cause: losses averaged over 784 pixels and 32 latents
# weight the KL 784 / 32 times, above the weight of 10.3 at which a linear VAE collapses.
RUNS.add(
    "MNIST-VAE-averaged-losses",
    replace(RUNS["MNIST-VAE"], kl_weight=24.5),
    "losses averaged over pixels and latents, KL weight 24.5: posterior collapse; five minutes",
)
# Weight 0 for 3,000 steps, then up by 1/50,000 a step, at most 1.
RUNS.add(
    "MNIST-KLD-Anneal",
    replace(RUNS["MNIST-VAE"], kl_weight=linear(0, 1, 50_000, delay=3_000), steps=60_000),
    "the KL weight rises from 0 to 1; half an hour",
)
# The same ramp, started when the mean squared error of a window is 0.01 per pixel: 7.84 nats.
RUNS.add(
    "MNIST-KLD-Triggered",
    replace(RUNS["MNIST-VAE"], kl_weight=triggered(7.84, linear(0, 1, 50_000)), steps=60_000),
    "the KL weight rises once reconstructions are good; half an hour",
)
# A rectangle, as masks in training have to be like the masks to be filled in, such as half a digit.
RUNS.add(
    "MNIST-MIWAE",
    replace(
        RUNS["MNIST-VAE"],
        model="miwae",
        missing="block(0.5)",
        likelihood="bernoulli",
        encoder=((256,), (256,)),
        decoder=None,
        latent_size=16,
        steps=6_000,
    ),
    "a rectangle of each digit is missing, and the model fills it in; ten minutes",
)
# The lower-capacity dense network.
RUNS.add(
    "MNIST-VAE-dense",
    replace(RUNS["MNIST-VAE"], encoder=((500,), (500,)), decoder=((500,),), latent_size=8),
    "two dense layers of 500 units, eight latents; a minute and a half",
)
# The project's last version: absolute errors, and a learning rate of 0.00001.
RUNS.add(
    "MNIST-VAE-dense-absolute-errors",
    replace(RUNS["MNIST-VAE-dense"], likelihood="laplace", learning_rate=1e-5),
    "MNIST-VAE-dense with absolute errors; a minute and a half",
)
# Bits of grey digits: the network and the likelihood of Townsend et al. 2019 (BB-ANS), without its
# batch normalization, and for 20,000 updates in place of 12,000. After 3,000 updates, held-out
# images: 1.434 bits per pixel; two layers of 200 units 1.453, these warmed up 1.440 (seed 0).
RUNS.add(
    "MNIST-8-bit-VAE",
    Params(
        dataset="mnist",
        likelihood="beta_binomial",
        encoder=((200,),),
        latent_size=50,
        kl_weight=linear(0.2, 1, 4_000),
        batch_size=100,
        learning_rate=falling(2e-3),
        optimizer="adam(epsilon=1e-4)",
        steps=20_000,
        sample_every=5_000,
        validate_every=2_000,
    ),
    "256 grey levels by a beta-binomial, for lossless compression; ten minutes",
)


# With posteriors that started wide and a scale of 1,000 all digits kept one code at a learning rate
# of 0.002 (RESULTS.md).
RUNS.add(
    "MNIST-MMD-VAE",
    replace(
        RUNS["MNIST-VAE"],
        model="info_vae",
        latent_size=10,
        hyper={"alpha": 1.0, "scale": 100.0},
        learning_rate=5e-4,
    ),
    "InfoVAE with the MMD of all codes instead of the KL; five minutes",
)
# Eight nats that cost nothing, a quarter in each of 32 latents.
RUNS.add(
    "MNIST-free-bits-VAE",
    replace(RUNS["MNIST-VAE"], model="free_bits_vae", hyper={"free_nats": 0.25}),
    "a quarter of a nat of the KL is free in each latent; five minutes",
)
RUNS.add(
    "MNIST-lagging-VAE",
    replace(RUNS["MNIST-VAE"], model="lagging_vae", hyper={"encoder_steps": 5}),
    "five steps of the encoder for each step of the decoder; ten minutes",
)
RUNS.add(
    "MNIST-WAE",
    replace(RUNS["MNIST-VAE"], model="wae", latent_size=8, hyper={"mmd_weight": 200.0}),
    "the Wasserstein autoencoder: MMD, no noise; five minutes",
)
RUNS.add(
    "MNIST-AAE",
    replace(RUNS["MNIST-VAE"], model="adversarial_ae", latent_size=8, learning_rate=4e-4),
    "the adversarial autoencoder: a discriminator of codes; ten minutes",
)
# Same as the authors' code: 74 latents, of which ten classes and two continuous codes, batches of
# 128, 50 "epochs" of 100 updates; but no hidden layer of Q's own.
# experiments/infogan_mnist.py trains it with networks a quarter as wide, and looks what it learned.
RUNS.add(
    "MNIST-InfoGAN",
    replace(
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
    ),
    "ten classes found without labels, by a GAN; half an hour",
)
