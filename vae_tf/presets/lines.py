"""Lines at any angle: how well models interpolate (Berthelot et al. 2019)."""

from vae_tf.config import Params, replace
from vae_tf.presets.presets import Presets

RUNS: Presets[Params] = Presets("lines", "Lines from the center, 32x32: nothing to download")

# Less than a hundredth of the authors' 262,144 steps, at ten times their learning rate, with their
# 64 latents. Dense layers replace their convolutions, which take longer per step on a CPU; the map
# of the VQ-VAE needs convolutions.
_STEPS = 2_000

RUNS.add(
    "lines-plain-AE",
    Params(
        dataset="lines",
        validation=512,
        model="plain_ae",
        kl_weight=None,
        likelihood="gaussian",
        encoder=((128,), (64,)),
        latent_size=64,
        learning_rate=1e-3,
        steps=_STEPS,
        sample_every=_STEPS,
        validate_every=_STEPS // 2,
    ),
    "the plain autoencoder, baseline of the benchmark of interpolations; half a minute",
)


def _add(name: str, about: str, model: str, **changes):
    RUNS.add(name, replace(RUNS["lines-plain-AE"], model=model, **changes), about)


_add(
    "lines-denoising-AE",
    "images are restored from noisy copies; half a minute",
    "denoising_ae",
)
_add(
    "lines-dropout-AE",
    "the decoder sees a random half of the latents; half a minute",
    "denoising_ae",
    hyper={"image_noise": 0.0, "code_dropout": 0.5},
)
_add(
    "lines-VAE",
    "the VAE on the same benchmark; half a minute",
    "vae",
    kl_weight=1.0,
    likelihood="bernoulli",
)
_add(
    "lines-AAE",
    "a discriminator moves the codes to N(0, I); a minute",
    "adversarial_ae",
    kl_weight=1.0,
    hyper={"discriminator": ((100,), (100,)), "encoder_learning_rate": 1e-3,
           "discriminator_learning_rate": 1e-3},
)  # fmt: skip
_add(
    "lines-VQ-VAE",
    "each place of a 4x4 map takes one of 512 learned vectors; two minutes",
    "vq_vae",
    kl_weight=None,
    encoder=((16, 4, 2), (32, 4, 2), (64, 4, 2)),
    latent_size=16,
    hyper={"prior_start": 1},  # the benchmark draws no samples of a prior
)
_add(
    "lines-ACAI",
    "images decoded from mixed codes must fool a critic; a minute",
    "acai",
    kl_weight=1.0,
    hyper={"discriminator": ((128,), (64,)), "discriminator_learning_rate": 1e-3},
)
_add(
    "lines-GAIA",
    "images decoded from mixed codes must fool a second autoencoder; a minute",
    "gaia",
    kl_weight=1.0,
    # At a weight of 1 the discriminator's errors are a hundred times the reconstruction, and images
    # were lost: 28 to 42 nats. After 1,000 steps: 0.99 at 0.01 and 0.16 here, one seed.
    hyper={
        "discriminator": ((128,), (64,)),
        "discriminator_learning_rate": 1e-3,
        "interpolation_weight": 1e-3,
    },
)
