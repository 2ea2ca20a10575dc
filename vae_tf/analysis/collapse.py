"""Whether a run collapsed: what its codes gain over a decoder that ignores them (compute)."""

import numpy as np

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun

# Values of a summary, see `code_gain`.
GAIN = ("code_gain", "code_gain_error")
_ERRORS = 3  # how many times a gain is to exceed what chance gives
_EXCHANGES = 8  # of codes between images, which show what chance gives
_ROUNDING = 1e-6  # of the reconstruction, in float32


def code_gain(analyzed: AnalyzedRun) -> tuple[float, float] | None:
    """Nats that the codes of a run save of the reconstruction, on average over images.

    The reconstruction by the best decoder that ignores its code (`Likelihood.collapsed`), less that
    by the run from samples of its posteriors. Codes without information gain nothing, however many
    nats of KL they have. A few images that a code identifies well gain much for little KL.

    Args:
        analyzed: The run.

    Returns:
        The gain, and the standard deviation of the mean reconstruction over random exchanges of
        codes between images: what a gain by chance is like, for these very images. None for a model
        that is given labels, which save nats, too, and where the gain is not finite.
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

    By more than three times what chance gives. None where the gain is not known, as in summaries of
    older versions.
    """
    gain, error = (summary.get(name) for name in GAIN)
    return None if gain is None or error is None else gain > _ERRORS * error


def is_collapsed(summary: dict) -> bool:
    """Whether no latent is used and the codes gain nothing, of a summary with `active`.

    The KL alone does not decide: latents of less than 0.1 nats may identify rare images.
    """
    return summary["active"] == 0 and not uses_codes(summary)
