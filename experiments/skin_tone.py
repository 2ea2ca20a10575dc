"""A direction that changes the skin tone of emoji: `python experiments/skin_tone.py [RUN ...]`.

For each shipped run of emoji, the difference of the mean codes of people of dark and of light skin
among the training images (and the normal of a linear classifier of the two). Measured on people
whom training never saw: what one step changes in the probability of dark skin, and of the groups of
emoji, by classifiers of decoded images; how far the edited image of a light person is from the
same person drawn dark, in the squared error of a pixel, beside the unedited image, the same made
darker as a whole, as much as suits the answer best, and the model's own image of the dark person;
and how much lighter the pixels become that are skin, and others that are not white. The picture of
the run whose edited images come nearest goes to images/gallery/skin_tone.png.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from vae_tf.analysis.attributes import NamedDirection, attribute_directions  # noqa: E402
from vae_tf.analysis.edits import image_classifiers  # noqa: E402
from vae_tf.directions import direction, edit_scores  # noqa: E402
from vae_tf.plots.image_figures import plot_image_rows  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

NAME = "skin tone dark"
_STEPS = (0.0, 0.5, 1.0, 1.5)
_NUM_SHOWN = 8
_HEADS = (
    *("accuracy", "dark skin", "groups, at most", "unedited", "made darker", "edited"),
    *("own image", "skin lighter", "else lighter"),
)


def tones(images):
    """Rows of light and of dark people, in the same order of names: pairs that differ in tone."""
    names, values = images.attribute_names["skin_tone"], images.attributes["skin_tone"]
    return [np.flatnonzero(values == names.index(tone)) for tone in ("light", "dark")]


def measured(run: Run, method: str) -> dict:
    """The scores of a direction, and the images that show it."""
    rows, codes, _ = run.training_codes
    names, values = run.data.attribute_names["skin_tone"], run.data.attributes["skin_tone"][rows]
    groups = np.select([values == names.index("dark"), values == names.index("light")], [1, 0], -1)
    vector = direction(codes, groups, method)
    kinds = [each for each in attribute_directions(run) if each.attribute == "label"]
    classifiers = image_classifiers(run, [NamedDirection(NAME, vector, 1.0, groups), *kinds])
    light, dark = (run.validation_data.images(part) for part in tones(run.validation_data))
    start = run.model.encode(light)[0]
    steps = [run.model.decode((start + step * vector).astype("float32")) for step in _STEPS]
    before, after = (classifiers.probabilities(steps[_STEPS.index(step)]) for step in (0.0, 1.0))
    unedited, edited = steps[0], steps[_STEPS.index(1.0)]
    # Skin is what the designers drew in another color.
    skin = np.abs(light - dark).max(axis=-1) > 0.1
    drawn = ~skin & (light.min(axis=-1) < 0.9)
    lighter = (edited - unedited).mean(axis=-1)
    error = {
        name: float(np.square(images - dark).mean())
        for name, images in (
            ("unedited", unedited),
            ("edited", edited),
            ("best", run.model.reconstruct(dark)),
        )
    }
    error["darker"] = min(
        float(np.square(share * unedited - dark).mean()) for share in np.linspace(0.3, 1, 71)
    )
    found = edit_scores(before, after, NAME)
    shown = np.linspace(0, len(light) - 1, _NUM_SHOWN).astype(int)
    return {
        "pairs": len(light), "accuracy": classifiers.accuracy[NAME], "wanted": found.wanted,
        "others": max(found.others.values()), **error,
        "skin": float(lighter[skin].mean()), "drawn": float(lighter[drawn].mean()),
        "images": np.stack([images[shown] for images in (light, *steps, dark)]),
    }  # fmt: skip


def main():
    """Measures, prints a table in Markdown and draws the best."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    names = options.runs or sorted(path.name for path in options.predictions.glob("emoji-*"))
    print(f"| run, method | {' | '.join(_HEADS)} |")
    print(f"|{' --- |' * (1 + len(_HEADS))}")
    found = {}
    for name in names:
        run = Run(options.predictions / name)
        for method in ("mean", "linear"):
            one = found[name, method] = measured(run, method)
            cells = [f"{one[key]:.2f}" for key in ("accuracy", "wanted", "others")]
            cells += [f"{one[key]:.4f}" for key in ("unedited", "darker", "edited", "best")]
            cells += [f"{one[key]:+.2f}" for key in ("skin", "drawn")]
            print(f"| `{name}`, {method} | {' | '.join(cells)} |", flush=True)
    (name, method), best = min(found.items(), key=lambda item: item[1]["edited"])
    print(f"\n{best['pairs']} pairs of validation images; shown: {name}, {method}.")
    labels = ["light", *(f"+ {step:g} of dark" if step else "decoded" for step in _STEPS), "dark"]
    figure = plot_image_rows(
        best["images"], "Light skin to dark", (
            f"{name}: people that training never saw, evenly spaced; one step is the difference of "
            f"the mean codes",
            "top: the image; bottom: the same emoji drawn dark by its designers",
        ), labels=labels,
    )  # fmt: skip
    save_figure(ROOT / "images" / "gallery" / "skin_tone.png", figure)


if __name__ == "__main__":
    main()
