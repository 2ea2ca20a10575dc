"""A direction that changes the skin tone of emoji: `python experiments/skin_tone.py`.

For each run of `RUNS`, the difference of the mean codes of people of dark and of light skin among
the training images (and the normal of a linear classifier of the two). Measured on people whom
training never saw: what one step changes in the probability of dark skin, and of the groups of
emoji, by classifiers of decoded images; how far the edited image of a light person is from the
same person drawn dark, in the squared error of a pixel, beside the unedited image, the same made
darker as a whole, as much as suits the answer best, and the model's own image of the dark person;
and how much lighter the pixels become that are skin, and others that are not white. `way` is the
part of the way that an edit comes, from the error of the unedited image to the error of the model's
own dark image. Its interval is a bootstrap of the people, 95 %; it knows nothing of other
trainings.

Rows are written to experiments/skin_tone.csv; `python experiments/tables.py` makes the table. The
picture goes to images/gallery/skin_tone.png. It is of the run whose edited images are nearest to
the answers, the best of all rows.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

import numpy as np  # noqa: E402
from csv_rows import read_rows, write_rows  # noqa: E402

from vae_tf.analysis.attributes import NamedDirection, attribute_directions  # noqa: E402
from vae_tf.analysis.edits import image_classifiers  # noqa: E402
from vae_tf.plots.image_figures import plot_image_rows  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.scores.directions import direction, edit_scores  # noqa: E402

NAME = "skin tone dark"
# All shipped runs of emoji, except weights of 1,000 and 10,000, which collapsed.
RUNS = (
    *("emoji-VAE", "emoji-10-Beta-VAE", "emoji-100-Beta-VAE"),
    "emoji-KLD_Anneal_2000_steps-10-Beta-VAE",
    "emoji-KLD_Decrease_2000_steps-100to1-Beta-VAE",
    "emoji-KLD_Decrease_5000_steps-10000to1-Beta-VAE",
)
ROWS = Path(__file__).with_suffix(".csv")
PICTURE = ROOT / "images" / "gallery" / "skin_tone.png"
COLUMNS = (
    *("run", "method", "pairs", "accuracy", "wanted", "others", "unedited", "darker", "edited"),
    *("best", "way", "way_low", "way_high", "skin", "drawn"),
)
_STEPS = (0.0, 0.5, 1.0, 1.5)
_NUM_SHOWN = 8
_HEADS = (
    *("run", "direction", "accuracy of a classifier", "change: dark skin"),
    *("largest change of a group of emoji", "unedited", "made darker", "edited", "own image"),
    *("way, %", "change of skin pixels", "change of other pixels"),
)
_METHODS = {"mean": "means", "linear": "normal"}  # -> what the table calls them
_NUM_RESAMPLES = 10_000


def tones(images):
    """Rows of light and of dark people, in the same order of names: pairs that differ in tone."""
    names, values = images.attribute_names["skin_tone"], images.attributes["skin_tone"]
    return [np.flatnonzero(values == names.index(tone)) for tone in ("light", "dark")]


def measured(run: Run, method: str) -> tuple[dict, np.ndarray]:
    """The row of a direction, and `[7, shown, H, W, C]` images that show it."""
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
    errors = {
        name: np.square(images - dark).mean(axis=(1, 2, 3))
        for name, images in (
            ("unedited", unedited),
            ("edited", edited),
            ("best", run.model.reconstruct(dark)),
        )
    }
    error = {name: float(each.mean()) for name, each in errors.items()}
    error["darker"] = min(
        float(np.square(share * unedited - dark).mean()) for share in np.linspace(0.3, 1, 71)
    )
    found = edit_scores(before, after, NAME)
    way, low, high = part_of_the_way(**errors)
    numbers = error | {
        "accuracy": classifiers.accuracy[NAME], "wanted": found.wanted,
        "others": max(found.others.values()), "way": way, "way_low": low, "way_high": high,
        "skin": lighter[skin].mean(), "drawn": lighter[drawn].mean(),
    }  # fmt: skip
    row = {"run": run.name, "method": method, "pairs": len(light)}
    row |= {name: f"{value:.4f}" for name, value in numbers.items()}
    shown = np.linspace(0, len(light) - 1, _NUM_SHOWN).astype(int)
    return row, np.stack([images[shown] for images in (light, *steps, dark)])


def part_of_the_way(
    unedited: np.ndarray, edited: np.ndarray, best: np.ndarray
) -> tuple[float, float, float]:
    """The part of the avoidable error that an edit avoids, and its 95 % interval.

    Args:
        unedited: `[N]` errors of the images before the edit.
        edited: `[N]` errors after it.
        best: `[N]` errors of the model's own images of the answers.

    Returns:
        The part, and the 2.5th and 97.5th percentile over resamples of the N.
    """
    draws = np.random.default_rng(0).integers(len(edited), size=(_NUM_RESAMPLES, len(edited)))
    gained, avoidable = unedited - edited, unedited - best
    parts = gained[draws].mean(axis=1) / avoidable[draws].mean(axis=1)
    return (float(gained.mean() / avoidable.mean()), *map(float, np.percentile(parts, (2.5, 97.5))))


def table() -> str:
    """The rows as Markdown."""
    lines = [f"| {' | '.join(_HEADS)} |", f"|{' --- |' * len(_HEADS)}"]
    for row in read_rows(ROWS):
        cells = [f"`{row['run']}`", _METHODS[row["method"]]]
        cells += [f"{float(row[name]):.2f}" for name in ("accuracy", "wanted", "others")]
        cells += [row[name] for name in ("unedited", "darker", "edited", "best")]
        way = (round(100 * float(row[name])) for name in ("way", "way_low", "way_high"))
        cells.append("{} ({} to {})".format(*way))
        cells += [f"{float(row[name]):+.2f}" for name in ("skin", "drawn")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(row: dict, images: np.ndarray):
    """Draws the edits of a row, `[7, shown, H, W, C]` images."""
    part, low, high = (100 * float(row[name]) for name in ("way", "way_low", "way_high"))
    labels = ["light", *(f"+ {step:g} of dark" if step else "decoded" for step in _STEPS), "dark"]
    figure = plot_image_rows(
        images, "Light skin to dark", (
            f"{row['run']}: drawings that training never saw, evenly spaced; one step is the "
            "difference of the mean codes",
            f"the smallest error of {len(RUNS)} runs: {part:.0f} % of the way to the model's own "
            f"dark image (95 % interval of {row['pairs']} people: {low:.0f} to {high:.0f})",
            "top: the image; bottom: the same emoji drawn dark by its designers",
        ), labels=labels,
    )  # fmt: skip
    save_figure(PICTURE, figure)


def main():
    """Measures all runs, writes the rows and draws the best."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    runs = [Run(options.predictions / name) for name in RUNS]
    found = [measured(run, method) for run in runs for method in _METHODS]
    rows = [row for row, _ in found]
    write_rows(ROWS, COLUMNS, rows)
    best, images = min(found, key=lambda each: float(each[0]["edited"]))
    draw(best, images)


if __name__ == "__main__":
    main()
