"""Every score of the suite, one row each; how to add one stands in CONTRIBUTING.md."""

import numpy as np

from vae_tf.metrics.dci import dci_from_fit, fit_importance
from vae_tf.metrics.decomposition import elbo_decomposition, kl_per_code
from vae_tf.metrics.density_information import density_information_matrix
from vae_tf.metrics.explicitness import explicitness_score
from vae_tf.metrics.infomec import infomec_scores
from vae_tf.metrics.information import (
    dcimig_score,
    factor_entropies,
    mean_gap,
    mig_sup_score,
    mutual_information_matrix,
)
from vae_tf.metrics.interventions import beta_vae_score, factor_vae_score
from vae_tf.metrics.irs import irs_score
from vae_tf.metrics.likelihood import bits_per_dimension, log_likelihood
from vae_tf.metrics.modularity import modularity_score
from vae_tf.metrics.sap import sap_score
from vae_tf.metrics.score import Column, Score
from vae_tf.metrics.udr import udr_score
from vae_tf.metrics.unsupervised import active_units, unsupervised_scores


def _mig(draws):
    codes, factors = draws.train
    matrix = mutual_information_matrix(codes, factors, num_bins=draws.sizes.num_bins)
    return {"mig": mean_gap(matrix, factor_entropies(factors)), "matrix": matrix}


def _mig_sup(draws):
    options = {"num_bins": draws.sizes.num_bins, "min_variance": 0.01}
    return {"mig_sup": mig_sup_score(*draws.train, **options)}


def _dcimig(draws):
    return {"dcimig": dcimig_score(*draws.train, num_bins=draws.sizes.num_bins)}


def _modularity(draws):
    return {"modularity": modularity_score(*draws.train, num_bins=draws.sizes.num_bins)}


def _unsupervised(draws):
    return unsupervised_scores(draws.train[0], num_bins=draws.sizes.num_bins)


def _sap(draws):
    points = *draws.train, *draws.test
    return {
        "sap": sap_score(*points, progress=draws.progress),
        "sap_continuous": sap_score(*points, continuous=True),
    }


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


def _infomec(draws):
    scores = infomec_scores(*draws.train, seed=draws.seed, progress=draws.progress)
    return {f"infomec_{name}": value for name, value in scores.items()}


def _dci(draws):
    fit = fit_importance(*draws.train, *draws.test, seed=draws.seed, progress=draws.progress)
    scores = dci_from_fit(fit, draws.train[1])
    return {**{f"dci_{name}": value for name, value in scores.items()}, "matrix": fit.matrix}


def _mig_density(draws):
    *posterior, factors = draws.densities
    matrix = density_information_matrix(*posterior, factors, progress=draws.progress)
    return {"mig_density": mean_gap(matrix, factor_entropies(factors)), "matrix": matrix}


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
    nats = log_likelihood(model, images, draws.sizes.likelihood_samples, progress=draws.progress)
    error = nats.std(ddof=1) / np.sqrt(len(nats)) if len(nats) > 1 else 0.0
    scores = {"log_likelihood": float(nats.mean()), "log_likelihood_error": float(error)}
    levels = model.pixels.levels
    if levels is None:
        # A density of bytes: spread each evenly over its share of [0, 1] (Theis et al. 2016).
        noise = np.random.default_rng([draws.seed, 4]).random(images.shape)
        spread = ((255.0 * images + noise) / 256.0).astype("float32")
        nats = log_likelihood(
            model, spread, draws.sizes.likelihood_samples, progress=draws.progress
        )
        bits = bits_per_dimension(nats, images.shape[1:], levels=256)
        return {**scores, "bits_per_dimension": bits}
    if levels == 2 and not np.isin(images, (0, 1)).all():
        return scores  # a Bernoulli is no probability of grey pixels
    return {**scores, "bits_per_dimension": bits_per_dimension(nats, images.shape[1:])}


def _udr(codes_of_models, kl_of_models):
    return [{"udr": float(value)} for value in udr_score(codes_of_models, kl_of_models)]


_POINTS = ("num_train", "num_bins")
_TRAIN_TEST = ("num_train", "num_test")
# By name; the suite computes them in this order, cheap ones first.
SCORES = {
    "mig": Score(
        _mig,
        "Chen et al. 2018 with bins as in Locatello et al. 2019",
        needs=("factors",),
        sizes=_POINTS,
        columns={"mig": Column("information", "MIG")},
        note={"num_train": "points to learn from"},
    ),
    "mig_sup": Score(
        _mig_sup,
        "Li et al. 2020 with bins; codes of variance above 0.01",
        needs=("factors",),
        sizes=_POINTS,
    ),
    "dcimig": Score(
        _dcimig,
        "Sepliarskaia et al. 2019 with bins",
        needs=("factors",),
        sizes=_POINTS,
    ),
    "modularity": Score(
        _modularity,
        "Ridgeway & Mozer 2018 as in Locatello et al. 2019",
        needs=("factors",),
        sizes=_POINTS,
        columns={"modularity": Column("information", "modularity")},
    ),
    "irs": Score(
        lambda draws: {"irs": irs_score(*draws.train)},
        "Suter et al. 2019 as in Locatello et al. 2019; quantile 0.99",
        needs=("factors",),
        sizes=("num_train",),
        columns={"irs": Column("robustness", "IRS")},
    ),
    "unsupervised": Score(
        _unsupervised,
        "Locatello et al. 2019",
        needs=("codes",),
        sizes=_POINTS,
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
    "sap": Score(
        _sap,
        "Kumar et al. 2018; linear SVM, C = 0.01, balanced; squared correlation if continuous",
        needs=("factors",),
        sizes=_TRAIN_TEST,
        columns={"sap": Column("prediction", "SAP")},
        note={"num_test": "to test on"},
    ),
    "explicitness": Score(
        lambda draws: {"explicitness": explicitness_score(*draws.train, *draws.test)},
        "Ridgeway & Mozer 2018 as in Locatello et al. 2019; area under the ROC curve, test points",
        needs=("factors",),
        sizes=_TRAIN_TEST,
        columns={"explicitness": Column("prediction", "explicitness")},
    ),
    "beta_vae": Score(
        _by_intervention(beta_vae_score, "beta_vae", "num_train", "num_eval", "batch_size"),
        "Higgins et al. 2017 as in Locatello et al. 2019; multinomial logistic regression, and one "
        "regression of each factor against the rest, as published",
        needs=("factors",),
        sizes=("num_train", "num_eval", "batch_size"),
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
        sizes=("num_train", "num_eval", "num_variance", "batch_size"),
        columns={"factor_vae_eval": Column("intervention", "FactorVAE")},
    ),
    "infomec": Score(
        _infomec,
        "Hsu et al. 2023; 10 neighbors",
        needs=("factors",),
        sizes=("num_train",),
        columns={
            "infomec_modularity": Column("InfoMEC", "M"),
            "infomec_compactness": Column("InfoMEC", "C"),
            "infomec_explicitness": Column("InfoMEC", "E"),
        },
    ),
    "mig_density": Score(
        _mig_density,
        "Chen et al. 2018, densities integrated by quadrature, all factors",
        needs=("factors", "densities"),
        sizes=("num_images",),
        columns={"mig_density": Column("information", "MIG, density")},
    ),
    "dci": Score(
        _dci,
        "Eastwood & Williams 2018 as in Locatello et al. 2019; gradient_boosting",
        needs=("factors",),
        sizes=_TRAIN_TEST,
        columns={
            "dci_disentanglement": Column("DCI", "disent."),
            "dci_completeness": Column("DCI", "complete."),
            "dci_informativeness_test": Column("DCI", "inform."),
        },
    ),
    "elbo_decomposition": Score(
        _decomposition,
        "Chen et al. 2018; standard errors over samples, nats",
        needs=("codes", "densities"),
        sizes=("num_samples", "num_images"),
        columns={
            "kl": Column("codes", "KL, nats", None),
            "index_code_mutual_information": Column("codes", "information", None),
            "total_correlation": Column("codes", "total corr.", None),
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
        "standard error over images",
        needs=("model",),
        sizes={"num_images": "likelihood_images", "num_samples": "likelihood_samples"},
        columns={
            "log_likelihood": Column("images", "log-lik., nats", max, ("likelihood",)),
            "bits_per_dimension": Column("images", "bits/dim", min, ("likelihood",)),
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
