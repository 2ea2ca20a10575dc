"""Transfer: a run that begins with the weights of another run, `Params.start`.

The weights of a layer are copied if the other model has a layer at the same place, such as
encoder/conv_1, with weights of the same names and shapes. Networks inside an encoder, such as the
classifier of M2, may begin with the hidden layers of an encoder without such networks. The state of
the optimizer, the number of steps and the state of the KL weight are not copied.
"""

from pathlib import Path
from typing import NamedTuple

import keras

from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.process.errors import UserError, shown
from vae_tf.runs import PARAMS, STUDY, Run, checkpoints


class Transfer(NamedTuple):
    """A description of copied weights, for environment.json.

    Attributes:
        run: Folder of the run that the weights come from.
        checkpoint: Name of the checkpoint's file.
        step: Step of the checkpoint.
        copied: Places of copied layers; the name of a network if all its layers were copied.
        new: Places of layers that keep their initial weights, in the same form.
    """

    run: str
    checkpoint: str
    step: int
    copied: list[str]
    new: list[str]

    def sentence(self) -> str:
        """Writes a line about the copied weights."""
        new = f"; new: {', '.join(self.new)}" if self.new else ""
        return f"Weights of '{self.run}', step {self.step:,}: {', '.join(self.copied)}{new}."


def find_start(start: str, run_dir: Path) -> Path:
    """Finds the run folder that `Params.start` names: beside the new run or its study, or a path.

    Args:
        start: Name of a run, such as RUN or STUDY/POINT, or the path of its folder.
        run_dir: Folder of the new run.

    Raises:
        UserError: If there is no such run, or it is the new run itself.
    """
    above = [run_dir.parent]
    if (run_dir.parent / STUDY).exists():
        above.append(run_dir.parent.parent)
    places = [*(folder / start for folder in above), Path(start)]
    found = next((path for path in places if (path / PARAMS).is_file()), None)
    if found is None:
        looked = ", ".join(f"'{path}'" for path in dict.fromkeys(places))
        raise UserError(
            f"`start` must be the name or the folder of a run. Received: start={shown(start)}, and "
            f"there is no run in {looked}. Train it first, or give the path of its folder."
        )
    if found.resolve() == run_dir.resolve():
        raise UserError(
            f"A run cannot start from itself. Received: start={shown(start)}. Choose another "
            f"--name for the new run, or continue with --resume."
        )
    return found


def transfer(path: Path, model: GenerativeModel) -> Transfer:
    """Copies the weights of a run into a model that is not trained yet.

    Args:
        path: Folder of the run to start from.
        model: The model of the new run.

    Raises:
        UserError: If the run cannot be read, its images have another shape, or its model has no
            layer with the same place and shapes.
    """
    run = Run(path)
    try:
        shape = tuple(run.details["image_shape"])
        if shape != model.image_shape:
            raise UserError(
                f"Its images must have the new run's shape, {model.image_shape}. Received: "
                f"{shape}. Set image_size and channels, or choose another run."
            )
        source = run.model
    except UserError as error:
        raise UserError(f"A run cannot start from '{path}': {error}") from None
    theirs, ours = _layers(source), _layers(model)
    fitting = {place: theirs.get(place) or theirs.get(_outside(place), []) for place in ours}
    copied = [place for place, weights in ours.items() if _alike(weights, fitting[place])]
    if not copied:
        raise UserError(
            f"A run cannot start from '{path}': none of its layers ({run.params.model}) has the "
            f"place and the shapes of a layer of the new model ({model.name}). Choose the encoder, "
            f"decoder and latent_size of that run, or choose another run."
        )
    for place in copied:
        for new, old in zip(ours[place], fitting[place], strict=True):
            new.assign(old)
    step = run.details["step"]
    found = checkpoints.found(run.checkpoints)
    *_, file = (each.name for each in found if checkpoints.step_of(each) == step)
    left = [place for place in ours if place not in copied]
    return Transfer(str(path), file, step, _joined(copied, left), _joined(left, copied))


def _layers(model: GenerativeModel) -> dict[str, list]:
    """Return place of a layer -> its weights. Weights outside networks have their own names."""
    found: dict[str, list] = {}
    seen: set[int] = set()

    def walk(layer, place: str):
        if isinstance(layer, keras.Model):
            for inner in layer.layers:
                walk(inner, f"{place}/{inner.name}")
        elif layer.weights and id(layer) not in seen:
            seen.update({id(layer), *map(id, layer.weights)})
            found[place] = layer.weights

    for network in model.layers:
        walk(network, network.name)
    # Learned weights of no layer, such as the decoder's stddev; counters are not learned.
    own = [v for v in model.trainable_variables if id(v) not in seen]
    return found | {variable.name: [variable] for variable in own}


def _outside(place: str) -> str:
    """Return the place, in an encoder without inner networks, of an inner network's hidden layer.

    Returns "" for all other layers.
    """
    *networks, layer = place.split("/")
    inner = len(networks) == 2 and networks[0] == "encoder" and layer != "mean"
    return f"encoder/{layer}" if inner else ""


def _alike(ours: list, theirs: list) -> bool:
    return [(v.name, v.shape) for v in ours] == [(v.name, v.shape) for v in theirs]


def _joined(places: list[str], others: list[str]) -> list[str]:
    """Return places; a network without places in `others` is replaced by its name."""
    parted = {place.partition("/")[0] for place in others}
    networks = [place.partition("/")[0] for place in places]
    names = [
        place if network in parted else network
        for place, network in zip(places, networks, strict=True)
    ]
    return list(dict.fromkeys(names))
