"""Errors in the points of a study that are found before any of them is trained."""

import gc
import json
from collections.abc import Sequence

from vae_tf.config import Params
from vae_tf.config.studies import Point
from vae_tf.process.errors import UserError

_OF_THE_LENGTH = ("seed", "steps")  # fields on which no model depends


def check_hyper(points: Sequence[Point]):
    """Checks the names of hyperparameters; TensorFlow is imported only where a point has some.

    Args:
        points: The points.

    Raises:
        UserError: If the model of a point has no hyperparameter of a name, or not of a value.
    """
    having = [point for point in points if point.params.hyper]
    if not having:
        return
    from vae_tf.process.quiet_tensorflow import import_tensorflow

    import_tensorflow()
    from vae_tf.models.template.hyperparameters import checked_hyper
    from vae_tf.models.template.sizes import TYPICAL

    for point in having:
        try:
            checked_hyper(point.params, TYPICAL)
        except UserError as error:
            raise UserError(f"{point.name}: {error}") from None


def unbuildable(points: Sequence[Point]) -> dict[str, str]:
    """Builds the models of points, one at a time, on their data.

    Points that differ by their seed or their number of steps have one model.

    Args:
        points: The points.

    Returns:
        Name of a point whose model cannot be built or trained -> why.
    """
    from vae_tf.process.quiet_tensorflow import import_tensorflow

    import_tensorflow()
    from vae_tf.training.plan import check_trainable

    known: dict[str, str] = {}
    for point in points:
        key = _model_of(point.params)
        if key not in known:
            try:
                check_trainable(point.params)
                known[key] = ""
            except UserError as error:
                known[key] = str(error)
            gc.collect()  # the model, whose layers know each other
    errors = {point.name: known[_model_of(point.params)] for point in points}
    return {name: error for name, error in errors.items() if error}


def _model_of(params: Params) -> str:
    fields = params.to_dict()
    return json.dumps({name: fields[name] for name in fields if name not in _OF_THE_LENGTH})
