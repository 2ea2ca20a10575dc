"""Scores of codes and images: NumPy arrays in, floats out. The import does not need TensorFlow."""

from vae_tf.scores.attributes import AttributeTable, attribute_table
from vae_tf.scores.chance import chance_level, chance_level_of_codes
from vae_tf.scores.clustering import agreement, cluster_codes, clustering_scores, purity_score
from vae_tf.scores.dci import (
    dci_from_importance,
    dci_scores,
    fit_importance,
    importance_matrix,
)
from vae_tf.scores.dci_es import dci_es_scores
from vae_tf.scores.dci_lasso import dci_lasso_scores
from vae_tf.scores.decomposition import (
    elbo_decomposition,
    factorized_null,
    kl_per_code,
    null_total_correlation,
)
from vae_tf.scores.density_information import density_information_matrix, mig_density_score
from vae_tf.scores.downstream import downstream_scores
from vae_tf.scores.explicitness import explicitness_score
from vae_tf.scores.factor_sample import FactorSample
from vae_tf.scores.fairness import unfairness_scores
from vae_tf.scores.feature_networks import sample_scores
from vae_tf.scores.ground_truth import GroundTruth
from vae_tf.scores.infomec import infomec_scores, normalized_information_matrix
from vae_tf.scores.information import (
    bin_codes,
    dcimig_score,
    factor_entropies,
    mig_score,
    mig_sup_score,
    mutual_information_matrix,
)
from vae_tf.scores.interventions import beta_vae_score, factor_vae_score
from vae_tf.scores.irs import irs_score
from vae_tf.scores.joint_entropy import rmig_jemmig_scores
from vae_tf.scores.least_dependence import least_total_correlation
from vae_tf.scores.likelihood import (
    bits_per_dimension,
    importance_estimates,
    log_likelihood,
)
from vae_tf.scores.line_interpolations import line_interpolation_scores
from vae_tf.scores.mcc import mcc_score
from vae_tf.scores.modularity import modularity_score
from vae_tf.scores.paths import convexity, jacobian_norms, path_smoothness
from vae_tf.scores.probes import LabeledCodes, probe_scores
from vae_tf.scores.registry import SCORES
from vae_tf.scores.representation import Codes, Representation
from vae_tf.scores.sample_quality import frechet_distance, kernel_distance, precision_recall
from vae_tf.scores.sap import predictability_matrix, sap_score
from vae_tf.scores.score import Column, Score
from vae_tf.scores.sharpness import radial_spectrum, sharpness
from vae_tf.scores.suite import PRESETS, Sizes, score_suite, suite_names
from vae_tf.scores.table_quality import (
    CopyCheck,
    copy_check,
    detection_auroc,
    train_on_synthetic_score,
)
from vae_tf.scores.udr import udr_score
from vae_tf.scores.unsupervised import active_units, unsupervised_scores

__all__ = [
    "AttributeTable",
    "Codes",
    "Column",
    "CopyCheck",
    "FactorSample",
    "GroundTruth",
    "LabeledCodes",
    "PRESETS",
    "Representation",
    "SCORES",
    "Score",
    "Sizes",
    "active_units",
    "agreement",
    "attribute_table",
    "beta_vae_score",
    "bin_codes",
    "bits_per_dimension",
    "chance_level",
    "chance_level_of_codes",
    "cluster_codes",
    "clustering_scores",
    "convexity",
    "copy_check",
    "dci_es_scores",
    "dci_from_importance",
    "dci_lasso_scores",
    "dci_scores",
    "dcimig_score",
    "density_information_matrix",
    "detection_auroc",
    "downstream_scores",
    "elbo_decomposition",
    "explicitness_score",
    "factor_entropies",
    "factor_vae_score",
    "factorized_null",
    "fit_importance",
    "frechet_distance",
    "importance_estimates",
    "importance_matrix",
    "infomec_scores",
    "irs_score",
    "jacobian_norms",
    "kernel_distance",
    "kl_per_code",
    "least_total_correlation",
    "line_interpolation_scores",
    "log_likelihood",
    "mcc_score",
    "mig_density_score",
    "mig_score",
    "mig_sup_score",
    "modularity_score",
    "mutual_information_matrix",
    "normalized_information_matrix",
    "null_total_correlation",
    "path_smoothness",
    "precision_recall",
    "predictability_matrix",
    "probe_scores",
    "purity_score",
    "radial_spectrum",
    "rmig_jemmig_scores",
    "sample_scores",
    "sap_score",
    "score_suite",
    "sharpness",
    "suite_names",
    "train_on_synthetic_score",
    "udr_score",
    "unfairness_scores",
    "unsupervised_scores",
]
