"""Transfer: a run that begins with the weights of another one, `Params.start`.

Two models are compared layer by layer, each by its place, such as encoder/conv_1: a layer is copied
if the other model has one of the same place with weights of the same names and shapes. Networks
within an encoder, such as the classifier of M2, may begin with the hidden layers of an encoder that
has none. Optimizers, the count of steps and the state of a KL weight belong to a new run.
"""

from pathlib import Path
from typing import NamedTuple

import keras

from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.process.errors import UserError, shown
from vae_tf.runs import PARAMS, STUDY, Run, checkpoints


class Transfer(NamedTuple):
    """The copied weights, for environment.json.

    Attributes:
        run: Folder that the weights are from.
        checkpoint: Name of the file.
        step: Optimizer updates that they had seen.
        copied: Places that were copied; a network as a whole by its name alone.
        new: Places that were not, and keep their initial weights.
    """

    run: str
    checkpoint: str
    step: int
    copied: list[str]
    new: list[str]

    def sentence(self) -> str:
        """The copied weights, in a line."""
        new = f"; new: {', '.join(self.new)}" if self.new else ""
        return f"Weights of '{self.run}', step {self.step:,}: {', '.join(self.copied)}{new}."


def find_start(start: str, run_dir: Path) -> Path:
    """The run folder that `Params.start` names: beside the new run or its study, or a path.

    Args:
        start: Name of a run, STUDY/POINT included, or path of its folder.
        run_dir: Folder of the new run.

    Raises:
        UserError: If there is none, or it is the new run itself.
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
            f"--name for the new one, or continue with --resume."
        )
    return found


def transfer(path: Path, model: GenerativeModel) -> Transfer:
    """Copies the weights of a run into a model that is not trained yet.

    Args:
        path: Folder of the run to start from.
        model: The model of the new run.

    Raises:
        UserError: If the run cannot be read, its images have another shape, or its model has no
            layer that fits.
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
    """Place of a layer -> its weights; what belongs to no network is by its own name."""
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
    """Where an encoder without inner networks has the hidden layer of one; "" for other layers."""
    *networks, layer = place.split("/")
    inner = len(networks) == 2 and networks[0] == "encoder" and layer != "mean"
    return f"encoder/{layer}" if inner else ""


def _alike(ours: list, theirs: list) -> bool:
    return [(v.name, v.shape) for v in ours] == [(v.name, v.shape) for v in theirs]


def _joined(places: list[str], others: list[str]) -> list[str]:
    """The places, a network of which nothing is among the others by its name alone."""
    parted = {place.partition("/")[0] for place in others}
    networks = [place.partition("/")[0] for place in places]
    names = [
        place if network in parted else network
        for place, network in zip(places, networks, strict=True)
    ]
    return list(dict.fromkeys(names))
