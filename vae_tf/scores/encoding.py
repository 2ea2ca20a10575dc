"""Encodes images of a factor grid, batch by batch."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from vae_tf.process.errors import UserError
from vae_tf.process.numbers import check_count
from vae_tf.scores.ground_truth import GroundTruth
from vae_tf.scores.validation import check_codes


def encode_rows(
    encode: Callable,
    data: GroundTruth,
    sizes: np.ndarray,
    rows: np.ndarray | range,
    *,
    batch_size: int,
    description: str,
    progress: bool,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Encodes images of the grid in the order of their rows.

    While a batch is encoded, the next one is rendered in a thread.

    Args:
        encode: Function from images `[B, H, W, C]` to `(mean, log_stddev)`, each `[B, L]`, or to
            one array `[B, L]`.
        data: Source of the images.
        sizes: `[K]` numbers of values of the factors.
        rows: Row numbers of the images in the grid, at least one. Rows are in C order: the last
            factor changes fastest.
        batch_size: Images per call of `encode`.
        description: Text before the progress bar.
        progress: Whether to show a progress bar on stderr.

    Returns:
        `mean` `[N, L]` and `log_stddev` `[N, L]` or None, float32.

    Raises:
        UserError: If `encode` returns arrays of a wrong shape, or values that are not finite.
    """
    check_count("batch_size", batch_size, 1)
    mean, log_stddev = np.empty((0, 0), np.float32), None
    with tqdm(
        desc=description, total=len(rows), unit="image", delay=2, disable=not progress
    ) as bar:
        for part, images in _render_ahead(data, sizes, rows, batch_size):
            codes, spread = _encode(encode, images, part.stop - part.start)
            if len(mean) == 0:
                mean = np.empty((len(rows), codes.shape[1]), np.float32)
                log_stddev = None if spread is None else np.empty_like(mean)
            if codes.shape[1] != mean.shape[1] or (spread is None) != (log_stddev is None):
                raise UserError(
                    "`encode` must return the same number of codes for every batch. Received: "
                    f"{mean.shape[1]} and {codes.shape[1]} codes, or log_stddev only once. "
                    "Pass model.encode or a function of that form."
                )
            mean[part] = codes
            if log_stddev is not None:
                log_stddev[part] = spread
            bar.update(part.stop - part.start)
    return mean, log_stddev


def factors_of_rows(rows: np.ndarray | range, sizes: np.ndarray) -> np.ndarray:
    """Factors `[N, K]` int64 of rows of the grid in C order.

    Example:
        >>> factors_of_rows(range(1, 4), np.array([2, 3])).tolist()
        [[0, 1], [0, 2], [1, 0]]
    """
    return np.stack(np.unravel_index(np.asarray(rows, np.int64), tuple(sizes)), axis=1)


def _render_ahead(data, sizes, rows, batch_size) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields slices of the rows with their images; a thread renders the next batch meanwhile."""

    def render(start):
        part = slice(start, min(start + batch_size, len(rows)))
        return part, data.images_of(factors_of_rows(rows[part], sizes))

    with ThreadPoolExecutor(max_workers=1) as renderer:
        ahead = renderer.submit(render, 0)
        for start in range(batch_size, len(rows), batch_size):
            batch, ahead = ahead.result(), renderer.submit(render, start)
            yield batch
        yield ahead.result()


def _encode(encode, images, num_images):
    encoded = encode(images)
    mean, log_stddev = encoded if isinstance(encoded, tuple | list) else (encoded, None)
    parts = []
    for name, part in (("mean", mean), ("log_stddev", log_stddev)):
        if part is not None:
            part = check_codes(part, name=f"{name} of encode(x)")
            if len(part) != num_images or (parts and part.shape != parts[0].shape):
                raise UserError(
                    "`encode` must return (mean, log_stddev), each [images, codes]. Received: "
                    f"{name} of shape {part.shape} for {num_images} images. "
                    "Pass model.encode or a function of that form."
                )
        parts.append(part)
    return parts
