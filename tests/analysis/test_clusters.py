import numpy as np

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.products.clusters import clusters
from vae_tf.runs import Run
from vae_tf.scores import agreement, cluster_codes


def test_clusters_are_rows_with_their_indices(runs):
    analyzed = AnalyzedRun(Run(runs / "digits"))
    figure = clusters(analyzed)
    labels = analyzed.images.labels[analyzed.analyzed_rows]
    found = cluster_codes(analyzed.statistics.mean, 10)
    texts = [text.get_text() for text in figure.texts]
    values = "ARI {ari:.2f}, NMI {nmi:.2f}, purity {purity:.2f}".format(**agreement(labels, found))
    assert texts[0] == f"Clusters of codes: {values}"
    rows = [text for text in texts if "%" in text]
    assert len(rows) == 10 and sum(int(row.split(",")[0]) for row in rows) == len(labels) == 90
    for cluster in range(10):
        counts = np.bincount(labels[found == cluster], minlength=10)
        assert f"{counts.sum()}, {counts.max() / counts.sum():.0%} {counts.argmax()}" in rows
    analyzed.images.labels = np.full(len(analyzed.images), 3)
    assert clusters(analyzed) is None  # one class has nothing to separate
