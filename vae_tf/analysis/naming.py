"""Names of latents: the attribute that each tells, and between which values decoded images go."""

from collections.abc import Sequence

import numpy as np

from vae_tf.analysis.attributes import NamedDirection, known_attributes, value_names
from vae_tf.analysis.edits import ImageClassifiers
from vae_tf.analysis.failures import reading
from vae_tf.errors import UserError
from vae_tf.metrics.attributes import attribute_table
from vae_tf.models.codes import with_layers_below
from vae_tf.plots.code_statistics import CodeStatistics
from vae_tf.plots.traversals import latent_ranges
from vae_tf.runs import Run

_NUM_IMAGES = 100
_LEAST_CHANGE = 0.1  # of a mean probability; below, nothing is seen


def latent_names(
    run: Run,
    statistics: CodeStatistics,
    directions: Sequence[NamedDirection],
    classifiers: ImageClassifiers | None,
) -> dict[int, str]:
    """Number of a latent -> the attribute it tells best; none where no attributes are known.

    A latent that is not used has no name: its means may tell an attribute, though by less than the
    noise of the code. Of an attribute of several values the name says between which of them
    decoded images go, as classifiers see them, and there is none where they see nothing: the
    classes whose codes lie farthest out need not be what the decoder makes of one latent alone.
    Of a model that is given labels, codes hold what these do not tell, and are not named.

    Args:
        run: The run.
        statistics: Statistics of its codes.
        directions: Directions of attributes.
        classifiers: What tells their attributes in images; None without directions.
    """
    try:
        with reading():
            if run.model.conditional:
                return {}
            rows, mean, _ = run.training_codes
            table = attribute_table(mean, known_attributes(run.data, rows))
            names = value_names(run.data)
    except UserError:  # without the training images
        return {}
    ends, unseen = table.ends.copy(), set(np.flatnonzero(~statistics.active).tolist())
    for latent, place in table.best_attributes().items():
        values = [
            each for each in directions
            if each.attribute == table.names[place] and classifiers
            and each.name in classifiers.by_name
        ]  # fmt: skip
        if latent in unseen or table.measures[place] == "AUC" or not values:
            continue
        change = _changes(run.model, mean, statistics, latent, classifiers, values)
        if change.max() < _LEAST_CHANGE or change.min() > -_LEAST_CHANGE:
            unseen.add(latent)
        else:
            ends[latent, place] = [values[i].value for i in (change.argmin(), change.argmax())]
    found = table._replace(ends=ends).latent_names(names)
    return {latent: name for latent, name in found.items() if latent not in unseen}


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
