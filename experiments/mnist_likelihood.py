"""Log-likelihoods on binary MNIST: `python experiments/mnist_likelihood.py`.

Takes the runs of the study `likelihoods` and estimates log p(x) of the test images by
importance sampling, next to the values of Burda et al. (ICLR 2016, Table 1; one stochastic layer).
They trained for 3,280 epochs of 59,600 images with a falling learning rate, and measured with 5,000
samples; here it is 50,000 images and what `--steps` and `--samples` say. Training draws the pixels
anew whenever an image is seen, as theirs; test images are one fixed draw each, the same for every
run and version.

The study `likelihoods` trains them: `python study.py likelihoods`; `python train.py NAME
--predictions predictions/likelihoods` trains one with the steps of its preset. Restartable: what is
measured is skipped. Results are one JSON file a run in experiments/mnist_likelihood/.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from done_runs import done_run  # noqa: E402
from published_numbers import published_texts  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import data, metrics  # noqa: E402
from vae_tf.process.files.saving import write_text  # noqa: E402
from vae_tf.runs import Run  # noqa: E402

RESULTS = Path(__file__).with_suffix("")
STUDY = "likelihoods"
NAMES = list(presets.STUDIES[STUDY].runs)
PUBLISHED = published_texts("mnist_likelihood")  # -log p(x), nats


def measure(run: Run, options) -> dict:
    """Measures a run on test images."""
    test = data.load("mnist_binary", "test")
    images = test.images(np.arange(min(options.images, len(test))))
    run.model.seed_generator.state.assign([0, 0])
    values, effective = metrics.importance_estimates(
        run.model, images, options.samples, progress=True
    )
    bound = metrics.log_likelihood(run.model, images, 1)
    return {
        "run": run.path.name,
        "steps": run.details["step"],
        "seed": run.params.seed,
        "num_images": len(images),
        "binarization": test.binarization,
        "num_samples": options.samples,
        "negative_log_likelihood": -float(values.mean()),
        "error": float(values.std(ddof=1) / np.sqrt(len(values))),
        "effective_samples": float(effective.mean()),
        "negative_elbo": -float(bound.mean()),
    }


def table(records: list[dict]) -> str:
    """The table as Markdown."""
    lines = [
        "| run | steps | -log p(x), nats | -ELBO, nats | published -log p(x) |",
        "| --- | --- | --- | --- | --- |",
    ]
    for record in records:
        published = PUBLISHED.get(record["run"].removesuffix("-long"), "")
        lines.append(
            f"| `{record['run']}` | {record['steps']:,} | "
            f"{record['negative_log_likelihood']:.2f} ± {record['error']:.2f} | "
            f"{record['negative_elbo']:.2f} | {published} |"
        )
    return "\n".join(lines)


def main():
    """Measures what is not measured yet and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="RUN", help=f"some of {', '.join(NAMES)}")
    parser.add_argument("--samples", type=int, default=1_000, help="of the posterior, an image")
    parser.add_argument("--images", type=int, default=10_000, help="of the test split")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"Expected runs of {', '.join(NAMES)}. Received: {', '.join(unknown)}")
    RESULTS.mkdir(exist_ok=True)
    records = []
    for name in options.names or NAMES:
        run = done_run(options.predictions / STUDY / name)
        steps = run.details["step"] if run else presets.STUDIES[STUDY].runs[name].steps
        sizes = f"{steps}-steps-{options.images}-images-{options.samples}-samples"
        path = RESULTS / f"{name}-{sizes}.json"
        if run and not path.exists():
            write_text(path, json.dumps(measure(run, options), indent=1) + "\n")
        if path.exists():
            records.append(json.loads(path.read_text()))
        else:
            print(f"{name}: not trained. Train it: python study.py {STUDY}", file=sys.stderr)
    print(table(records))


if __name__ == "__main__":
    main()
