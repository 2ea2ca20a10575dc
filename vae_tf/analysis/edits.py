"""Effects of directions on images, measured by classifiers of the attributes."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from vae_tf.analysis.attributes import NamedDirection
from vae_tf.runs import Run
from vae_tf.scores.directions import EditScores, edit_scores

# Reconstructed images for the classifiers: one half for training, the other half for testing.
_NUM_IMAGES = 2_000
_NUM_EDITED = 200
_NUM_COMPONENTS = 50


class ImageClassifiers(NamedTuple):
    """Classifiers of attributes in decoded images: logistic regressions on principal components.

    Attributes:
        components: Fitted principal components of the pixels.
        by_name: Classifier of each attribute.
        accuracy: Balanced accuracy of each classifier on held-out images: the mean of its accuracy
            on images with the attribute and on images without it, 0.5 by chance.
    """

    components: Any
    by_name: dict[str, Any]
    accuracy: dict[str, float]

    def probabilities(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Name of each attribute -> `[N]` probabilities that images `[N, H, W, C]` have it."""
        seen = self.components.transform(images.reshape(len(images), -1))
        return {name: each.predict_proba(seen)[:, 1] for name, each in self.by_name.items()}


class ScoredDirection(NamedTuple):
    """A direction, and the effects of one step along it on images without the attribute.

    Attributes:
        direction: The direction.
        scores: The effects, see `scores.directions.edit_scores`.
        accuracy: Balanced accuracy of the attribute's classifier, see `ImageClassifiers`.
    """

    direction: NamedDirection
    scores: EditScores
    accuracy: float


def image_classifiers(
    run: Run, directions: Sequence[NamedDirection], seed: int = 0
) -> ImageClassifiers:
    """Trains a classifier for each attribute that is not too rare.

    Classifiers are trained on the first 50 principal components of reconstructions, because edited
    images are decoded images, too.

    Args:
        run: The run.
        directions: Directions with their groups of images.
        seed: Seed of the random choice of images.
    """
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits

    _, mean, _ = run.training_codes
    rows = np.random.default_rng(seed).permutation(len(mean))[:_NUM_IMAGES]
    pixels = run.model.decode(mean[rows]).reshape(len(rows), -1)
    half = len(rows) // 2
    with threadpool_limits(1):
        count = min(_NUM_COMPONENTS, half, pixels.shape[1])
        components = PCA(count, whiten=True, random_state=seed)
        features = components.fit(pixels[:half]).transform(pixels)
        classifiers, accuracy = {}, {}
        for each in directions:
            if learned := learned_classifier(features, each.groups[rows], half):
                classifiers[each.name], accuracy[each.name] = learned
    return ImageClassifiers(components, classifiers, accuracy)


def scored_directions(
    run: Run, directions: Sequence[NamedDirection], classifiers: ImageClassifiers
) -> list[ScoredDirection]:
    """Scores directions, the greatest selectivity first.

    Args:
        run: The run.
        directions: Directions with their groups of images.
        classifiers: Classifiers of their attributes. A direction without a classifier is left out.
    """
    from threadpoolctl import threadpool_limits

    _, mean, _ = run.training_codes

    def probabilities(codes):
        return classifiers.probabilities(run.model.decode(codes.astype("float32")))

    found = []
    with threadpool_limits(1):
        for each in directions:
            if each.name not in classifiers.by_name:
                continue
            without = mean[each.groups == 0][:_NUM_EDITED]
            scores = edit_scores(
                probabilities(without), probabilities(without + each.vector), each.name
            )
            found.append(ScoredDirection(each, scores, classifiers.accuracy[each.name]))
    return sorted(found, key=lambda each: -each.scores.selectivity)


def learned_classifier(features: np.ndarray, groups: np.ndarray, half: int):
    """Trains a logistic regression on the first rows of features, and tests it on the others.

    Args:
        features: `[N, F]`.
        groups: `[N]` ints: 1 with the attribute, 0 without, -1 if unknown.
        half: Number of rows for training.

    Returns:
        The classifier and its balanced accuracy on the other rows. None if the training rows or the
        test rows contain only one of the two groups.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score

    known = groups >= 0
    first, second = known & (np.arange(len(groups)) < half), known.copy()
    second[:half] = False
    if len(np.unique(groups[first])) < 2 or len(np.unique(groups[second])) < 2:
        return None  # too rare
    classifier = LogisticRegression(C=0.1, max_iter=500, class_weight="balanced")
    with warnings.catch_warnings():
        # If the model draws all images alike, nothing can be learned, and the accuracy is low.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(features[first], groups[first])
    told = classifier.predict(features[second])
    return classifier, float(balanced_accuracy_score(groups[second], told))
