"""Reconstruction error: the negative log-likelihood of an image given its code.

Reference:
    An & Cho, "Variational Autoencoder based Anomaly Detection using Reconstruction Probability",
    SNU Data Mining Center 2015. They average over samples of the posterior.
"""

import numpy as np


def reconstruction_score(model, images: np.ndarray) -> np.ndarray:
    """Negative log-likelihood of images given the means of their posteriors.

    -log p(x | z) at z = E[q(z|x)], summed over observed pixels and channels, the likelihood's
    constant included. The paper averages over samples of z; the mean needs no noise.

    Args:
        model: Any model of `vae_tf.models`.
        images: `[N, H, W, C]`.

    Returns:
        `[N]` nats.
    """
    nats = model.reconstruction_nats(images, model.encode(images)[0])
    values = np.isfinite(images).reshape(len(images), -1).sum(axis=1)
    return nats + model.likelihood.constant * values
