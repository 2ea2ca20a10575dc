"""Value of an encoder that was trained without labels: `python experiments/label_curve.py`.

Test error on MNIST against the number of labels, 10 to 3,000, the same number per digit, over
seeds:

- a linear and a nearest-neighbor classifier of the codes of a run;
- its encoder fine-tuned: its hidden layers, and a new layer of ten logits on top;
- the same network from random weights.

The last two see the same labels in the same batches. Penalty, neighbors, learning rate and the step
to stop at have the least error on the run's 5,000 validation images, by which the
classifiers see more labels than they learn from, all alike; test images choose nothing.

Errors are written to experiments/label_curve.json, the picture to images/gallery/label_curve.png.
Restartable: a point that is there is not computed again.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vae_tf.process.quiet_tensorflow import import_tensorflow  # noqa: E402

import_tensorflow()

import functools  # noqa: E402
import json  # noqa: E402

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402

from vae_tf.data.labels import with_few_labels  # noqa: E402
from vae_tf.models.template.codes import encode_images  # noqa: E402
from vae_tf.networks.builders import build_trunk  # noqa: E402
from vae_tf.plots.page import CLASSES, MARGIN, Page, points  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.runs import Run, load_data  # noqa: E402
from vae_tf.scores.classifiers import fit_logistic  # noqa: E402
from vae_tf.scores.probes import NEIGHBORS, PENALTIES  # noqa: E402

LABELS = (10, 30, 100, 300, 1_000, 3_000)
METHODS = {
    "linear": "linear probe on codes",
    "neighbor": "nearest neighbors of codes",
    "fine-tuned": "encoder, fine-tuned",
    "scratch": "same network, random weights",
}
_RATES = (1e-3, 1e-4)
_STEPS = (25, 50, 100, 200, 400, 800)  # at which training may have stopped
_BATCH = 64


class Bench:
    """A run, labeled images to learn from, to choose by and to test on, and one network for all.

    Args:
        run: A run whose encoder is a VAE's.
    """

    def __init__(self, run: Run):
        self.run = run
        held_out = (run.validation_data, load_data(run.params, "test"))
        self.held_out = [(images.images(range(len(images))), images.labels) for images in held_out]
        codes = run.training_codes[1]
        self._center, self._scale = codes.mean(axis=0), codes.std(axis=0)
        self._network = self._built(0)
        self._network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def point(self, method: str, count: int, seed: int) -> dict:
        """Test error with what was chosen on validation images.

        Args:
            method: One of `METHODS`.
            count: Labels to learn from.
            seed: Seed of which they are, of weights and of batches.
        """
        few = with_few_labels(self.run.data, count, seed)
        rows = np.flatnonzero(few.labels >= 0)
        x, y = few.images(rows), few.labels[rows]
        if method in ("linear", "neighbor"):
            return self._probe(method, self._standardized(x), y)
        return self._trained(x, y, seed, copied=method == "fine-tuned")

    # --- probes ---

    def _standardized(self, x):
        codes = encode_images(self.run.model, lambda rows: x[rows], np.arange(len(x)))[0]
        return (codes - self._center) / self._scale

    @functools.cached_property
    def _held_out_codes(self):
        return [(self._standardized(x), labels) for x, labels in self.held_out]

    def _probe(self, method, codes, y):
        def predict_of(choice):
            if method == "linear":
                return fit_logistic(codes, y, C=choice).predict
            return KNeighborsClassifier(choice).fit(codes, y).predict

        found = []
        for choice in PENALTIES if method == "linear" else NEIGHBORS:
            if method == "linear" or choice <= len(y):
                predict = predict_of(choice)
                errors = [np.mean(predict(z) != labels) for z, labels in self._held_out_codes]
                found.append((*map(float, errors), {"C" if method == "linear" else "k": choice}))
        return _chosen(found)

    # --- networks ---

    def _built(self, seed) -> keras.Model:
        params = self.run.params
        trunk = build_trunk(
            params.encoder, self.run.model.image_shape, activation=params.activation, seed=seed
        )
        start = keras.initializers.GlorotUniform(seed=1000 * seed + 999)
        classes = self.run.data.num_classes
        logits = keras.layers.Dense(classes, kernel_initializer=start, name="logits")
        return keras.Model(trunk.input, logits(trunk.output))

    def _trained(self, x, y, seed, *, copied):
        network, (validation, test), found = self._network, self.held_out, []
        for rate in _RATES:
            fresh = self._built(seed)
            if copied:
                for layer in fresh.layers[1:-1]:
                    layer.set_weights(self.run.model.encoder.get_layer(layer.name).get_weights())
            network.set_weights(fresh.get_weights())
            for variable in network.optimizer.variables:
                variable.assign(np.zeros(variable.shape))
            network.optimizer.learning_rate = rate
            best = (2.0, None, None)
            for step, rows in enumerate(_batches(len(y), seed), 1):
                network.train_on_batch(x[rows], y[rows])
                if step in _STEPS and (error := self._error(*validation)) < best[0]:
                    best = error, step, network.get_weights()
            network.set_weights(best[2])
            found.append((best[0], self._error(*test), {"learning_rate": rate, "steps": best[1]}))
        return _chosen(found)

    def _error(self, x, labels) -> float:
        parts = [self._network.predict_on_batch(part) for part in np.split(x, len(x) // 1_000)]
        return float(np.mean(np.concatenate(parts).argmax(axis=1) != labels))


def _batches(count, seed):
    """Rows of one batch after another, as many as the last of `_STEPS`: epochs end to end."""
    rng = np.random.default_rng(seed)
    epochs = -(-_STEPS[-1] * _BATCH // count)
    order = np.concatenate([rng.permutation(count) for _ in range(epochs)])
    return order[: _STEPS[-1] * _BATCH].reshape(-1, _BATCH)


def _chosen(found) -> dict:
    validation, test, choice = min(found, key=lambda each: each[0])
    return {"error": round(test, 5), "validation_error": round(validation, 5), **choice}


def of(results: dict, method: str, count: int) -> np.ndarray:
    """Test errors of all seeds that are there, in percent."""
    name = f"{method} {count} "
    return 100 * np.array([v["error"] for key, v in results.items() if key.startswith(name)])


def table(results: dict) -> str:
    """Errors in Markdown, mean and standard deviation over seeds, in percent."""
    head = "| test error, % | " + " | ".join(f"{count:,}" for count in LABELS) + " |"
    lines = [head, "| --- |" + " --- |" * len(LABELS)]
    for method, words in METHODS.items():
        errors = [of(results, method, count) for count in LABELS]
        cells = [f"{e.mean():.1f} ({e.std(ddof=1):.1f})" if len(e) > 1 else "" for e in errors]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines)


def curve(results: dict, run: str, seeds: int) -> Figure:
    """Draws the error of each method against the labels: a dot a seed, a line through the means."""
    notes = (
        f"{run}, seeds 0 to {seeds - 1}; settings chosen on 5,000 validation images",
        "a dot a seed, lines through the means; both axes logarithmic",
    )
    page = Page(870, 380, "Need for labels: error on MNIST's test images", notes)
    axes = page.chart(
        MARGIN + 60, page.top + 10, 560, 330, xlabel="labels", ylabel="test error, %"
    )  # fmt: skip
    for color, (method, words) in zip(CLASSES[::2], METHODS.items(), strict=False):
        errors = {count: of(results, method, count) for count in LABELS}
        errors = {count: error for count, error in errors.items() if len(error)}
        for count, error in errors.items():
            axes.scatter([count] * len(error), error, color=color, s=12, alpha=0.7, linewidths=0)
        means = [error.mean() for error in errors.values()]
        axes.plot(list(errors), means, color=color, linewidth=1.6, label=words)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(LABELS, [f"{count:,}" for count in LABELS])
    ticks = [t for t in (2, 3, 5, 10, 20, 30, 50) if axes.get_ylim()[0] <= t <= axes.get_ylim()[1]]
    axes.set_yticks(ticks, map(str, ticks))
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=points(13), loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return page.figure


def main():
    """Computes what is missing, draws and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", default="MNIST-VAE-dense", help="a run on MNIST")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of each point (default: 3)")
    parser.add_argument("--threads", type=int, help="threads of TensorFlow (default: all cores)")
    options = parser.parse_args()
    if options.threads:
        tf.config.threading.set_intra_op_parallelism_threads(options.threads)
        tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    store = Path(__file__).with_suffix(".json")
    stored = json.loads(store.read_text()) if store.exists() else {}
    results = stored.setdefault(options.run, {})
    keys = [(m, n, seed) for seed in range(options.seeds) for m in METHODS for n in LABELS]
    bench = None
    for method, count, seed in keys:
        if f"{method} {count} {seed}" in results:
            continue
        bench = bench or Bench(Run(options.predictions / options.run))
        point = results[f"{method} {count} {seed}"] = bench.point(method, count, seed)
        write_text(store, json.dumps(stored, indent=1) + "\n")
        print(f"{method} {count} {seed}: {point}", flush=True)
    picture = ROOT / "images" / "gallery" / "label_curve.png"
    save_figure(picture, curve(results, options.run, options.seeds))
    print(table(results))


if __name__ == "__main__":
    main()
