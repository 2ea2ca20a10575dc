"""Learning from few labels: digits, and MNIST with 100 labels."""

from vae_tf.config import Params, replace
from vae_tf.presets import digits
from vae_tf.presets.presets import Presets
from vae_tf.schedules import falling, linear

RUNS: Presets[Params] = Presets(
    "semi_supervised", "Classes from few labels: runs on MNIST download 11 MB"
)

# A dozen of the 1,797 digits of each class; a minute.
RUNS.add(
    "digits-M2",
    replace(
        digits.RUNS["digits-VAE"],
        model="m2",
        labels=120,
        batch_size=128,
        kl_weight=linear(2, 1, 1_000),
        steps=2_000,
    ),
    "M2 on digits, twelve labels per class; a minute, nothing to download",
)
# 100 labels of MNIST, 50 latents as Kingma et al. 2014, networks of two layers of 500 units as
# Maaloe et al. 2016. Two tricks are ours, a KL weight that falls to 1 and a classifier that waits.
# 4 is chosen among 2, 4 and 8, see docs/results/few_labels.md.
RUNS.add(
    "MNIST-M2",
    Params(
        dataset="mnist_binary",
        labels=100,
        model="m2",
        hyper={
            "labeled_weight": 0.3,
            "classification_weight": 20.0,
            "classifier_delay": 450,
        },
        kl_weight=linear(4, 1, 6_000),
        encoder=((500,), (500,)),
        latent_size=50,
        batch_size=200,
        learning_rate=1e-3,
        steps=6_000,  # 24 epochs
        sample_every=1_500,
        validate_every=500,
    ),
    "M2: the class is a latent; eight minutes",
)
RUNS.add(
    "MNIST-M1-M2",
    replace(
        RUNS["MNIST-M2"],
        model="m1_m2",
        hyper={"labeled_weight": 0.05, "classification_weight": 5.0},
        kl_weight=1.0,
        steps=20_000,  # 80 epochs
    ),
    "M2 on the codes of M1, trained jointly; half an hour",
)
RUNS.add(
    "MNIST-M1",
    replace(
        RUNS["MNIST-M1-M2"],
        model="m1",
        hyper={"labeled_weight": 0.0, "classification_weight": 1.0},
        steps=10_000,
    ),
    "a classifier on the codes of a VAE; a quarter of an hour",
)
# docs/results/few_labels.md measures the KL weight, the batches, the rate and the start. Today's
# start is as good as Glorot's, from which SDGM was trained to the end.
RUNS.add(
    "MNIST-SDGM",
    replace(
        RUNS["MNIST-M2"],
        model="auxiliary_vae",
        hyper={
            "kind": "sdgm",
            "labeled_weight": 0.3,
            "classification_weight": 20.0,
            "batch_normalization": True,
        },
        initializer="glorot",
        output_bias="initializer",
        kl_weight=linear(4, 1, 20_000),
        batch_size=100,
        learning_rate=falling(3e-3),
        optimizer="adam(global_clipnorm=100.0)",
        steps=40_000,  # 80 epochs
        sample_every=10_000,
        validate_every=2_000,
    ),
    "an auxiliary latent, two stochastic layers; two hours",
)
RUNS.add(
    "MNIST-ADGM",
    replace(RUNS["MNIST-SDGM"], hyper=RUNS["MNIST-SDGM"].hyper | {"kind": "adgm"}),
    "an auxiliary latent for a richer posterior; two hours",
)
