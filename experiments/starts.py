"""Effects of initial weights: scales at step 0 by layer, and the length of the plateau.

    python experiments/starts.py            measures, trains and draws; restartable, row by row
    python experiments/starts.py --table    from the rows that are committed

Networks are from three presets, with every start of `Params.initializer`, each with its output
biases at the mean image and at the initializer's own. On a plateau the loss equals the loss of
the best decoder that ignores z, `collapsed_loss`.
Rows are kept in experiments/starts.csv, the scales by layer in experiments/starts_layers.csv.
"""

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vae_tf.process import scripts  # first, see there  # noqa: E402, F401

# isort: split
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from csv_rows import add_rows, read_rows  # noqa: E402

import params as presets  # noqa: E402
import vae_tf  # noqa: E402
from vae_tf.config import Params, replace  # noqa: E402
from vae_tf.models.template.build import build_model  # noqa: E402
from vae_tf.models.template.output_bias import begin_at_mean  # noqa: E402
from vae_tf.networks.specs import INITIALIZERS  # noqa: E402
from vae_tf.plots.page import BLUE, INK, MARGIN, ORANGE, SKY, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.presets.emoji import unclipped  # noqa: E402
from vae_tf.presets.sprites import by_adam  # noqa: E402
from vae_tf.runs.folder import load_data  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
LAYERS = Path(__file__).with_name("starts_layers.csv")
PICTURE = ROOT / "images" / "gallery" / "starts.png"

STEPS = 1_000
WINDOW = 50  # steps over which the loss is averaged
LEFT = 0.9  # the plateau ends where the loss is below this part of the collapsed loss
# Preset -> learning rate. MNIST-VAE at the rate at which it collapsed from Glorot's weights.
PRESETS = {"sprites-VAE": 1e-3, "MNIST-VAE": 2e-3, "emoji-VAE": 5e-4}
BIASES = ("mean", "initializer")
KEY = ("preset", "initializer", "output_bias", "seed")
COLUMNS = (*KEY, "output_stddev", "collapsed_loss", "plateau", "loss", "dead")


def settings(preset: str, initializer: str, output_bias: str, seed: int) -> Params:
    """The run of a row."""
    return replace(
        unclipped(by_adam(presets.RUNS[preset])),
        initializer=initializer,
        output_bias=output_bias,
        seed=seed,
        learning_rate=PRESETS[preset],
        steps=STEPS,
        log_every=10,
        sample_steps=(),
        patience=None,
        **dict.fromkeys(("sample_every", "checkpoint_every", "validate_every"), STEPS),
    )


def initial_model(params: Params, images):
    """The model of a run before its first step."""
    model = build_model(params, images.image_shape, len(images), images.num_classes)
    if params.output_bias == "mean":
        begin_at_mean(model, images)
    return model


def activated(network: keras.Model) -> dict[str, object]:
    """Output of each layer with weights, behind its activation, by the layer's name."""
    outputs = {}
    for layer in network.layers:
        if layer.weights:
            outputs[layer.name] = layer.output
        elif isinstance(layer, keras.layers.Activation):
            outputs[layer.name.removesuffix("_activation")] = layer.output
    return outputs


def spread_over_rows(values) -> float:
    """Root mean square over units of the standard deviation over images, or latents."""
    return float(np.sqrt(np.var(np.array(values, np.float64), axis=0).mean()))


def scales(model, x: np.ndarray) -> list[tuple[str, float, float]]:
    """Layer, standard deviation of its activations over the batch, and of its kernel's gradient."""
    z = np.random.default_rng(0).standard_normal((len(x), model.latent_size)).astype("float32")
    found = []
    with tf.GradientTape() as tape:
        loss = model.compute_terms({"image": tf.constant(x)}, True)["loss"]
    # Not by their paths: both networks have a layer of one name.
    kernels = {id(v): v for v in model.trainable_variables if v.name == "kernel"}
    found_gradients = tape.gradient(loss, [v.value for v in kernels.values()])
    gradients = dict(zip(kernels, found_gradients, strict=True))
    for network, rows in ((model.encoder, x), (model.decoder, z)):
        outputs = activated(network)
        values = keras.Model(network.input, list(outputs.values()))(rows)
        for name, value in zip(outputs, values, strict=True):
            gradient = float(np.std(gradients[id(network.get_layer(name).kernel)]))
            found.append((f"{network.name}/{name}", spread_over_rows(value), gradient))
    return found


def dead_units(model, x: np.ndarray) -> float:
    """Part of the decoder's hidden units that are 0, or below, for every image."""
    hidden = list(activated(model.decoder).values())[:-1]
    values = keras.Model(model.decoder.input, hidden)(model.encode(x)[0])
    values = values if isinstance(values, list) else [values]
    # For a convolution a unit is a filter: where it draws anything for any image, it is alive.
    highest = [np.array(value).reshape(-1, value.shape[-1]).max(axis=0) for value in values]
    return float(np.mean(np.concatenate(highest) <= 0))


def step_zero(params: Params) -> tuple[list[dict], float]:
    """Rows of scales by layer, and the collapsed loss."""
    images = load_data(params, "train")
    model = initial_model(params, images)
    found = scales(model, images.images(np.arange(256)))
    rows = [
        {"layer": name, "activations": f"{activation:.4g}", "gradients": f"{gradient:.4g}"}
        for name, activation, gradient in found
    ]
    x = images.images(images.evenly_spaced(2_000))
    return rows, float(model.likelihood.collapsed(x).mean())


def trained(params: Params, floor: float) -> dict:
    """Result of a training of `STEPS` steps; the plateau is at the loss `floor`."""
    with tempfile.TemporaryDirectory() as folder:
        run = vae_tf.train(params, Path(folder) / "run")
        history = run.history
        dead = dead_units(run.model, run.data.images(np.arange(256)))
    averaged = np.convolve(-history["elbo"], np.ones(WINDOW // 10) * 10 / WINDOW, mode="valid")
    left = np.flatnonzero(averaged < LEFT * floor)
    return {
        "collapsed_loss": f"{floor:.2f}",
        "plateau": int(history["step"][left[0]]) if len(left) else "",
        "loss": f"{averaged[-1]:.2f}",
        "dead": f"{dead:.3f}",
    }


def has(path: Path, key: dict) -> bool:
    """Whether a table has rows of a key."""
    return any(all(row[name] == str(key[name]) for name in KEY) for row in read_rows(path))


def measure(seeds: int):
    """Measures what is missing in the tables."""
    every = itertools.product(range(seeds), PRESETS, INITIALIZERS, BIASES)
    for seed, preset, initializer, output_bias in every:
        key = dict(zip(KEY, (preset, initializer, output_bias, seed), strict=True))
        if has(LAYERS, key) and has(ROWS, key):
            continue
        params = settings(preset, initializer, output_bias, seed)
        layers, floor = step_zero(params)
        if not has(LAYERS, key):
            columns = (*KEY, "layer", "activations", "gradients")
            add_rows(LAYERS, columns, [key | layer for layer in layers])
        if not has(ROWS, key):
            stddev = {"output_stddev": layers[-1]["activations"]}
            row = key | stddev | trained(params, floor)
            add_rows(ROWS, COLUMNS, [row])
            print(row, flush=True)


def table(rows: list[dict]) -> str:
    """The table as Markdown: plateaus of all seeds."""
    lines = [
        "| preset | initializer | output bias | stddev of the output over z | plateau, steps | "
        f"loss at {STEPS:,} | dead units |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        groups.setdefault(tuple(row[c] for c in COLUMNS[:3]), []).append(row)
    for key, each in groups.items():
        cells = [
            ", ".join(row[column] or f"over {STEPS:,}" for row in each)
            for column in ("output_stddev", "plateau", "loss", "dead")
        ]
        lines.append(f"| {' | '.join((*key, *cells))} |")
    return "\n".join(lines)


STARTS = {"glorot": ORANGE, "torch": "#cc79a7", "lecun": SKY, "he": BLUE}


def picture(rows: list[dict], layers: list[dict]):
    """Scales by layer, a panel a network, and beside each what became of the start."""
    width, across, height, down = 340, 90, 200, 120
    page = Page(
        3 * width + 2 * across + 40,
        len(PRESETS) * (height + down),
        "Initial weights, layer by layer, and the plateau after them",
        (
            "Step 0, from the left: standard deviation of each layer's output over 256 images "
            "(encoder) or latents (decoder), and of the gradient of its kernel.",
            "Right: steps until the loss is 10 % below the mean image's loss "
            "(bars to the end: not reached). Seed 0.",
        ),
    )
    for place, preset in enumerate(PRESETS):
        top = page.top + 30 + place * (height + down)
        panels = []
        for index, (column, title) in enumerate(
            (("activations", preset), ("gradients", "gradients"))
        ):
            left = MARGIN + 60 + index * (width + across - 20)
            axes = page.chart(left, top, width, height, title=title, xlabel="", ylabel="")
            names: list[str] = []
            for name, color in STARTS.items():
                mine = [
                    row
                    for row in layers
                    if (row["preset"], row["initializer"], row["output_bias"], row["seed"])
                    == (preset, name, "mean", "0")
                ]
                names = [row["layer"].partition("/")[2] for row in mine] or names
                axes.plot([float(row[column]) for row in mine], "o-", color=color, label=name)
            axes.set_yscale("log")
            axes.set_xticks(range(len(names)), names, rotation=35, ha="right")
            panels.append(axes)
        panels[0].set_ylim(2e-4, 2)
        bars = page.chart(
            MARGIN + 60 + 2 * (width + across) + 30, top, width - 110, height,
            title="plateau", xlabel="steps", ylabel="",
        )  # fmt: skip
        keys = [(name, bias) for name in STARTS for bias in reversed(BIASES)]
        for index, (name, bias) in enumerate(keys):
            found = [
                row["plateau"]
                for row in rows
                if (row["preset"], row["initializer"], row["output_bias"], row["seed"])
                == (preset, name, bias, "0")
            ]
            if found:
                bars.barh(index, float(found[0] or STEPS), color=STARTS[name], height=0.7)
        words = {"mean": "mean image", "initializer": "bias 0"}
        bars.set_yticks(
            range(len(keys)),
            [f"{name}, {'own bias' if name == 'torch' and b != 'mean' else words[b]}"
             for name, b in keys],
        )  # fmt: skip
        bars.set_xlim(0, STEPS)
        if not place:
            lines = panels[0].get_lines()
            bars.legend(handles=lines, loc="center right", fontsize=points(12), frameon=False)
        for each in (*panels, bars):
            each.tick_params(labelsize=points(11), colors=INK)
    return page.figure


def main():
    """Measures what is missing, prints the table and draws the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="train nothing")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    if not options.table:
        measure(options.seeds)
    print(table(read_rows(ROWS)))
    save_figure(PICTURE, picture(read_rows(ROWS), read_rows(LAYERS)))


if __name__ == "__main__":
    main()
