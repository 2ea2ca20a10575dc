import numpy as np

from vae_tf.plots.kl_per_latent import plot_kl_per_latent


def test_bars_are_sorted_and_collapsed_latents_told_apart():
    kl = np.array([0.001, 3.0, 1.0])
    (axes,) = plot_kl_per_latent(kl, kl >= 0.1, "4 nats").axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["z1", "z2", "z0"]
    assert [bar.get_height() for bar in axes.containers[0]] == [3, 1]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["active: 2", "collapsed, below 0.1 nats: 1"]
    assert axes.get_ylabel() == "KL to the prior, nats per image"
