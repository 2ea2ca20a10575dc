"""Classes of images: the confusion matrix, and images of chosen classes."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import SEED, AnalyzedRun
from vae_tf.data.labels import labels_of
from vae_tf.plots.heat_maps import plot_heat_maps
from vae_tf.plots.image_figures import plot_image_rows

_NUM_STYLES = 6
_MOST_CLASSES = 20  # columns


def confusion(analyzed: AnalyzedRun) -> Figure:
    """Draws the confusion matrix."""
    rows = analyzed.analyzed_rows
    labels = labels_of(analyzed.images)[rows]
    known = labels >= 0
    rows, labels = rows[known], labels[known]
    guess = analyzed.model.classify(analyzed.images.images(rows)).argmax(axis=1)
    matrix = confusion_matrix(labels, guess, analyzed.model.num_classes)
    names = class_names(analyzed)
    error = np.mean(labels != guess)
    count = f"{len(rows):,} validation images"
    return plot_heat_maps(
        {"share of the images of a class": matrix},
        range(len(names)),
        names,
        "share",
        f"Confusion matrix: {error:.2%} wrong",
        (analyzed.caption, f"rows: classes; columns: predicted classes; {count}"),
        darkest=1.0,
        row_names=names,
    )


def confusion_matrix(labels: np.ndarray, guess: np.ndarray, num_classes: int) -> np.ndarray:
    """Computes the shares `[C, C]` of each class (row) that are predicted as each class (column).

    Args:
        labels: `[N]` classes.
        guess: `[N]` predicted classes.
        num_classes: Number of classes, C.

    Example:
        >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[0.5, 0.5], [0.0, 1.0]]
    """
    counts = np.zeros((num_classes, num_classes))
    np.add.at(counts, (labels, guess), 1)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def class_grid(analyzed: AnalyzedRun) -> Figure:
    """Draws samples of the prior with every label: a row per sample, a column per class."""
    styles = analyzed.model.sample_prior(_NUM_STYLES, np.random.default_rng(SEED))  # [S, L]
    classes, shown = _shown_classes(analyzed)
    images = _in_every_class(analyzed, styles, classes)
    return plot_image_rows(
        images,
        "Every class in the same styles",
        (
            analyzed.caption,
            f"columns: labels {shown}; rows: samples of the prior, seed {SEED}",
        ),
    )


def analogies(analyzed: AnalyzedRun) -> Figure:
    """Draws the codes of images with every label."""
    rows = analyzed.shown_rows[:_NUM_STYLES]
    originals = analyzed.images.images(rows)
    codes = analyzed.model.encode(originals, analyzed.labels_of(rows))[0]
    classes, shown = _shown_classes(analyzed)
    images = _in_every_class(analyzed, codes, classes)
    return plot_image_rows(
        np.concatenate([originals[:, None], images], axis=1),
        "The style of an image in all classes",
        (
            analyzed.caption,
            f"left: validation images; then their codes, decoded with the labels {shown}",
        ),
    )


def class_names(analyzed: AnalyzedRun) -> list[str]:
    """Names of all classes of the model."""
    names = analyzed.images.label_names
    return list(names) if names else [str(k) for k in range(analyzed.model.num_classes)]


def _shown_classes(analyzed):
    classes = np.arange(min(analyzed.model.num_classes, _MOST_CLASSES))
    names = class_names(analyzed)
    if len(classes) > 1 and names == [str(k) for k in range(len(names))]:
        return classes, f"0 to {classes[-1]}"
    return classes, ", ".join(names[k] for k in classes)


def _in_every_class(analyzed, codes, classes):
    """Decodes codes `[S, L]` with each of K classes, to images `[S, K, H, W, C]`.

    Raises:
        UserError: If the model draws no images of a class.
    """
    model = analyzed.model
    labels = np.tile(classes, len(codes))
    z = np.repeat(codes, len(classes), axis=0)
    if model.conditional:
        images = model.decode(z, labels)
    else:
        images = model.decode(model.with_class(z, labels))
    return images.reshape(len(codes), len(classes), *images.shape[1:])
