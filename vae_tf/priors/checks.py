"""The check of codes that a density is fitted to."""

import numpy as np

from vae_tf.process.errors import UserError


def checked_codes(codes: np.ndarray, what: str) -> np.ndarray:
    """Codes `[N, L]`, float64.

    Args:
        codes: The codes.
        what: The density that is fitted to them, as an error names it.

    Raises:
        UserError: If there are fewer than two codes, or one is not finite.
    """
    codes = np.asarray(codes, "float64")
    if codes.ndim != 2 or len(codes) < 2 or not np.isfinite(codes).all():
        raise UserError(
            f"{what} is fitted to at least two codes [N, L], all finite. Received: shape "
            f"{codes.shape}. Look for a diverged model."
        )
    return codes
