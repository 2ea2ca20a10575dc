"""Studies, grids of runs: `python study.py NAME`."""

from vae_tf.config import Params, replace
from vae_tf.config.studies import Study
from vae_tf.presets import binary_mnist, digits, emoji, mnist, semi_supervised, sprites
from vae_tf.presets.presets import Presets
from vae_tf.schedules import (
    constant,
    constrained,
    controlled,
    cosine,
    cyclical,
    falling,
    linear,
    triggered,
    warm_up,
)

RUNS = {
    **digits.RUNS,
    # The committed tables of the studies were made with Adam, on emoji without clipped gradients.
    **{name: sprites.by_adam(run) for name, run in sprites.RUNS.items()},
    **{name: emoji.unclipped(run) for name, run in emoji.RUNS.items()},
    **mnist.RUNS,
    **binary_mnist.RUNS,
    **semi_supervised.RUNS,
}
STUDIES: Presets[Study] = Presets("studies", "Studies, grids of runs")

# Effect of the KL weight on codes of shapes: fifteen short runs of a dense network, made for
# two cores.
STUDIES.add(
    "beta-on-sprites",
    Study(
        replace(
            RUNS["sprites-beta-VAE"],
            encoder=((256,), (256,)),
            learning_rate=1e-3,  # with falling(0.002), all runs of weight 16 collapse
            steps=2_000,
            sample_every=1_000,
            sample_steps=(),
        ),
        vary={"kl_weight": (1, 2, 4, 8, 16), "seed": range(3)},
    ),
    "effect of the KL weight on shapes, dense network; 20 minutes",
)

# The presets in the table of the beta-VAE paper (experiments/sprites_scores.py).
STUDIES.add(
    "sprites-scores",
    Study(
        {
            name: sprites.RUNS[f"sprites-{name}"]
            for name in ("VAE", "beta-VAE", "beta-TCVAE", "FactorVAE")
        },
        vary={"seed": range(5)},
    ),
    "scores of four presets with five seeds; five hours",
)


def _short(run: Params, steps: int, validations: int) -> Params:
    """A run of so many steps, with its checkpoint and picture at the end."""
    return replace(
        run,
        steps=steps,
        sample_every=steps,
        checkpoint_every=steps,
        validate_every=steps // validations,
        log_every=steps // validations,
    )


# Does the start, the learning rate, the optimizer or the network change the MIG of beta-TCVAE
# (experiments/sprites_mig.py)? The rate of 0.0001 is from Locatello et al. (2019).
_start_of_old = {"initializer": "glorot", "output_bias": "initializer"}
_beta_tcvae = replace(RUNS["sprites-beta-TCVAE"], sample_steps=())
_mig = replace(_short(_beta_tcvae, 2_000, 1), encoder=((256,), (256,)))
_mig_convolutions = _short(_beta_tcvae, 1_500, 1)
STUDIES.add(
    "sprites-mig",
    Study(
        {
            "glorot": replace(_mig, **_start_of_old),
            "glorot-weights": replace(_mig, initializer="glorot"),
            "no-bias": replace(_mig, output_bias="initializer"),
            "slow": replace(_mig, learning_rate=1e-4),
            "glorot-slow": replace(_mig, learning_rate=1e-4, **_start_of_old),
            "muon": replace(
                _mig,
                optimizer=sprites.MUON,
                learning_rate=sprites.RUNS["sprites-VAE"].learning_rate,
            ),
            "convolutions": _mig_convolutions,
            "convolutions-glorot": replace(_mig_convolutions, **_start_of_old),
        },
        vary={"seed": range(5)},
    ),
    "MIG of beta-TCVAE by start, learning rate, optimizer and network; three hours",
)

# Whether MNIST-VAE collapses is a matter of its learning rate.
STUDIES.add(
    "MNIST-collapse",
    Study(
        replace(
            RUNS["MNIST-VAE"],
            initializer="glorot",
            output_bias="initializer",
            steps=2_500,
            validate_every=2_500,
            sample_every=2_500,
        ),
        vary={"learning_rate": (2e-3, 4e-4), "seed": range(3)},
    ),
    "collapse of MNIST-VAE at two learning rates; half an hour",
)

# A third of the steps or less, except for one; experiments/mnist_likelihood.py measures them on
# test images.
_hierarchies = {
    name: run for name, run in RUNS.items() if run.model in ("hierarchical_vae", "ladder_vae")
}
STUDIES.add(
    "likelihoods",
    Study(
        {
            name: run if name.endswith("-long") else replace(run, steps=10_000)
            for name, run in RUNS.items()
            if name.startswith("binary-MNIST-") and name not in _hierarchies
        }
        # The control of IWAE-5: as many samples, in the ordinary bound.
        | {
            "binary-MNIST-ELBO-5": replace(
                RUNS["binary-MNIST-IWAE-5"],
                hyper=RUNS["binary-MNIST-IWAE-5"].hyper | {"bound": "elbo"},
                steps=10_000,
            )
        }
    ),
    "log-likelihoods of models with one stochastic layer; two hours",
)
# Depth, batch normalization, warm-up and the ladder (experiments/hierarchies.py); a ladder of one
# layer is the hierarchy of one.
STUDIES.add(
    "hierarchies",
    Study(
        {
            name.removeprefix("binary-MNIST-"): run
            for name, run in _hierarchies.items()
            if name != "binary-MNIST-ladder-1"
        }
    ),
    "log-likelihoods of models with one to five stochastic layers; half an hour",
)
# Does the fifth layer need more time? Five times the steps, with a warm-up that is as much longer.
STUDIES.add(
    "hierarchies-long",
    Study(
        {
            name: replace(
                RUNS[f"binary-MNIST-{name}"], steps=50_000, kl_weight=linear(0, 1, 12_500)
            )
            for name in ("hierarchical-BN-WU-2", "hierarchical-BN-WU-5", "ladder-2", "ladder-5")
        }
    ),
    "models with two and five stochastic layers, five times the steps of hierarchies; an hour",
)


# How networks learn (experiments/recipe.py): four sets, one change at a time of a start, a rate, an
# optimizer, a batch or a width, at about equal CPU seconds. The base has the start that suits its
# activation (He's, for tanh Glorot's) and a rate that falls along a cosine.
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
# Variant -> times the steps of the base that it makes, or set -> times; all others make as many.
_recipe_lengths: dict[str, float | dict[str, float]] = {
    "half-batch": 1.8,
    "double-batch": 0.55,
    "half-as-wide": 2,
    "twice-as-wide": 0.35,
    "bfloat16": 1.4,
    "muon": {"sprites": 0.75, "mnist": 0.38, "binary": 0.23, "emoji": 0.75},
    **dict.fromkeys(
        ("muon-3", "muon-3-double"), {"sprites": 0.8, "mnist": 0.46, "binary": 0.26, "emoji": 0.84}
    ),
}


def _recipes(run: Params, rate: float, steps: int) -> dict[str, dict]:
    """Variant -> changes of a run at its highest rate, for so many steps."""
    clipped = {"optimizer": _with_option(run.optimizer, "global_clipnorm=100")}
    doubled = {"learning_rate": falling(2 * rate)}
    constant_rate = {"learning_rate": rate}
    no_bias = {"output_bias": "initializer"}
    muon = {"optimizer": "muon(weight_decay=None)"}
    muon_3 = {"optimizer": sprites.MUON}
    return {
        "base": {},
        "glorot": {"initializer": "glorot"},
        "lecun": {"initializer": "lecun"},
        "torch": {"initializer": "torch"},
        "no-bias": no_bias,
        "glorot-no-bias": {"initializer": "glorot", **no_bias},
        "constant": constant_rate,
        "constant-half": {"learning_rate": rate / 2},
        "cosine-half": {"learning_rate": falling(rate / 2)},
        "cosine-double": doubled,
        "one-cycle": {
            "learning_rate": warm_up(3 * steps // 10, cosine(2 * rate, 0, steps - 3 * steps // 10))
        },
        "adamw": {"optimizer": "adamw(weight_decay=0.01)"},
        "lion": {"optimizer": "lion", "learning_rate": falling(rate / 5)},
        "muon": muon,
        "muon-same-steps": muon,
        "muon-3": muon_3,
        "muon-3-double": {**muon_3, **doubled},
        "clipped": clipped,
        "clipped-double": {**clipped, **doubled},
        "half-batch": {"batch_size": run.batch_size // 2},
        "double-batch": {"batch_size": run.batch_size * 2},
        "ema": {"ema": 0.999},
        "constant-ema": {"ema": 0.999, **constant_rate},
        "half-as-wide": _narrowed(run, 0.5),
        "twice-as-wide": _narrowed(run, 2),
        "bfloat16": {"precision": "mixed_bfloat16"},
        "bfloat16-same-steps": {"precision": "mixed_bfloat16"},
        "he": {"initializer": "he"},
    }


def _recipe(name: str, variant: str) -> Params:
    run, rate, steps = _recipe_sets[name]
    length = _recipe_lengths.get(variant, 1)
    times = length[name] if isinstance(length, dict) else length
    steps = int(steps * times) // 10 * 10
    run = replace(_short(run, steps, 10), learning_rate=falling(rate))
    return replace(run, **_recipes(run, rate, steps)[variant])


STUDIES.add(
    "recipe",
    Study(
        {
            f"{name}-{variant}": _recipe(name, variant)
            for variant in _recipes(*_recipe_sets["sprites"])
            for name, (run, *_) in _recipe_sets.items()
            # Where the base has He's start, it is no variant.
            if variant != "he" or run.initializer != "he"
        },
        vary={"seed": range(3)},
    ),
    "effects of initial weights, learning rate, optimizer, batch size and width; eight hours",
)


# Does every model on the sprites learn better by Muon (experiments/optimizers.py)? A step takes a
# fifth longer, so that Muon makes 600 steps where Adam makes 750.
def _of_length(run: Params, steps: int) -> Params:
    grows = {"capacity": f"linear(0.5, 18, {steps // 2})"} if run.model == "capacity_vae" else {}
    return replace(_short(run, steps, 6), hyper=run.hyper | grows, sample_steps=())


STUDIES.add(
    "optimizers",
    Study(
        {
            f"{name.removeprefix('sprites-')}-{optimizer}": made
            for name, run in sprites.RUNS.items()
            if run.optimizer == sprites.MUON
            for optimizer, made in (
                ("adam", _of_length(sprites.by_adam(run), 750)),
                ("muon", _of_length(run, 600)),
            )
        }
    ),
    "Adam against Muon for the models on sprites; an hour",
)


def _before(run: Params, steps: int) -> Params:
    """An auxiliary VAE by an older recipe: batches of 200, a lower rate and KL weight."""
    return replace(
        run,
        initializer=None,
        output_bias="mean",
        kl_weight=linear(1.8, 1, 10_000 if run.hyper["kind"] == "sdgm" else 12_000),
        learning_rate=falling(1e-3),
        batch_size=200,
        steps=steps,
        validate_every=500,
    )


# MNIST from 100 labels (experiments/few_labels.py). In 16 bits, a step takes 0.71 of the time.
_sdgm, _adgm = (
    replace(RUNS[f"MNIST-{name}"], precision="mixed_bfloat16") for name in ("SDGM", "ADGM")
)
STUDIES.add(
    "few-labels",
    Study(
        {
            "M1": RUNS["MNIST-M1"],
            "M1-M2": replace(RUNS["MNIST-M1-M2"], learning_rate=falling(1e-3), steps=75_000),
            "SDGM": _sdgm,
            "ADGM": replace(
                _adgm, kl_weight=linear(4, 1, 5_000), steps=10_000, validate_every=1_000
            ),
            "SDGM-before": _before(_sdgm, 30_000),
            "ADGM-before": _before(_adgm, 25_000),
        }
    ),
    "MNIST from 100 labels; six hours",
)
# The recipe of SDGM, one change after another: ten epochs each.
_ten_epochs = replace(_sdgm, kl_weight=linear(4, 1, 3_000), steps=5_000, validate_every=1_000)
_he = replace(_ten_epochs, initializer=None, output_bias="mean")
_slow = replace(_he, learning_rate=falling(1e-3))
_large = replace(
    _slow, batch_size=200, kl_weight=linear(4, 1, 1_500), steps=2_500, validate_every=500
)
STUDIES.add(
    "few-labels-recipe",
    Study(
        {
            "weight-1": replace(_large, kl_weight=1.0),
            "weights-of-the-authors": replace(
                _large,
                kl_weight=1.0,
                hyper=_large.hyper | {"labeled_weight": 1.0, "classification_weight": 60.0},
            ),
            "weight-from-4": _large,
            "batches-of-100": _slow,
            "rate-0.003": _he,
            "glorot": _ten_epochs,
        }
    ),
    "the recipe of SDGM, one change after another; an hour",
)
STUDIES.add(
    "few-labels-seeds",
    # Another seed labels other images, too.
    Study(
        {
            "M2": RUNS["MNIST-M2"],
            "M2-from-2": replace(RUNS["MNIST-M2"], kl_weight=linear(2, 1, 6_000)),
        },
        vary={"seed": range(5)},
    ),
    "M2 on MNIST from 100 labels, two KL weights, five seeds; two hours",
)

# The recipe of MNIST-8-bit-VAE, one change after another (experiments/bits_back_recipe.py).
_grey = replace(_short(RUNS["MNIST-8-bit-VAE"], 3_000, 3), kl_weight=1)
_grey_tanh = replace(_grey, encoder=((200,), (200,)), activation="tanh", initializer="glorot")
_grey_deep = replace(_grey, encoder=((200,), (200,)))
STUDIES.add(
    "bits-back-recipe",
    Study(
        {
            "one-scale": replace(_grey_tanh, likelihood="discretized_logistic"),
            "tanh": _grey_tanh,
            "relu": _grey_deep,
            "relu-warm-up": replace(_grey_deep, kl_weight=linear(0.2, 1, 600)),
            "one-layer": _grey,
            "wide": replace(_grey, encoder=((500,), (500,))),
        },
    ),
    "likelihoods and networks for the compression of grey MNIST; ten minutes",
)

# The runs shown in this repository; experiments/gallery.py puts them into predictions/.
_gallery = {
    "MNIST-AE": RUNS["MNIST-AE"],
    "MNIST-VAE": RUNS["MNIST-VAE"],
    # A quarter of the 60,000 steps; delay and ramp scaled with them.
    "MNIST-KLD-Anneal": replace(
        RUNS["MNIST-KLD-Anneal"], steps=15_000, kl_weight=linear(0, 1, 12_500, delay=750)
    ),
    "MNIST-VAE-dense": RUNS["MNIST-VAE-dense"],
    "MNIST-VAE-averaged-losses": replace(RUNS["MNIST-VAE-averaged-losses"], steps=2_500),
}
# The second project's network.
_gallery |= {
    name: run
    for name, run in RUNS.items()
    if name in emoji.RUNS
    and run.dataset == "emoji"
    and run.encoder == emoji.RUNS["emoji-VAE"].encoder
}
STUDIES.add(
    "gallery",
    Study(_gallery),
    "the runs that this repository shows; two hours",
)

# The sprites as long as Locatello et al. train on dSprites, with their settings: 7 to 26 hours per
# run on one thread. `python experiments/sprites_steps.py` scores the steps that are kept.
STUDIES.add(
    "sprites-published",
    Study(
        {
            name: replace(
                run,
                learning_rate=1e-4,
                steps=300_000,
                log_every=500,
                validate_every=5_000,
                sample_every=50_000,
                sample_steps=(),
                keep_steps=(
                    1_000,
                    3_000,
                    10_000,
                    20_000,
                    30_000,
                    50_000,
                    100_000,
                    200_000,
                    300_000,
                ),
            )
            for name, run in {
                "beta-TCVAE": RUNS["sprites-beta-TCVAE"],
                "VAE": RUNS["sprites-VAE"],
                "beta-VAE-4": RUNS["sprites-beta-VAE"],
                "Ada-GVAE": RUNS["sprites-Ada-GVAE"],
            }.items()
        }
        # Chen et al. 2018 as their code has it: 50 epochs of 737,280 images (there the decoder's
        # activation is tanh).
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
                # The same number of images as the others.
                keep_steps=(94, 312, 625, 938, 1_562, 3_125, 6_250, 9_375, 18_000),
            )
        }
    ),
    "the sprites, trained as long as published; a day and a half",
)

# Remedies for a collapsed posterior, side by side: `python study.py collapse --metrics fast`, then
# `python experiments/collapse.py`. A network with a quarter of MNIST-VAE's filters, at a learning
# rate that is too large for it, 0.005, and at a usual one, 0.002.
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
STUDIES.add(
    "collapse",
    Study(
        {
            f"{name}-{rate}": replace(_small, learning_rate=rate, **changes)
            for rate, remedies in _rates.items()
            for name, changes in remedies.items()
        }
        | {"warm-up-0.005": replace(_small, learning_rate=warm_up(500, constant(5e-3)))},
        vary={"seed": range(3)},
    ),
    "remedies for a collapsed posterior; three hours",
)
