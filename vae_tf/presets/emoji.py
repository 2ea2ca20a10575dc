"""Color emoji of 64x64 pixels, embedded: the second project's runs at a twentieth of the steps."""

from vae_tf.config import Params, replace
from vae_tf.presets import celeba
from vae_tf.presets.presets import Presets
from vae_tf.schedules import falling, linear

RUNS: Presets[Params] = Presets("emoji", "3,786 color emoji, 64x64: nothing to download")

# A rate of 0.002 needs clipped gradients: without them, the KL got infinite. With them, it did at a
# KL weight of 1,000, at step 501.
CLIPPED = "adam(beta_1=0.5, global_clipnorm=100)"


def unclipped(run: Params) -> Params:
    """The run at half of the rate without clipped gradients, as in tables made before."""
    if run.optimizer != CLIPPED:
        return run
    return replace(run, optimizer="adam(beta_1=0.5)", learning_rate=falling(1e-3))


_WEIGHTS = {"VAE": 1, **{f"{beta}-Beta-VAE": beta for beta in (10, 100, 1_000, 10_000)}}

for _name, _weight in _WEIGHTS.items():
    _run = replace(
        celeba.RUNS[f"CelebA-{_name}"],
        dataset="emoji",
        # After 1,500 steps of weight 1, 307.8 nats on average of three seeds; unclipped 352.6
        # (experiments/recipe.csv).
        optimizer=CLIPPED,
        learning_rate=falling(2e-3),
        steps=5_000,
        patience=None,
        validate_every=250,
        sample_every=250,
        sample_steps=(0, 10, 30, 60, 100, 150),
    )
    RUNS.add(
        f"emoji-{_name}",
        _run if _weight <= 100 else unclipped(_run),
        f"a convolutional VAE at a KL weight of {_weight:,}; four minutes",
    )
# Where the KL weight moves until the end, the rate stays: a falling one would be spent by then.
_MOVING = replace(unclipped(RUNS["emoji-VAE"]), learning_rate=5e-4)
RUNS.add(
    "emoji-KLD_Anneal_2000_steps-10-Beta-VAE",
    replace(_MOVING, kl_weight=linear(0, 10, 2_000), steps=2_500),
    "the KL weight rises from 0 to 10; two minutes",
)
RUNS.add(
    "emoji-KLD_Decrease_2000_steps-100to1-Beta-VAE",
    replace(_MOVING, kl_weight=linear(100, 1, 1_980), steps=2_500),
    "the KL weight falls from 100 to 1; two minutes",
)
# Twenty times steeper than the second project's. When the weight gets small after thousands of
# steps of a quiet encoder, its gradients grow faster than Adam's average over 1,000 steps follows:
# with the usual beta_2 of 0.999 this run diverged at step 5,017.
RUNS.add(
    "emoji-KLD_Decrease_5000_steps-10000to1-Beta-VAE",
    replace(
        _MOVING,
        kl_weight=linear(10_000, 1, 5_000),
        optimizer="adam(beta_1=0.5, beta_2=0.99)",
        steps=6_250,
    ),
    "the KL weight falls from 10,000 to 1; five minutes",
)
# Wider, twice the latents, mirrored images: emoji that people can name.
RUNS.add(
    "emoji-wide-VAE",
    replace(
        RUNS["emoji-VAE"],
        encoder=((64, 4, 2), (128, 4, 2), (128, 4, 2), (256, 4, 2), (512,)),
        latent_size=64,
        augment="mirror",
        learning_rate=falling(7e-4),
        # Without a clipped gradient the KL is infinite at step 223. MSE with it 0.0137 (seed 0);
        # without it 0.0143 at a rate of 0.0005, 0.0145 at 0.0004.
        optimizer="adam(clipnorm=1000)",
        steps=2_500,
    ),
    "a network three times as wide with 64 latents: sharper emoji; fifteen minutes",
)
# Maps of 8x8 codes of 512 values: 399 nats where all are equally likely.
RUNS.add(
    "emoji-VQ-VAE",
    replace(
        RUNS["emoji-VAE"],
        model="vq_vae",
        kl_weight=1.0,
        encoder=((32, 4, 2), (64, 4, 2), (128, 4, 2)),
        latent_size=16,
        augment="mirror",
        batch_size=32,
        learning_rate=falling(1.5e-3),
        optimizer="adam",
        steps=8_000,
        sample_every=1_000,
        hyper={"prior_start": 0.625, "prior_temperature": 0.8},
    ),
    "discrete codes, with a PixelCNN as their prior: detailed emoji; a quarter of an hour",
)
RUNS.add(
    "emoji-FSQ",
    replace(
        RUNS["emoji-VQ-VAE"],
        model="fsq",
        latent_size=3,
        hyper={"levels": [8, 8, 8], "prior_temperature": 0.8},
        steps=6_000,
    ),
    "codes rounded to 8 levels, with a PixelCNN as their prior; a quarter of an hour",
)
# Sharper images, at 32x32: experiments/sharpness.py has these settings.
_SMALL = Params(
    dataset="emoji",
    image_size=32,
    encoder=((32, 4, 2), (64, 4, 2), (64, 4, 2), (256,)),
    latent_size=32,
    activation="leaky_relu",
    likelihood="gaussian",
    learning_rate=falling(1e-3),
    optimizer="adam(beta_1=0.5, clipnorm=1000)",
    steps=400,
    validate_every=200,
    sample_every=400,
)
RUNS.add(
    "emoji-residual-VAE",
    replace(_SMALL, encoder="residual(16, 32, 64)"),
    "residual networks, 32x32 pixels, 400 steps",
)
RUNS.add(
    "emoji-perceptual-VAE",
    replace(_SMALL, model="perceptual_vae"),
    "images are also compared in random features, 32x32 pixels, 400 steps",
)
RUNS.add(
    "emoji-VAE-GAN",
    replace(_SMALL, model="vae_gan"),
    "errors are measured in the features of a discriminator, 32x32 pixels, 400 steps",
)
RUNS.add(
    "emoji-sequential-VAE",
    replace(_SMALL, model="sequential_vae"),
    "a chain of two VAEs, 32x32 pixels, 400 steps; two minutes",
)
# Pixels see the code and those before them; a pixel's color is drawn from a mixture.
RUNS.add(
    "emoji-PixelCNN",
    replace(
        _SMALL,
        likelihood="mixture_logistics(components=5)",
        decoder="pixel_cnn(layers=3, filters=16, kernel=5)",
        batch_size=32,
        kl_weight=linear(0, 1, 300),
        learning_rate=falling(2e-3),
        steps=600,
        validate_every=300,
        sample_every=600,
    ),
    "a mixture of colors for each pixel, given the pixels before it, 32x32 pixels; four minutes",
)
RUNS.add(
    "my-images",
    # A fifth held out: 5 % of 200 photos would be 10 images.
    replace(RUNS["emoji-VAE"], dataset="folder:my-images", image_size=64, validation=0.2),
    "your own images: --set dataset=folder:/my/images; four minutes",
)
