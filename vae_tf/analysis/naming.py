"""Names of latents: the attribute that each predicts, and its values at both ends of the latent."""

from collections.abc import Sequence

import numpy as np

from vae_tf.analysis.attributes import NamedDirection, known_attributes, value_names
from vae_tf.analysis.edits import ImageClassifiers
from vae_tf.analysis.failures import reading
from vae_tf.models.template.codes import with_layers_below
from vae_tf.plots.code_statistics import CodeStatistics
from vae_tf.plots.traversals import latent_ranges
from vae_tf.process.errors import UserError
from vae_tf.process.limits import MOST_SHOWN
from vae_tf.runs import Run
from vae_tf.scores.attributes import attribute_table

_NUM_IMAGES = 100
# Minimum changes of a value's mean probability, from one end of a latent to the other: for a name,
# and for a name with values. They agree with what we saw in the traversals of the shipped runs. If
# an image changed, the change was at least 0.29; if not (MNIST-AE, where a 6 stays a 6), at most
# 0.22. If it went between the named values, the change was 0.87; if not, at most 0.73.
_LEAST_SEEN, _LEAST_TOLD = 0.25, 0.8


def latent_names(
    run: Run,
    statistics: CodeStatistics,
    directions: Sequence[NamedDirection],
    classifiers: ImageClassifiers | None,
) -> dict[int, str]:
    """Names latents by the attribute that each predicts best.

    Only the 64 most used latents are tested, because a map of codes may have a thousand latents. A
    test takes 18 milliseconds of a core per latent (3,600 images with two attributes).

    An inactive latent has no name: its means may predict an attribute, but with differences below
    the noise of the code. For an attribute of several values, classifiers also look at images
    decoded from both ends of the latent. If these images hardly differ, the latent has no name. If
    most of them change between the same two values, the name contains both values.

    Args:
        run: The run.
        statistics: Statistics of its codes.
        directions: Directions of attributes.
        classifiers: Classifiers of their attributes in images; None without directions.

    Returns:
        Number of a latent -> its name. Empty if no attributes are known, if the training images
        cannot be loaded, or if the model is given labels.
    """
    try:
        with reading():
            if run.model.conditional:
                return {}
            rows, mean, _ = run.training_codes
            tested = np.sort(statistics.order[:MOST_SHOWN])
            table = attribute_table(mean[:, tested], known_attributes(run.data, rows))
            names = value_names(run.data)
    except UserError:  # without the training images
        return {}
    ends, unseen = table.ends.copy(), set(np.flatnonzero(~statistics.active[tested]).tolist())
    for column, place in table.best_attributes().items():
        values = [
            each for each in directions
            if each.attribute == table.names[place] and classifiers
            and each.name in classifiers.by_name
        ]  # fmt: skip
        if column in unseen or table.measures[place] == "AUC" or not values:
            continue
        change = _changes(run.model, mean, statistics, tested[column], classifiers, values)
        seen = min(change.max(), -change.min())
        if seen < _LEAST_SEEN:
            unseen.add(column)
        told = [values[i].value for i in (change.argmin(), change.argmax())]
        ends[column, place] = told if seen >= _LEAST_TOLD else -1
    found = table._replace(ends=ends).latent_names(names)
    return {int(tested[column]): name for column, name in found.items() if column not in unseen}


def _changes(model, mean, statistics, latent, classifiers, values):
    """Computes the mean change of each value's probability from the low to the high end."""
    codes = np.repeat(mean[None, :_NUM_IMAGES], 2, axis=0)  # [2, N, L]
    codes[:, :, latent] = latent_ranges("fitted", statistics)[latent][:, None]
    codes = with_layers_below(model, codes, np.full(2, latent))
    told = classifiers.probabilities(model.decode(codes.reshape(-1, codes.shape[-1])))
    low, high = (
        np.stack([told[each.name] for each in values]).reshape(len(values), 2, -1).mean(axis=2).T
    )
    return high - low
