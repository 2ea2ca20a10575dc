"""A new label arrives: `python experiments/new_label.py`.

A VAE of two latents is trained on the digits 1 and 7 of MNIST; then 8 is brought in, and the same
model continues with all three. How do the codes of the old ones move? Next to it the same model
continues with 1 and 7 alone: what moves there moves without a new label, too. Distances are between
the codes of the same test images, over the standard deviation of the codes of 1 and 7 before.

The measures are written to experiments/new_label.json, the animation to
images/gallery/new_label.gif. Restartable: what is measured is only drawn again.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import json  # noqa: E402

import numpy as np  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import data  # noqa: E402
from vae_tf.config import replace  # noqa: E402
from vae_tf.models.template.build import build_model  # noqa: E402
from vae_tf.plots.page import CLASSES  # noqa: E402
from vae_tf.plots.saving import save_gif  # noqa: E402
from vae_tf.process.files.saving import write_text, written_whole  # noqa: E402

_OLD, _NEW = (1, 7), 8
_A_CLASS, _SHOWN = 4_000, 300  # training images, and test images that are followed, of each digit
_EPOCHS_BEFORE, _EPOCHS_AFTER = 10, 14


def of_classes(images, classes, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first images of each class, and their labels."""
    rows = np.concatenate([np.flatnonzero(images.labels == each)[:count] for each in classes])
    return images.images(rows), images.labels[rows]


def followed() -> dict[str, np.ndarray]:
    """Codes of the test images after each epoch: "before", then "new" and "same"."""
    train, test = data.load("mnist"), data.load("mnist", "test")
    run_params = replace(
        presets.RUNS["MNIST-VAE-dense"], latent_size=2, encoder=((256,), (128,)),
        decoder=((128,), (256,)), learning_rate=1e-3, likelihood="bernoulli",
    )  # fmt: skip
    shown, labels = of_classes(test, (*_OLD, _NEW), _SHOWN)
    model = build_model(run_params, train.image_shape, 2 * _A_CLASS)
    found = {"labels": labels}

    def go_on(classes, epochs):
        x, _ = of_classes(train, classes, _A_CLASS)
        codes = []
        for _ in range(epochs):
            codes.append(model.encode(shown)[0])
            model.fit(x, batch_size=100, epochs=1, verbose=0)
        return np.stack([*codes, model.encode(shown)[0]])

    found["before"] = go_on(_OLD, _EPOCHS_BEFORE)
    weights = model.get_weights()
    found["same"] = go_on(_OLD, _EPOCHS_AFTER)
    model.set_weights(weights)
    found["new"] = go_on((*_OLD, _NEW), _EPOCHS_AFTER)
    return found


def movements(found: dict) -> dict:
    """How far old codes are from where they were, in standard deviations, after each epoch."""
    old = np.isin(found["labels"], _OLD)
    start = found["before"][-1][old]
    spread = np.sqrt(start.var(axis=0).sum())
    distance = {
        name: np.linalg.norm(found[name][:, old] - start, axis=2) / spread
        for name in ("new", "same")
    }  # [epochs + 1, images]
    labels = found["labels"][old]
    return {
        name: {str(each): moved[:, labels == each].mean(axis=1).round(3).tolist() for each in _OLD}
        for name, moved in distance.items()
    }


def frames(found: dict) -> list[np.ndarray]:
    """A picture an epoch: the codes of each digit."""
    drawn = []
    before = [(codes, "trained on 1 and 7", i) for i, codes in enumerate(found["before"])]
    after = [(codes, "8 has arrived", i) for i, codes in enumerate(found["new"])]
    limit = 1.05 * max(np.abs(codes).max() for codes, _, _ in before + after)
    for codes, title, epoch in before + after[1:]:
        figure = Figure((4, 4.2), dpi=100, layout="constrained")
        axes = figure.subplots()
        for place, digit in enumerate((*_OLD, _NEW)):
            here = codes[found["labels"] == digit]
            axes.scatter(*here.T, s=8, color=CLASSES[place], label=str(digit), linewidths=0)
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[],
                 title=f"{title}, epoch {epoch}")  # fmt: skip
        axes.legend(frameon=False, loc="upper right")
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        drawn.append(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    return drawn


def main():
    """Trains, measures, draws and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    options = parser.parse_args()
    store = options.predictions / "new-label-codes.npz"
    if not store.exists():
        with written_whole(store) as partial, open(partial, "wb") as file:
            np.savez(file, **followed())
    with np.load(store) as loaded:
        found = dict(loaded)
    moved = movements(found)
    write_text(Path(__file__).with_suffix(".json"), json.dumps(moved, indent=1) + "\n")
    drawn = frames(found)
    durations = [1_500 if i in (len(found["before"]) - 1, len(drawn) - 1) else 300
                 for i in range(len(drawn))]  # fmt: skip
    save_gif(ROOT / "images" / "gallery" / "new_label.gif", drawn, durations)
    for name, by_digit in moved.items():
        print(name, {digit: (steps[1], steps[-1]) for digit, steps in by_digit.items()})


if __name__ == "__main__":
    main()
