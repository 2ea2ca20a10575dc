"""Rows of `SCORES` for scores that predict factors from codes."""

import numpy as np

from vae_tf.scores.dci import dci_from_fit, importance_of_trees
from vae_tf.scores.dci_es import dci_es_scores
from vae_tf.scores.dci_lasso import dci_lasso_scores
from vae_tf.scores.downstream import (
    accuracy_of_examples,
    downstream_from_accuracies,
    mean_accuracy,
)
from vae_tf.scores.explicitness import explicitness_score
from vae_tf.scores.fairness import unfairness_from_predictions
from vae_tf.scores.mcc import mcc_score
from vae_tf.scores.sap import sap_score
from vae_tf.scores.score import Column, Score


def _mcc(draws):
    codes, factors = draws.train
    return {
        "mcc": mcc_score(codes, factors),
        "mcc_spearman": mcc_score(codes, factors, correlation="spearman"),
    }


def _sap(draws):
    points = *draws.train, *draws.test
    return {
        "sap": sap_score(*points, progress=draws.progress),
        "sap_continuous": sap_score(*points, continuous=True),
    }


def _explicitness(draws):
    points = *draws.train, *draws.test
    return {"explicitness": explicitness_score(*points, progress=draws.progress)}


def _dci_lasso(draws):
    return _named("dci_lasso", dci_lasso_scores(*draws.train, *draws.test))


def _dci_es(draws):
    points = *draws.train, *draws.test
    return _named("dci_es", dci_es_scores(*points, seed=draws.seed, progress=draws.progress))


def _dci(draws):
    fit = importance_of_trees(draws.trees, draws.train[1], draws.test[1])
    return {**_named("dci", dci_from_fit(fit, draws.train[1])), "matrix": fit.matrix}


def _downstream(draws):
    codes_train, factors_train = draws.train
    codes_test, factors_test = draws.test
    most = len(codes_train)
    # The trees of all points are those of DCI.
    predicted = draws.trees.predicted_test[: len(codes_test)]
    accuracies = {most: mean_accuracy(predicted, factors_test, factors_train)}
    points = codes_train, factors_train, codes_test, factors_test
    for size in (most // 1000, most // 100, most // 10):
        if size > 1:
            accuracies[size] = accuracy_of_examples(
                *points, size, seed=draws.seed, progress=draws.progress
            )
    scores = _named("downstream", downstream_from_accuracies(accuracies))
    scores["downstream_accuracy"] = accuracies[most]
    if most // 100 in accuracies:
        scores["sample_efficiency"] = scores[f"downstream_efficiency_{most // 100}"]
    return scores


def _unfairness(draws):
    scores = unfairness_from_predictions(
        draws.trees.predicted_test[len(draws.test[0]) :],
        np.array(draws.codes.factor_sizes),
        draws.sizes.num_changed,
    )
    return _named("unfairness", scores)


def _named(prefix, scores):
    return {f"{prefix}_{name}": value for name, value in scores.items()}


_TRAIN_TEST = ("num_train", "num_test")
# Cheap ones.
BY_LINES = {
    "mcc": Score(
        _mcc,
        "Hyvarinen & Morioka 2016 as in Khemakhem et al. 2020; correlation of Pearson, of Spearman",
        needs=("factors",),
        sizes=("num_train",),
        columns={"mcc": Column("prediction", "MCC")},
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
        _explicitness,
        "Ridgeway & Mozer 2018 as in Locatello et al. 2019; area under the ROC curve, test points",
        needs=("factors",),
        sizes=_TRAIN_TEST,
        columns={"explicitness": Column("prediction", "explicitness")},
    ),
    "dci_lasso": Score(
        _dci_lasso,
        "Eastwood & Williams 2018: lasso, alpha 0.02, all factors read as numbers; errors in "
        "standard deviations of the factor",
        needs=("factors",),
        sizes=_TRAIN_TEST,
        columns={
            "dci_lasso_disentanglement": Column("DCI, lasso", "disent."),
            "dci_lasso_completeness": Column("DCI, lasso", "complete."),
            "dci_lasso_error_test": Column("DCI, lasso", "error", min),
        },
    ),
}
# Slow ones.
BY_TREES = {
    "dci_es": Score(
        _dci_es,
        "Eastwood et al. 2023; forests of 100 trees of depth 1 to 32, all factors as classes",
        needs=("factors",),
        sizes=_TRAIN_TEST,
        columns={
            "dci_es_explicitness": Column("DCI-ES", "explicit."),
            "dci_es_size": Column("DCI-ES", "size", None),
        },
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
    "downstream": Score(
        _downstream,
        "Locatello et al. 2019; gradient boosting from all points, a tenth, a hundredth and a "
        "thousandth; sample efficiency: accuracy from a hundredth over that from all",
        needs=("factors",),
        sizes=_TRAIN_TEST,
        columns={
            "downstream_accuracy": Column("downstream", "accuracy"),
            "sample_efficiency": Column("downstream", "sample eff."),
        },
    ),
    "unfairness": Score(
        _unfairness,
        "Locatello et al. 2019 (fairness): gradient boosting, total variation distance, mean over "
        "pairs of factors and worst pair",
        needs=("factors", "interventions"),
        sizes=("num_train", "num_changed"),
        columns={"unfairness_mean": Column("downstream", "unfairness", min)},
    ),
}
