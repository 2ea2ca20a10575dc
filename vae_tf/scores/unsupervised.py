"""Scores that need no factors: dependence between codes, and number of active codes.

Reference:
    Locatello et al., "Challenging Common Assumptions in the Unsupervised Learning of Disentangled
    Representations", ICML 2019. https://arxiv.org/abs/1811.12359
"""

import numpy as np

from vae_tf.scores.chance import BY_CHANCE, chance_level_of_codes
from vae_tf.scores.information import bin_codes, discrete_information
from vae_tf.scores.score import Column, Score
from vae_tf.scores.validation import check_codes, check_number


def unsupervised_scores(codes: np.ndarray, *, num_bins: int = 20) -> dict[str, float]:
    """Dependence between codes: total correlation, Wasserstein distance, mutual information.

    S is the covariance of the codes (ddof 1), and D its diagonal.

    - `gaussian_total_correlation` = 0.5 (sum log D - log det S), in nats.
    - `gaussian_wasserstein` = 2 tr S - 2 tr sqrtm(D S), the squared 2-Wasserstein distance between
      N(0, S) and N(0, D), in squared units of the codes.
    - `gaussian_wasserstein_normalized` = `gaussian_wasserstein` / tr S.
    - `mutual_information` = mean over pairs of different codes of the mutual information of the
      binned codes, in nats.

    All are at least 0; lower is more independent; 0 for a single code. All except mutual
    information are 0 for uncorrelated codes. The total correlation of exactly dependent codes is
    infinite. Here eigenvalues of the correlation matrix are at least L times the float64 epsilon,
    so the total correlation is at most about 18 nats per eigenvalue. Constant codes add 0.

    All are invariant to permuting and sign-flipping codes. Total correlation and mutual information
    are also invariant to a scale per code (mutual information except for points on the edge of a
    bin), and the normalized distance to a common scale.

    Args:
        codes: `[N, L]` array, N at least 2; 10,000 mean codes in Locatello et al.
        num_bins: Bins per code; 20 in Locatello et al.

    Returns:
        The four numbers.

    Example:
        >>> square = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
        >>> scores = unsupervised_scores(square)
        >>> [round(score, 6) + 0.0 for score in scores.values()]
        [0.0, 0.0, 0.0, 0.0]
        >>> round(unsupervised_scores(square[:, [0, 0]])["mutual_information"], 4)
        0.6931
    """
    codes = check_codes(codes, min_samples=2)
    bins = bin_codes(codes, num_bins=num_bins)
    information = discrete_information(bins, bins)
    pairs = max(codes.shape[1] * (codes.shape[1] - 1), 1)
    # Deviations below 1e-162 have squares of 0.
    varying = (np.ptp(codes, axis=0) > 0) & (np.var(codes, axis=0, dtype=np.float64) > 0)
    scores = dict.fromkeys(
        (
            "gaussian_total_correlation",
            "gaussian_wasserstein",
            "gaussian_wasserstein_normalized",
        ),
        0.0,
    )
    if varying.any():
        covariance = np.atleast_2d(np.cov(codes[:, varying].astype(np.float64), rowvar=False))
        distance = gaussian_wasserstein(covariance)
        scores = {
            "gaussian_total_correlation": gaussian_total_correlation(covariance),
            "gaussian_wasserstein": distance,
            "gaussian_wasserstein_normalized": distance / float(np.trace(covariance)),
        }
    off_diagonal = information.sum() - np.trace(information)
    return {**scores, "mutual_information": float(max(off_diagonal, 0.0) / pairs)}


def gaussian_total_correlation(covariance: np.ndarray) -> float:
    """Total correlation of a Gaussian, 0.5 (sum log diag S - log det S), in nats.

    Computed as -0.5 times the sum of log eigenvalues of the correlation matrix, each at least L
    times the float64 epsilon.

    Args:
        covariance: `[L, L]` covariance S with a positive diagonal.

    Returns:
        At least 0.

    Example:
        >>> round(gaussian_total_correlation(np.array([[4.0, 1.2], [1.2, 1.0]])), 6)
        0.223144
    """
    stddev = np.sqrt(np.diag(covariance))
    eigenvalues = np.linalg.eigvalsh(covariance / np.outer(stddev, stddev))
    floor = len(covariance) * np.finfo(np.float64).eps
    return float(max(-0.5 * np.sum(np.log(np.maximum(eigenvalues, floor))), 0.0))


def gaussian_wasserstein(covariance: np.ndarray) -> float:
    r"""Squared 2-Wasserstein distance between N(0, S) and N(0, diag S).

    $$2\, \mathrm{tr}\, S - 2\, \mathrm{tr}\, (D S)^{1/2}$$

    $D S$ has the eigenvalues of the symmetric $D^{1/2} S D^{1/2}$, whose roots are summed.

    Args:
        covariance: `[L, L]` covariance S.

    Returns:
        At least 0.

    Example:
        >>> gaussian_wasserstein(np.diag([4.0, 1.0]))
        0.0
    """
    stddev = np.sqrt(np.diag(covariance))
    eigenvalues = np.linalg.eigvalsh(covariance * np.outer(stddev, stddev))
    roots = np.sqrt(np.maximum(eigenvalues, 0.0)).sum()
    return float(max(2 * np.trace(covariance) - 2 * roots, 0.0))


def active_units(codes: np.ndarray, *, threshold: float = 0.01) -> int:
    """Number of active codes: the variance of the encoder mean over images exceeds a threshold.

    From 0 (posterior collapse: no code depends on the image) to L. Invariant to permuting and
    sign-flipping codes; not to rescaling, because the threshold is on the prior's scale.

    Args:
        codes: `[N, L]` encoder means.
        threshold: Variance (ddof 0) that an active code exceeds, at least 0; 0.01 in Burda et al.

    Returns:
        The count.

    Raises:
        UserError: If the threshold is negative.

    Example:
        >>> active_units(np.array([[1.0, 0.5, 0.1], [-1.0, 0.5, -0.05]]))
        1

    Reference:
        Burda et al., "Importance Weighted Autoencoders", ICLR 2016, Section 5.2.
        https://arxiv.org/abs/1509.00519
    """
    remedy = "Pass 0.01 for the published count."
    threshold = check_number("threshold", threshold, 0, remedy=remedy)
    codes = check_codes(codes)
    variances = np.var(codes, axis=0, dtype=np.float64)
    return int(np.sum((variances > threshold) & (np.ptp(codes, axis=0) > 0)))


def _unsupervised(draws):
    def information(codes):
        return unsupervised_scores(codes, num_bins=draws.sizes.num_bins)["mutual_information"]

    codes = draws.train[0]
    return {
        **unsupervised_scores(codes, num_bins=draws.sizes.num_bins),
        "mutual_information_chance": chance_level_of_codes(information, codes, seed=draws.seed),
    }


ROWS = {
    "unsupervised": Score(
        _unsupervised,
        "Locatello et al. 2019" + BY_CHANCE + " of each code",
        needs=("codes",),
        sizes=("num_train", "num_bins"),
        turn=50,
    ),
    "active_units": Score(
        lambda draws: {"active_units": active_units(draws.codes.mean)},
        "Burda et al. 2016 on all images; variance above 0.01",
        needs=("codes",),
        sizes={"num_images": "num_encoded"},
        columns={"active_units": Column("codes", "active units", None)},
        turn=70,
    ),
}
