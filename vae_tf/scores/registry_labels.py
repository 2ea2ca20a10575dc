"""Rows of `SCORES` for scores of codes against the labels of images."""

from vae_tf.scores.clustering import clustering_scores
from vae_tf.scores.probes import probe_scores
from vae_tf.scores.score import Column, Score


def _probes(draws):
    scores = probe_scores(*draws.labeled, seed=draws.seed)
    return {f"probe_{name}": value for name, value in scores.items()}


def _clusters(draws):
    scores = clustering_scores(*draws.labeled[:2], seed=draws.seed)
    return {f"cluster_{name}": value for name, value in scores.items()}


BY_LABELS = {
    "probes": Score(
        _probes,
        "Alain & Bengio 2016: multinomial logistic regression, and nearest neighbors; standardized "
        "codes of training images; penalty and number of neighbors chosen on a fifth of them; "
        "accuracy on test images, validation images where there are none",
        needs=("labels",),
        sizes={"num_train": "num_labeled", "num_test": "num_labeled_test"},
        columns={
            "probe_linear_accuracy": Column("labels", "linear probe", level="probe_chance"),
            "probe_neighbor_accuracy": Column("labels", "k-NN probe", level="probe_chance"),
            "probe_chance": Column("labels", "chance", None),
        },
        note={"num_train": "labeled images for the probes", "num_test": "to test these on"},
    ),
    "clusters": Score(
        _clusters,
        "Hubert & Arabie 1985 (adjusted Rand index), Strehl & Ghosh 2002 (normalized mutual "
        "information), purity; k-means of ten starts and Gaussian mixture with full covariances, "
        "as many clusters as classes, codes of training images as they are",
        needs=("labels",),
        sizes={"num_train": "num_labeled"},
        columns={
            f"cluster_{algorithm}_{name}": Column("labels", f"{words} {heading}")
            for algorithm, words in (("kmeans", "k-means"), ("mixture", "mixture"))
            for name, heading in (("ari", "ARI"), ("nmi", "NMI"), ("purity", "purity"))
        },
    ),
}
