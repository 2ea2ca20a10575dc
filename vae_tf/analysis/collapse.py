"""Decide whether a run collapsed, from the nats that its codes save (compute)."""

import numpy as np

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun

# Values of a summary, see `code_gain`.
GAIN = ("code_gain", "code_gain_error")
_ERRORS = 3  # a gain counts if it is more than 3 times its error
_EXCHANGES = 8  # random permutations of the codes, to estimate the error
_ROUNDING = 1e-6  # of the reconstruction, in float32


def code_gain(analyzed: AnalyzedRun) -> tuple[float, float] | None:
    """Computes the nats per image that the codes of a run save in the reconstruction.

    The gain is the reconstruction of the best decoder that ignores its code
    (`Likelihood.collapsed`) minus the reconstruction of the run from samples of its posteriors.
    Codes without information gain nothing, even with a high KL. Codes that identify only a few
    images may gain many nats with a low KL.

    Args:
        analyzed: The run.

    Returns:
        The gain and its error, in nats per image. The error is the standard deviation of the mean
        reconstruction over random permutations of the codes: the size of a gain by chance. None for
        a model that is given labels, because labels save nats, too, or if the gain is not finite.
    """
    model = analyzed.model
    if model.conditional:
        return None
    x = analyzed.images.observed(analyzed.analyzed_rows)
    z = analyzed.statistics.sample
    ignored = float(model.likelihood.collapsed(x).mean())
    rng = np.random.default_rng(SEED)
    means = [
        float(np.mean(model.reconstruction_nats(x, rows), dtype=np.float64))
        for rows in (z, *(rng.permutation(z) for _ in range(_EXCHANGES)))
    ]
    if not np.isfinite([ignored, *means]).all():
        return None
    return ignored - means[0], max(float(np.std(means[1:], ddof=1)), _ROUNDING * abs(ignored))


def uses_codes(summary: dict) -> bool | None:
    """Whether images are reconstructed better than by any decoder that ignores their codes.

    The gain must be more than three times its error. None if the gain is not known, as in summaries
    of older versions.
    """
    gain, error = (summary.get(name) for name in GAIN)
    return None if gain is None or error is None else gain > _ERRORS * error


def is_collapsed(summary: dict) -> bool:
    """Whether no latent is active and the codes gain nothing. `active` must be known.

    The KL alone does not decide: latents of less than 0.1 nats may identify rare images.
    """
    return summary["active"] == 0 and not uses_codes(summary)
