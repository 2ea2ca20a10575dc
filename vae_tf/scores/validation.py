"""Requirements of every score on its arrays, checked before any number is computed."""

from collections.abc import Sequence

import numpy as np

from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count

_LARGEST = 1e37  # the range of larger float32 codes may overflow


def check_codes(codes: np.ndarray, *, name: str = "codes", min_samples: int = 1) -> np.ndarray:
    """Returns codes as a finite 2-D float array.

    float32 and float64 keep their type, because bin edges depend on it; other types become float64.

    Args:
        codes: `[N, L]` array of real numbers.
        name: Its name in the message.
        min_samples: Smallest number of rows that the score can use.

    Raises:
        UserError: If the array is not 2-D, has too few rows or no columns, or holds a number that
            is not finite or beyond 1e37.
    """
    array = as_array(codes, name)
    if array.dtype.kind not in "fiub":
        raise UserError(
            f"`{name}` must hold real numbers. Received: dtype={array.dtype}. "
            "Pass a float array of shape [samples, codes]."
        )
    _check_shape(array, name, "codes", min_samples)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(array))[0].tolist()
        raise UserError(
            f"`{name}` must be finite. Received: {array[tuple(bad)]} at row {bad[0]}, column "
            f"{bad[1]}. Look for a diverged model or drop those rows."
        )
    if float(np.abs(array).max()) > _LARGEST:
        raise UserError(
            f"`{name}` must be within {_LARGEST:g} of 0. Received: {array.min():.4g} to "
            f"{array.max():.4g}. Look for a diverged model or rescale the codes."
        )
    return array


def check_posterior(mean: np.ndarray, log_stddev: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns checked `[N, L]` parameters of diagonal Gaussians.

    Raises:
        UserError: If an array is invalid, shapes differ, or `log_stddev` is not between -40 and 40.
    """
    mean = check_codes(mean, name="mean")
    log_stddev = check_codes(log_stddev, name="log_stddev")
    if mean.shape != log_stddev.shape:
        raise UserError(
            "`mean` and `log_stddev` must have the same shape, [images, codes]. Received: "
            f"{mean.shape} and {log_stddev.shape}. Take both from one call of the encoder."
        )
    if np.abs(log_stddev).max() > 40:
        raise UserError(
            "`log_stddev` must be between -40 and 40. "
            f"Received: {log_stddev.min():.4g} to {log_stddev.max():.4g}. "
            "Pass natural logs of standard deviations from an encoder that has not diverged."
        )
    return mean, log_stddev


def check_factors(factors: np.ndarray, *, name: str = "factors") -> np.ndarray:
    """Returns factors as a 2-D int64 array.

    Floats are accepted where each is a whole number, as `numpy.loadtxt` returns them.

    Args:
        factors: `[N, K]` array of whole numbers. Most scores only use which values are equal; IRS
            and continuous SAP use the values themselves.
        name: Its name in the message.

    Raises:
        UserError: If the array is not 2-D, is empty or holds anything but whole numbers.
    """
    array = as_array(factors, name)
    if array.dtype.kind not in "fiub":
        raise UserError(
            f"`{name}` must hold integers. Received: dtype={array.dtype}. "
            "Number the values of each factor, for instance with np.unique(..., "
            "return_inverse=True)."
        )
    _check_shape(array, name, "factors", 1)
    if array.dtype.kind == "f":
        # False for NaN. Larger numbers do not fit into int64.
        whole = np.abs(array.astype(np.float64)) < 2.0**63
        whole[whole] = array[whole] == np.round(array[whole])
        if not whole.all():
            raise UserError(
                f"`{name}` must hold integers. Received: {array[~whole][0]} in an array of "
                f"{array.dtype}. Cut a continuous factor into bins with np.digitize first."
            )
    return array.astype(np.int64)


def check_codes_factors(
    codes: np.ndarray, factors: np.ndarray, *, suffix: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    """Returns checked codes `[N, L]` and factors `[N, K]` of the same samples.

    Raises:
        UserError: If either is invalid or their lengths differ.
    """
    codes = check_codes(codes, name=f"codes{suffix}")
    factors = check_factors(factors, name=f"factors{suffix}")
    check_same_rows(codes, factors, suffix=suffix)
    return codes, factors


def check_same_rows(codes: np.ndarray, factors: np.ndarray, *, suffix: str = ""):
    """Checks that codes and factors have the same number of rows.

    Raises:
        UserError: If their lengths differ.
    """
    if len(codes) != len(factors):
        raise UserError(
            f"`codes{suffix}` and `factors{suffix}` must have one row for each sample. Received: "
            f"{len(codes)} and {len(factors)} rows. Take both from the same draw."
        )


def check_same_width(kind: str, train: np.ndarray, test: np.ndarray):
    """Checks that two draws have the same columns.

    Raises:
        UserError: If their widths differ.
    """
    if train.shape[1] != test.shape[1]:
        raise UserError(
            f"`{kind}_train` and `{kind}_test` must have the same columns. Received: "
            f"{train.shape[1]} and {test.shape[1]}. Encode both with one model."
        )


def check_train_test(
    codes_train: np.ndarray,
    factors_train: np.ndarray,
    codes_test: np.ndarray,
    factors_test: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Returns checked arrays of two draws that have the same columns.

    Raises:
        UserError: If an array is invalid or the draws differ in codes or factors.
    """
    train = check_codes_factors(codes_train, factors_train, suffix="_train")
    test = check_codes_factors(codes_test, factors_test, suffix="_test")
    for kind, first, second in zip(("codes", "factors"), train, test, strict=True):
        check_same_width(kind, first, second)
    return *train, *test


def check_number(
    name: str, value: float, low: float, high: float = np.inf, *, remedy: str
) -> float:
    """Returns a finite number from `low` to `high`, including both.

    Args:
        name: Its name in the message.
        value: The value received.
        low: The smallest allowed value.
        high: The largest allowed value; infinite for no limit.
        remedy: The last sentence of the message.

    Raises:
        UserError: If it is not a real number, is NaN or infinite, or is outside.
    """
    real = isinstance(value, int | float | np.integer | np.floating)
    if not real or isinstance(value, bool) or not (low <= value <= high and np.isfinite(value)):
        expected = f"of at least {low:g}" if high == np.inf else f"from {low:g} to {high:g}"
        raise UserError(
            f"`{name}` must be a number {expected}. Received: {name}={value!r}. {remedy}"
        )
    return float(value)


def check_seed(seed: int) -> int:
    """Returns a seed of random draws, an integer of at least 0.

    Raises:
        UserError: If it is anything else.
    """
    return check_count("seed", seed, 0)


def check_factor_sizes(factor_sizes) -> np.ndarray:
    """Returns the number of values of each factor as int64, `[K]`.

    Raises:
        UserError: If a size is below 1, or no factor has two values.
    """
    sizes = as_array(factor_sizes, "factor_sizes")
    if sizes.ndim != 1 or sizes.size == 0 or sizes.dtype.kind not in "iu" or sizes.min() < 1:
        raise UserError(
            "`factor_sizes` must be integers of at least 1, one for each factor. "
            f"Received: factor_sizes={factor_sizes!r}. Pass for instance [3, 6, 40, 32, 32]."
        )
    if sizes.max() < 2:
        raise UserError(
            "`factor_sizes` must name a factor with two values or more. "
            f"Received: factor_sizes={factor_sizes!r}. Add a factor that varies."
        )
    return sizes.astype(np.int64)


def as_array(values, name: str) -> np.ndarray:
    """Returns values as an array.

    Raises:
        UserError: If they are lists of different lengths, which make no array.
    """
    try:
        return np.asarray(values)
    except ValueError as error:
        raise UserError(
            f"`{name}` must be an array. Received: nested lists of different lengths. "
            "Give every row the same number of columns."
        ) from error


def _check_shape(array, name, columns, min_samples):
    if array.ndim != 2:
        remedy = f"Use {name}[:, None] for a single column." if array.ndim == 1 else "Reshape it."
        raise UserError(
            f"`{name}` must be 2-D, [samples, {columns}]. Received: shape={array.shape}. {remedy}"
        )
    if array.shape[0] < min_samples or array.shape[1] == 0:
        raise UserError(
            f"`{name}` must have at least {min_samples} samples and one column. "
            f"Received: shape={array.shape}. Draw more samples."
        )


def check_log_stddev(log_stddev: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Returns checked `[N, L]` log standard deviations, of the shape of `mean`.

    Args:
        log_stddev: `[N, L]`, to be checked.
        mean: `[N, L]`, checked already.

    Raises:
        UserError: If the array is invalid, or its shape differs from `mean`.
    """
    log_stddev = check_codes(log_stddev, name="log_stddev")
    if log_stddev.shape != mean.shape:
        raise UserError(
            "`log_stddev` must have the shape of `mean`. Received: "
            f"{log_stddev.shape} and {mean.shape}. Take both from one call of the encoder."
        )
    return log_stddev


def check_factor_names(names: Sequence[str], num_factors: int):
    """Checks that every factor has a name.

    Raises:
        UserError: If there are more names or fewer.
    """
    if len(names) != num_factors:
        raise UserError(
            f"`factor_names` must name each of {num_factors} factors. Received: {names!r}. "
            "Pass one name per factor."
        )
