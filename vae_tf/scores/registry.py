"""Every score of the suite, one row each; how to add one stands in CONTRIBUTING.md."""

import numpy as np

from vae_tf.scores.decomposition import elbo_decomposition, kl_per_code
from vae_tf.scores.interventions import beta_vae_score, factor_vae_score
from vae_tf.scores.irs import irs_score
from vae_tf.scores.likelihood import (
    FEW_SAMPLES,
    bits_per_dimension,
    importance_estimates,
    log_likelihood,
)
from vae_tf.scores.registry_information import BY_BINS, BY_ESTIMATES
from vae_tf.scores.registry_labels import BY_LABELS
from vae_tf.scores.registry_prediction import BY_LINES, BY_TREES
from vae_tf.scores.score import Column, Score
from vae_tf.scores.udr import udr_score
from vae_tf.scores.unsupervised import active_units


def _by_intervention(score, prefix, *sizes):
    def compute(draws):
        scores = score(
            draws.represent(),
            draws.codes.factor_sizes,
            **{name: getattr(draws.sizes, name) for name in sizes},
            seed=draws.seed,
            progress=draws.progress,
        )
        return {f"{prefix}_{name}": value for name, value in scores.items()}

    return compute


def _kl_per_code(draws):
    kl = kl_per_code(draws.codes.mean, draws.codes.log_stddev)
    return {f"kl_{code}": float(value) for code, value in enumerate(kl)}


def _decomposition(draws):
    return elbo_decomposition(
        *draws.densities[:2],
        num_samples=draws.sizes.num_samples,
        seed=draws.seed,
        progress=draws.progress,
    )


def _log_likelihood(draws):
    model, images = draws.model, draws.images
    samples = draws.sizes.likelihood_samples
    nats, effective = importance_estimates(model, images, samples, progress=draws.progress)
    error = nats.std(ddof=1) / np.sqrt(len(nats)) if len(nats) > 1 else 0.0
    scores = {
        "log_likelihood": float(nats.mean()),
        "log_likelihood_error": float(error),
        "effective_samples": float(effective.mean()),
        "few_effective_samples": int(effective.mean() < FEW_SAMPLES),
    }
    if images.ndim == 2:
        return scores  # bits are of pixels
    levels = model.likelihood.levels
    if levels is None:
        # A density of bytes: spread each evenly over its share of [0, 1] (Theis et al. 2016).
        noise = np.random.default_rng([draws.seed, 4]).random(images.shape)
        spread = ((255.0 * images + noise) / 256.0).astype("float32")
        nats = log_likelihood(model, spread, samples, progress=draws.progress)
        bits = bits_per_dimension(nats, images.shape[1:], levels=256)
        return {**scores, "bits_per_dimension": bits}
    if levels == 2 and not np.isin(images, (0, 1)).all():
        return scores  # a Bernoulli is no probability of grey pixels
    return {**scores, "bits_per_dimension": bits_per_dimension(nats, images.shape[1:])}


def _udr(codes_of_models, kl_of_models):
    return [{"udr": float(value)} for value in udr_score(codes_of_models, kl_of_models)]


# Flag and caution of likelihoods.
_BY_FEW_SAMPLES = (
    "few_effective_samples",
    f"fewer than {FEW_SAMPLES} effective samples an image: the log-likelihood is far too low",
)
# By name; the suite computes them in this order, cheap ones first.
SCORES = {
    **BY_BINS,
    "irs": Score(
        lambda draws: {"irs": irs_score(*draws.train)},
        "Suter et al. 2019 as in Locatello et al. 2019; quantile 0.99",
        needs=("factors",),
        sizes=("num_train",),
        columns={"irs": Column("robustness", "IRS")},
    ),
    "active_units": Score(
        lambda draws: {"active_units": active_units(draws.codes.mean)},
        "Burda et al. 2016 on all images; variance above 0.01",
        needs=("codes",),
        sizes={"num_images": "num_encoded"},
        columns={"active_units": Column("codes", "active units", None)},
    ),
    "kl_per_code": Score(
        _kl_per_code,
        "KL of q(z_l|x) to N(0, 1), mean over all images, nats",
        needs=("codes", "densities"),
        sizes={"num_images": "num_encoded"},
    ),
    **BY_LABELS,
    **BY_LINES,
    "beta_vae": Score(
        _by_intervention(beta_vae_score, "beta_vae", "num_train", "num_eval", "batch_size"),
        "Higgins et al. 2017 as in Locatello et al. 2019; multinomial logistic regression, and one "
        "regression of each factor against the rest, as published",
        needs=("factors",),
        sizes={"num_train": "num_votes", "num_eval": "num_eval", "batch_size": "batch_size"},
        columns={
            "beta_vae_eval": Column("intervention", "beta-VAE"),
            "beta_vae_eval_one_vs_rest": Column("intervention", "beta-VAE, one vs. rest"),
        },
        note={"num_eval": "by intervention"},
    ),
    "factor_vae": Score(
        _by_intervention(
            factor_vae_score, "factor_vae", "num_train", "num_eval", "num_variance", "batch_size"
        ),
        "Kim & Mnih 2018 as in Locatello et al. 2019; codes of standard deviation 0.05 or more",
        needs=("factors",),
        sizes={
            "num_train": "num_votes",
            "num_eval": "num_eval",
            "num_variance": "num_variance",
            "batch_size": "batch_size",
        },
        columns={"factor_vae_eval": Column("intervention", "FactorVAE")},
    ),
    **BY_ESTIMATES,
    **BY_TREES,
    "elbo_decomposition": Score(
        _decomposition,
        "Chen et al. 2018; standard errors over samples, nats; information is at most "
        "information_limit, the log of the number of images; least_total_correlation is a lower "
        "bound for endlessly many, from codes of images that no density was fitted to",
        needs=("codes", "densities"),
        sizes=("num_samples", "num_images"),
        columns={
            "kl": Column("codes", "KL, nats", None),
            "index_code_mutual_information": Column(
                "codes",
                "information",
                None,
                flag="information_at_limit",
                caution="above nine tenths of the limit, the log of the number of images; what "
                "lies beyond it is counted as total correlation",
                level="information_limit",
            ),
            "information_limit": Column("codes", "at most", None),
            "total_correlation": Column(
                "codes", "total corr.", None, level="least_total_correlation"
            ),
            "least_total_correlation": Column("codes", "at least", None),
            "dimension_wise_kl": Column("codes", "dim.-wise KL", None),
        },
        note={
            "num_images": "images behind the parts of the KL",
            "num_samples": "samples for them",
        },
    ),
    "log_likelihood": Score(
        _log_likelihood,
        "Burda et al. 2016: importance samples of the posterior, validation images; nats an image, "
        "standard error over images; effective_samples is the mean of (sum w)^2 / sum w^2, below "
        f"{FEW_SAMPLES} the log-likelihood is far too low (few_effective_samples 1)",
        needs=("model",),
        sizes={"num_images": "likelihood_images", "num_samples": "likelihood_samples"},
        columns={
            "log_likelihood": Column(
                "images", "log-lik., nats", max, ("likelihood",), *_BY_FEW_SAMPLES
            ),
            "effective_samples": Column("images", "effective samples", None),
            "bits_per_dimension": Column(
                "images", "bits/dim", min, ("likelihood",), *_BY_FEW_SAMPLES
            ),
        },
        note={"num_images": "images in the log-likelihood", "num_samples": "samples of each"},
    ),
    "udr": Score(
        _udr,
        "Duan et al. 2020 with Lasso, alpha 0.1, over runs that differ by seed; a perfect match "
        "scores 0.9 with Lasso",
        needs=("seeds",),
        sizes=("num_images", "num_models"),
        columns={"udr": Column("seeds", "UDR")},
    ),
}
