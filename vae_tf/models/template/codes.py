"""Codes of many images, computed a part at a time."""

from collections.abc import Callable

import numpy as np

_IMAGES_AT_ONCE = 1_000


def encode_images(
    model,
    read: Callable[[np.ndarray], np.ndarray],
    rows: np.ndarray,
    labels: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Encodes any number of images with at most a thousand of them in memory.

    Args:
        model: Any model with `encode`.
        read: Function from a part of `rows` to images `[n, H, W, C]`: `data.images` where rows
            are indices, `data.images_of` where they are factors.
        rows: `[N]` indices or `[N, K]` factors, N at least 1.
        labels: `[N]` labels, where the model needs them.

    Returns:
        Posterior means and log standard deviations, `(mean [N, L], log_stddev [N, L])`.
    """
    return _in_parts(lambda x, label: model.encode(*_given(x, label)), read, rows, labels)


def codes_and_kl(
    model,
    read: Callable[[np.ndarray], np.ndarray],
    rows: np.ndarray,
    labels: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Encodes images as `encode_images` does, and computes the KL of each latent to its prior.

    Args:
        model: Any model of this package.
        read: Function from a part of `rows` to images, see `encode_images`.
        rows: Indices or factors, see `encode_images`.
        labels: `[N]` labels, where the model needs them.

    Returns:
        `mean`, `log_stddev` and `kl`, `[N, L]` each; the KL in nats, infinite where the encoder
        adds no noise, NaN where the posterior has no such parts.
    """

    def ask(x, label):
        return *model.encode(*_given(x, label)), model.kl_per_latent(*_given(x, label))

    return _in_parts(ask, read, rows, labels)


def with_layers_below(model, codes: np.ndarray, latents: np.ndarray) -> np.ndarray:
    """Codes to decode where latents were changed: the layers below follow.

    Args:
        model: Any model of this package.
        codes: `[R, S, L]`, in row r of which one latent was changed.
        latents: `[R]` numbers of these latents.

    Returns:
        `[R * S, L]` codes.
    """
    rows = [model.propagate_down(row, int(k)) for row, k in zip(codes, latents, strict=True)]
    return np.concatenate(rows)


def _given(x, label):
    return (x,) if label is None else (x, label)


def _in_parts(function, read, rows, labels):
    parts = []
    for start in range(0, len(rows), _IMAGES_AT_ONCE):
        part = slice(start, start + _IMAGES_AT_ONCE)
        parts.append(function(read(rows[part]), None if labels is None else labels[part]))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))
