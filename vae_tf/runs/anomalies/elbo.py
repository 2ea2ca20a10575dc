"""Evidence lower bound of each image.

Reference:
    Kingma & Welling, "Auto-Encoding Variational Bayes", ICLR 2014. https://arxiv.org/abs/1312.6114
"""

import numpy as np

_NUM_SAMPLES = 32
_DECODED_AT_ONCE = 2048  # images; bounds the memory


def elbo_score(model, images: np.ndarray, num_samples: int = _NUM_SAMPLES) -> np.ndarray:
    """Negative evidence lower bound of images, averaged over samples of the posterior.

    -E_q[log p(x|z) + log p(z) - log q(z|x)] (Kingma & Welling, Eq. 6), the likelihood's constant
    included, at KL weight 1 whatever the training's.

    Args:
        model: Model whose codes have a density.
        images: `[N, H, W, C]`.
        num_samples: Samples of the posterior per image.

    Returns:
        `[N]` nats.

    Raises:
        UserError: If the encoder is deterministic.
    """
    rows = max(_DECODED_AT_ONCE // num_samples, 1)
    parts = [
        model.log_importance_weights(images[start : start + rows], num_samples).mean(axis=0)
        for start in range(0, len(images), rows)
    ]
    return -np.concatenate(parts)
