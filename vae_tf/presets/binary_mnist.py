"""Black and white MNIST, for log-likelihoods: the network of Burda et al. 2016."""

from vae_tf.config import Params, replace
from vae_tf.presets.presets import Presets
from vae_tf.schedules import falling, linear

RUNS: Presets[Params] = Presets("binary_mnist", "Log-likelihoods of binary MNIST: downloads 11 MB")

# Theirs had 3,280 epochs of 59,600 images in batches of 20; these 30,000 steps are 60 epochs.
RUNS.add(
    "binary-MNIST-VAE",
    Params(
        dataset="mnist_binary",
        encoder=((200,), (200,)),
        latent_size=50,
        activation="tanh",
        batch_size=100,
        # After 10,000 steps 100.8 nats; constant 104.1 (experiments/recipe.csv, three seeds).
        learning_rate=falling(2e-3),
        optimizer="adam(epsilon=1e-4)",
        steps=30_000,
        sample_every=3_000,
        validate_every=3_000,
    ),
    "the VAE of Burda et al. with one stochastic layer; two minutes",
)
for _samples in (5, 50):
    RUNS.add(
        f"binary-MNIST-IWAE-{_samples}",
        replace(RUNS["binary-MNIST-VAE"], model="iwae", hyper={"num_samples": _samples}),
        f"the importance-weighted bound of {_samples} samples; up to 30 minutes",
    )
RUNS.add(
    "binary-MNIST-planar-VAE",
    replace(RUNS["binary-MNIST-VAE"], model="flow_vae", hyper={"flow": "planar", "num_flows": 10}),
    "posteriors transformed by ten planar flows; four minutes",
)
RUNS.add(
    "binary-MNIST-IAF-VAE",
    replace(
        RUNS["binary-MNIST-VAE"],
        model="flow_vae",
        hyper={"flow": "iaf", "num_flows": 4, "hidden_size": 320},
    ),
    "posteriors transformed by four inverse autoregressive flows; ten minutes",
)

# Theirs have 3,280 epochs; these have 400 and 200, the hours allow no more.
for _name, _steps, _about in (
    ("VAE", 200_000, "400 epochs; half an hour"),
    ("IWAE-5", 100_000, "200 epochs; half an hour"),
):
    RUNS.add(
        f"binary-MNIST-{_name}-long",
        replace(
            RUNS[f"binary-MNIST-{_name}"],
            steps=_steps,
            sample_every=_steps // 10,
            validate_every=_steps // 20,
        ),
        f"for log-likelihoods near the published ones: {_about}",
    )
RENAMED = {"binary-MNIST-VAE-decayed": "binary-MNIST-VAE-long"}

# The KL weight warmed up, as the authors have it: at 1 from the start it collapses.
RUNS.add(
    "binary-MNIST-VampPrior-VAE",
    replace(
        RUNS["binary-MNIST-VAE"],
        model="vamp_vae",
        hyper={"num_pseudo_images": 500},
        kl_weight=linear(0, 1, 5_000),
    ),
    "a learned prior: a mixture of the posteriors of pseudo-images; ten minutes",
)
RUNS.add(
    "binary-MNIST-flow-prior",
    replace(RUNS["binary-MNIST-VAE"], prior="flow", kl_weight=linear(0, 1, 5_000)),
    "a learned prior, a normalizing flow; a quarter of an hour",
)
RUNS.add(
    "binary-MNIST-VAE-warmed-up",
    replace(RUNS["binary-MNIST-VAE"], kl_weight=linear(0, 1, 5_000)),
    "the KL weight warmed up over 5,000 steps; two minutes",
)

# Convolutions, as the features of the code have a place in the image.
RUNS.add(
    "binary-MNIST-PixelCNN",
    Params(
        dataset="mnist_binary",
        encoder=((32, 4, 2), (64, 4, 2), (256,)),
        decoder="pixel_cnn(layers=2, filters=16, kernel=5)",
        latent_size=32,
        batch_size=64,
        learning_rate=falling(2e-3),
        kl_weight=linear(0, 1, 2_000),
        steps=10_000,
        sample_every=10_000,
        validate_every=5_000,
    ),
    "each pixel sees the code and the pixels before it; an hour",
)

# One, two and five layers of 64, 32, 16, 8 and 4 latents as Sonderby et al. 2016 have them, whose
# networks are twice as wide and trained for 2,000 epochs with warm-up over 200; here 20 and 5.
_words = {
    "hierarchical": "each inferred from the layer below",
    "hierarchical-BN": "with batch normalization",
    "hierarchical-BN-WU": "with batch normalization and warm-up",
    "ladder": "a ladder: posteriors merged with priors on the way down",
}
_words_of_one = {"hierarchical": "as in a VAE", "ladder": "the same as hierarchical-BN-WU-1"}
for _depth in (1, 2, 5):
    _layers = {"sizes": [32, 16, 8, 4][: _depth - 1], "hidden": [128, 64, 32, 32][: _depth - 1]}
    for _name, _model, _normalized, _warm in (
        ("hierarchical", "hierarchical_vae", False, False),
        ("hierarchical-BN", "hierarchical_vae", True, False),
        ("hierarchical-BN-WU", "hierarchical_vae", True, True),
        ("ladder", "ladder_vae", True, True),
    ):
        _about = (_words | (_words_of_one if _depth == 1 else {}))[_name]
        RUNS.add(
            f"binary-MNIST-{_name}-{_depth}",
            replace(
                RUNS["binary-MNIST-VAE"],
                model=_model,
                latent_size=64,
                encoder=((256,), (256,)),
                activation="leaky_relu",
                optimizer="adam",
                hyper=_layers | {"batch_normalization": _normalized},
                kl_weight=linear(0, 1, 2_500) if _warm else 1.0,
                steps=10_000,
            ),
            f"{_depth} stochastic layer{'s' if _depth > 1 else ''}, {_about}; two to three minutes",
        )
