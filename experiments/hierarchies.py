"""Hierarchies on binary MNIST: how well they do, and which of their layers live.

    python study.py hierarchies              trains the runs, restartable
    python study.py hierarchies-long         the deepest and their rivals, five times as long
    python experiments/hierarchies.py        measures what is trained and not measured yet

After Sonderby et al. 2016 (Fig. 3 and 4), who train wider networks for 2,000 epochs: a plain
hierarchy of 1, 2 and 5 layers, with batch normalization, with warm-up of the KL weight, and the
ladder. log p(x) of test images is estimated by importance sampling; KL and active latents (more
than 0.01 nats) of each layer are from the last validation. For models with one and two layers, a
flow is fitted to the codes of the top layer, as a prior in the place of N(0, I). Results are in
experiments/hierarchies.json; once all runs are there, the picture is drawn anew
(images/gallery/hierarchies.png). Rows of the longer runs are in experiments/hierarchies_long.json.
Rows of the same runs with Glorot's weights and a constant rate are kept in
experiments/hierarchies_before.json.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from done_runs import done_run  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from scipy import stats  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import data, metrics  # noqa: E402
from vae_tf.plots.page import BLUE, FAINT, ORANGE, SKY  # noqa: E402
from vae_tf.plots.saving import save_figure  # noqa: E402
from vae_tf.priors.code_flow import fit_flow  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

RESULTS = Path(__file__).with_suffix(".json")
# Study -> where its rows are.
STUDIES = {
    "hierarchies": RESULTS,
    "hierarchies-long": RESULTS.with_name("hierarchies_long.json"),
}
KINDS = {
    "hierarchical": "plain",
    "hierarchical-BN": "batch normalization",
    "hierarchical-BN-WU": "and warm-up",
    "ladder": "ladder",
}
_IMAGES = 50_000  # for training, of MNIST's 60,000
# Nats that a learned prior of the top layer would gain, for models of one and two layers.
_GAIN, _MOST_LAYERS, _FLOW_STEPS = "gain_of_a_learned_prior", 2, 5_000
_COLORS = dict(zip(KINDS, (FAINT, SKY, BLUE, ORANGE), strict=True))
_MARKS = dict(zip(KINDS, "sov^", strict=True))


def measure(run: Run, options) -> dict:
    """Measures a run on test images, and reads what its layers hold from its log."""
    test = data.load("mnist_binary", "test")
    images = test.images(np.arange(min(options.images, len(test))))
    run.model.seed_generator.state.assign([0, 0])
    values, effective = metrics.importance_estimates(
        run.model, images, options.samples, progress=True
    )
    log = run.history
    last = np.flatnonzero(np.isfinite(log["val_kl"]))[-1]
    layers = range(1, len(run.model.layer_sizes) + 1)
    return {
        "steps": run.details["step"],
        "epochs": run.details["step"] * run.params.batch_size / _IMAGES,
        "num_images": len(images),
        "num_samples": options.samples,
        "negative_log_likelihood": -float(values.mean()),
        "error": float(values.std(ddof=1) / np.sqrt(len(values))),
        "effective_samples": float(effective.mean()),
        "negative_elbo": -float(log["val_elbo"][last]),
        # From below, nats per image and latents of a layer's.
        "kl": [float(log[f"val_kl_{layer}"][last]) for layer in layers],
        "active": [float(log[f"val_active_{layer}"][last]) for layer in layers],
        "latents": list(run.model.layer_sizes),
    }


def gain_of_a_learned_prior(run: Run) -> float:
    """Nats per test image by which a flow fits codes of the top layer better than N(0, I) does.

    With these posteriors, the -ELBO would be lower by so much with the flow as prior of the top
    layer. More layers above it are a prior for it, too.
    """
    model, codes = run.model, {}
    size = model.layer_sizes[-1]
    for split in ("train", "test"):
        images = data.load("mnist_binary", split)
        parts = np.array_split(np.arange(len(images)), len(images) // 1_000)
        batches = ({"image": images.images(part)} for part in parts)
        codes[split] = np.concatenate([np.array(model(each).z)[:, :size] for each in batches])
    flow = fit_flow(codes["train"], steps=_FLOW_STEPS)
    normal = stats.norm.logpdf(codes["test"]).sum(axis=1)
    return float((flow.log_prob(codes["test"]) - normal).mean())


def table_of_priors() -> str:
    """Gains of a flow in the place of N(0, I) as Markdown."""
    lines = ["| run | layers | steps | gain, nats |", "| --- | --- | --- | --- |"]
    for path in STUDIES.values():
        for name, record in json.loads(path.read_text()).items():
            if _GAIN in record:
                layers = len(record["latents"])
                lines.append(f"| `{name}` | {layers} | {record['steps']:,} | {record[_GAIN]:.2f} |")
    return "\n".join(lines)


def table(records: dict[str, dict]) -> str:
    """The table as Markdown."""
    lines = [
        "| run | -log p(x), nats | -ELBO, nats | KL per layer, from below | active latents |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, record in records.items():
        active = zip(record["active"], record["latents"], strict=True)
        lines.append(
            f"| `{name}` | {record['negative_log_likelihood']:.2f} ± {record['error']:.2f} | "
            f"{record['negative_elbo']:.2f} | {', '.join(f'{kl:.2f}' for kl in record['kl'])} | "
            f"{', '.join(f'{used:.0f} of {size}' for used, size in active)} |"
        )
    return "\n".join(lines)


def _parts(name: str) -> tuple[str, int]:
    kind, _, depth = name.rpartition("-")
    return kind, int(depth)


def picture(records: dict[str, dict]) -> Figure:
    """Likelihood against depth, and the active latents of each layer of the deepest models."""
    figure = Figure((10, 4.2), layout="constrained")
    likelihoods, active = figure.subplots(1, 2, width_ratios=(2, 3))
    depths = sorted({_parts(name)[1] for name in records})
    for kind, label in KINDS.items():
        found = sorted((_parts(name)[1], record) for name, record in records.items()
                       if _parts(name)[0] == kind)  # fmt: skip
        # Without the error over images, which are the same for all.
        likelihoods.plot(
            [depths.index(depth) for depth, _ in found],
            [-record["negative_log_likelihood"] for _, record in found],
            color=_COLORS[kind], marker=_MARKS[kind], markersize=6, label=label,
        )  # fmt: skip
    likelihoods.set_xticks(range(len(depths)), map(str, depths))
    likelihoods.set_xlabel("stochastic layers")
    likelihoods.set_ylabel("log p(x) of test images, nats")

    deepest = {kind: records[f"{kind}-{depths[-1]}"] for kind in KINDS
               if f"{kind}-{depths[-1]}" in records}  # fmt: skip
    width = 0.8 / len(deepest)
    for index, (kind, record) in enumerate(deepest.items()):
        places = np.arange(len(record["active"])) + (index - (len(deepest) - 1) / 2) * width
        bars = active.bar(places, record["active"], width * 0.9, color=_COLORS[kind])
        active.bar_label(bars, fmt="%.0f", fontsize=8)
    sizes = next(iter(deepest.values()))["latents"]
    active.set_xticks(
        range(len(sizes)), [f"layer {k}\nof {size}" for k, size in enumerate(sizes, 1)]
    )
    figure.legend(*likelihoods.get_legend_handles_labels(), loc="outside upper center", ncols=4,
                  frameon=False)  # fmt: skip
    active.set_ylabel(f"active latents of {depths[-1]} layers")
    for axes in (likelihoods, active):
        axes.grid(axis="y", color=FAINT, linewidth=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def main():
    """Measures what is not measured yet, prints the table and draws the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=5_000, help="of the posterior, an image")
    parser.add_argument("--images", type=int, default=1_000, help="of the test split")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    for study, path in STUDIES.items():
        records = measured(study, path, options)
        if study == "hierarchies" and len(records) == len(presets.STUDIES[study].points()):
            save_figure(ROOT / "images" / "gallery" / "hierarchies.png", picture(records))
        if records:
            print(table(records))


def measured(study: str, path: Path, options) -> dict[str, dict]:
    """Rows of a study in the order of its runs; measures the runs that are done and new."""
    records = json.loads(path.read_text()) if path.exists() else {}
    names = [point.name for point in presets.STUDIES[study].points()]
    for name in names:
        record = records.get(name, {})
        missing = not record or _GAIN not in record and len(record["latents"]) <= _MOST_LAYERS
        run = done_run(options.predictions / study / name) if missing else None
        if run:
            record = record or measure(run, options)
            if len(record["latents"]) <= _MOST_LAYERS:
                record[_GAIN] = gain_of_a_learned_prior(run)
            records[name] = record
            records = {each: records[each] for each in names if each in records}
            write_text(path, json.dumps(records, indent=1) + "\n")
        elif not record:
            print(f"{name}: not trained. Train it: python study.py {study}", file=sys.stderr)
    return records


if __name__ == "__main__":
    main()
