"""The loss of a run as a sum, in a sentence."""

import math
from collections.abc import Mapping

import numpy as np

from vae_tf.config import Params
from vae_tf.models import MODELS

_ROUNDING = 0.05  # nats that the sentence does not show


def loss_sentence(history: Mapping[str, np.ndarray], params: Params) -> str:
    """Writes the last loss of the log as a sum of its terms.

    The rest, neither reconstruction nor weighted KL, is named after the model's `loss_terms`.

    Args:
        history: Columns of log.csv by name.
        params: Parameters of the run.

    Returns:
        A line, such as "Loss 101.5 = reconstruction 82.1 + 1 x KL 19.4, nats per image"; empty
        where a term is not finite.
    """
    names = ("loss", "reconstruction", "kl", "kl_weight")
    if any(name not in history for name in names):
        return ""
    loss, reconstruction, kl, weight = (float(history[name][-1]) for name in names)
    weighted = weight * kl if weight else 0.0
    rest = loss - reconstruction - weighted
    if not all(map(math.isfinite, (loss, reconstruction, weighted))):
        return ""
    words = f"Loss {loss:.1f} = reconstruction {reconstruction:.1f}"
    if weight:
        words += f" + {weight:g} x KL {kl:.1f}"
    if abs(rest) >= _ROUNDING:
        kind = MODELS[params.model]
        own = ", ".join(kind.loss_terms) or f"terms of {params.model}"
        words += f" {'+' if rest > 0 else '-'} {abs(rest):.1f} of {own}{kind.offset_words}"
    return f"{words}; nats per image, of the last training batch"
