"""Names of latents: the attribute that each predicts, and the values that images go between."""

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
# Change of the mean probability of a value, from one end of a latent to the other. They part what
# we saw, too, in the traversals of the shipped runs from what only the classifiers did: that
# anything changes (0.29 and more; 0.22 and less in MNIST-AE, where a 6 stays a 6), and between
# which values (0.87; 0.73 and less).
_LEAST_SEEN, _LEAST_TOLD = 0.25, 0.8


def latent_names(
    run: Run,
    statistics: CodeStatistics,
    directions: Sequence[NamedDirection],
    classifiers: ImageClassifiers | None,
) -> dict[int, str]:
    """Number of a latent -> the attribute it predicts best; none where no attributes are known.

    The 64 most used latents are tested, as many as traversals draw. A test takes 18 milliseconds of
    a core for a latent (3,600 images of two attributes), and a map of codes has a thousand latents.
    A latent that is not used has no name: its means may predict an attribute, though by less than
    the noise of the code. For an attribute of several values there is none where classifiers see no
    change of decoded images, and the name says between which values these go only where most of
    them do: the classes whose codes are farthest out, or those that gain a little over many images,
    need not be what the decoder makes of one latent in the image that a reader looks at.
    For a model that is given labels, codes hold what the labels do not say, and are not named.

    Args:
        run: The run.
        statistics: Statistics of its codes.
        directions: Directions of attributes.
        classifiers: Classifiers of their attributes in images; None without directions.
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
    """Mean change of the probability of each value, from the low to the high end of a latent."""
    codes = np.repeat(mean[None, :_NUM_IMAGES], 2, axis=0)  # [2, N, L]
    codes[:, :, latent] = latent_ranges("fitted", statistics)[latent][:, None]
    codes = with_layers_below(model, codes, np.full(2, latent))
    told = classifiers.probabilities(model.decode(codes.reshape(-1, codes.shape[-1])))
    low, high = (
        np.stack([told[each.name] for each in values]).reshape(len(values), 2, -1).mean(axis=2).T
    )
    return high - low
