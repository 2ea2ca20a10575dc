"""Handwritten digits of 8x8 pixels, embedded."""

from vae_tf.config import Params, replace
from vae_tf.presets.presets import Presets
from vae_tf.schedules import falling

RUNS: Presets[Params] = Presets("digits", "Handwritten digits, 8x8: nothing to download")

RUNS.add(
    "digits-map",
    Params(
        dataset="digits",
        encoder=((256,), (256,)),
        latent_size=2,
        validation=0.2,
        # 0.001, constant: 24.2 nats on validation at the end; falling from 0.001, 0.002, 0.004:
        # 24.1, 23.8, 23.8 (seed 0).
        learning_rate=falling(4e-3),
        steps=4_000,
        sample_every=500,
        validate_every=500,
    ),
    "a VAE with two latents: a map of the digits; half a minute",
)
RUNS.add(
    "digits-VAE",
    replace(RUNS["digits-map"], latent_size=8, validation=0.05, steps=5_000),
    "a VAE with eight latents; half a minute",
)
RUNS.add(
    "digits-conditional-VAE",
    replace(RUNS["digits-VAE"], model="conditional_vae"),
    "encoder and decoder see the label: codes hold the style; half a minute",
)
RUNS.add(
    "digits-MIWAE",
    replace(RUNS["digits-VAE"], model="miwae", missing="random(0.5)", steps=3_000, validation=0.1),
    "half of the pixels are missing, and the model fills them in; under a minute",
)
RUNS.add(
    "digits-flow-prior",
    replace(RUNS["digits-VAE"], prior="flow"),
    "eight latents and a learned prior, a normalizing flow; two minutes",
)
RUNS.add(
    "digits-RAE",
    replace(RUNS["digits-VAE"], model="rae"),
    "no noise: penalties on long codes and on large weights of the decoder; half a minute",
)
RUNS.add(
    "digits-RAE-GP",
    replace(
        RUNS["digits-VAE"], model="rae", hyper={"decoder_weight": 0.0, "gradient_weight": 0.01}
    ),
    "no noise: penalties on long codes and on steep changes of the decoder; a minute",
)
RUNS.add(
    "digits-critic-AE",
    replace(
        RUNS["digits-VAE"],
        model="critic_ae",
        hyper={"discriminator": [[64], [64]], "encoder_learning_rate": 1e-3},
    ),
    "no noise: a Wasserstein critic moves the codes to N(0, I); two minutes",
)
RUNS.add(
    "digits-PixelCNN",
    replace(
        RUNS["digits-VAE"],
        dataset="digits_binary",
        decoder="pixel_cnn(layers=2, filters=16, kernel=5)",
        validation=0.2,
        learning_rate=falling(2e-3),
        steps=2_000,
    ),
    "a decoder in which each pixel sees the pixels before it; a minute",
)
# 0.01 beside means over 64 pixels and 8 latents is 0.08 here.
RUNS.add(
    "digits-QLAE",
    replace(
        RUNS["digits-VAE"],
        model="qlae",
        hyper={"quantization_weight": 0.08, "commitment_weight": 0.08},
        learning_rate=1e-3,
        optimizer="adamw(weight_decay=0.1, global_clipnorm=1.0)",
    ),
    "each latent takes one of a few values; half a minute",
)
# Maps of 4x4 codes of 64 values: 67 nats where all are equally likely.
RUNS.add(
    "digits-VQ-VAE",
    replace(
        RUNS["digits-VAE"],
        model="vq_vae",
        hyper={"num_codes": 64, "prior_layers": 2, "prior_filters": 32},
        encoder=((32, 4, 2), (64,)),
        latent_size=4,
        learning_rate=falling(2e-3),
        steps=2_000,
    ),
    "discrete codes, with a PixelCNN as their prior; half a minute",
)
