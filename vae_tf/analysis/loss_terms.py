"""The loss of a run as a sum of terms, in a sentence."""

import math
from collections.abc import Mapping

import numpy as np

from vae_tf.config import Params
from vae_tf.models import MODELS
from vae_tf.models.template.hyperparameters import hyper_of

_ROUNDING = 0.05  # nats; a smaller rest is not shown


def loss_sentence(history: Mapping[str, np.ndarray], params: Params) -> str:
    """Writes the last loss of the log as a sum of its terms.

    The sum begins with the reconstruction and the KL, if the model's loss has them. The rest is
    one number, with the names of the model's other terms.

    Args:
        history: Columns of log.csv by name.
        params: Parameters of the run.

    Returns:
        A line, such as "Loss 101.5 = reconstruction 82.1 + 1 x KL 19.4; nats per image, of the last
        training batch". Empty if the log lacks a term, or a term is not finite.
    """
    names = ("loss", "reconstruction", "kl", "kl_weight")
    if any(name not in history for name in names):
        return ""
    loss, reconstruction, kl, weight = (float(history[name][-1]) for name in names)
    kind = MODELS[params.model]
    terms = []  # a number and its words
    of_pixels = _reconstruction_weight(params)
    if kind.trains_reconstruction and of_pixels:
        factor = "" if of_pixels == 1 else f"{of_pixels:g} x "
        terms.append((of_pixels * reconstruction, f"{factor}reconstruction {reconstruction:.1f}"))
    if kind.trains_kl and weight:
        terms.append((weight * kl, f"{weight:g} x KL {kl:.1f}"))
    rest = loss - sum(number for number, _ in terms)
    if not math.isfinite(rest):
        return ""
    words = " + ".join(text for _, text in terms)
    if abs(rest) >= _ROUNDING or not terms:
        own = [name.replace("_", " ") for name in kind.loss_terms if name in history]
        own += [kind.loss_words] if kind.loss_words else []
        sign = "-" if rest < 0 else "+" if terms else ""
        words += f" {sign} {abs(rest):.1f} ({', '.join(own) or 'other terms'})"
    return f"Loss {loss:.1f} = {words.strip()}; nats per image, of the last training batch"


def _reconstruction_weight(params: Params) -> float:
    name = MODELS[params.model].reconstruction_weight
    return 1.0 if name is None else {**hyper_of(params.model), **params.hyper}[name]
