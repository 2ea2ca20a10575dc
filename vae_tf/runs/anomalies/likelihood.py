"""Log-likelihood of each image, by importance sampling; see `scores.likelihood`."""

import numpy as np

from vae_tf.scores.likelihood import log_likelihood

_NUM_SAMPLES = 128


def likelihood_score(model, images: np.ndarray, num_samples: int = _NUM_SAMPLES) -> np.ndarray:
    """Negative log-likelihood of images, estimated with importance samples.

    The estimate is an upper bound of -log p(x) in expectation; it falls with the number of samples.
    A likelihood alone may call images of another data set more likely than training images
    (Nalisnick et al., "Do Deep Generative Models Know What They Don't Know?", ICLR 2019).

    Args:
        model: Model whose codes have a density.
        images: `[N, H, W, C]`.
        num_samples: Samples of the posterior per image.

    Returns:
        `[N]` nats.

    Raises:
        UserError: If the encoder is deterministic.
    """
    return -log_likelihood(model, images, num_samples)
