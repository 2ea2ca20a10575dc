"""Checks codes before a density is fitted to them."""

import numpy as np

from vae_tf.process.errors import UserError


def checked_codes(codes: np.ndarray, what: str) -> np.ndarray:
    """Checks codes; returns them `[N, L]`, float64.

    Args:
        codes: The codes.
        what: Name of the density that is fitted to them, for the error.

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
