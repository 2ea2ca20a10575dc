"""Log-likelihoods on binary MNIST: `python experiments/mnist_likelihood.py`.

Trains the presets `binary-MNIST-*` of params.py and estimates log p(x) of the test images by
importance sampling, next to the values of Burda et al. (ICLR 2016, Table 1; one stochastic layer).
They trained for 3,280 epochs of 59,600 images, each drawn anew whenever it was seen, and measured
with 5,000 samples; here it is 50,000 images, twenty draws of each, and what `--steps` and
`--samples` say.

Restartable: what is measured is skipped, a training that was stopped goes on. Results are one JSON
file a run in experiments/mnist_likelihood/; run folders lie in predictions-study/.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

import params as presets  # noqa: E402
from vae_tf import data, metrics  # noqa: E402
from vae_tf.runs import Run  # noqa: E402
from vae_tf.saving import write_text  # noqa: E402

RESULTS = Path(__file__).with_suffix("")
NAMES = [name for name in presets.RUNS if name.startswith("binary-MNIST-")]
# Nats, negative, Table 1 of Burda et al., MNIST with one stochastic layer.
PUBLISHED = {
    "binary-MNIST-VAE": 86.76,
    "binary-MNIST-IWAE-5": 85.54,
    "binary-MNIST-IWAE-50": 84.78,
}


def measure(name: str, options) -> dict:
    """Trains a run, or goes on with it, and measures it on test images."""
    folder = options.predictions / f"{name}-steps-{options.steps}"
    command = [sys.executable, ROOT / "train.py", name, "--name", folder.name]
    command += ["--predictions", options.predictions, "--set", f"steps={options.steps}"]
    command += ["--resume"] if (folder / "params.json").exists() else []
    if (code := subprocess.run(command).returncode) != 0:
        sys.exit(code)
    run = Run(folder)
    test = data.load("mnist_binary", "test")
    images = test.images(np.arange(min(options.images, len(test))))
    run.model.seed_generator.state.assign([0, 0])
    values = metrics.log_likelihood(run.model, images, options.samples, progress=True)
    bound = metrics.log_likelihood(run.model, images, 1)
    return {
        "run": name,
        "steps": options.steps,
        "seed": run.params.seed,
        "num_images": len(images),
        "num_samples": options.samples,
        "negative_log_likelihood": -float(values.mean()),
        "error": float(values.std(ddof=1) / np.sqrt(len(values))),
        "negative_elbo": -float(bound.mean()),
    }


def table(records: list[dict]) -> str:
    """The table as Markdown."""
    lines = [
        "| run | steps | -log p(x), nats | -ELBO, nats | published -log p(x) |",
        "| --- | --- | --- | --- | --- |",
    ]
    for record in records:
        published = PUBLISHED.get(record["run"])
        lines.append(
            f"| `{record['run']}` | {record['steps']:,} | "
            f"{record['negative_log_likelihood']:.2f} ± {record['error']:.2f} | "
            f"{record['negative_elbo']:.2f} | {'' if published is None else published} |"
        )
    return "\n".join(lines)


def main():
    """Measures what is not measured yet and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="RUN", help=f"some of {', '.join(NAMES)}")
    parser.add_argument("--steps", type=int, default=presets.RUNS["binary-MNIST-VAE"].steps)
    parser.add_argument("--samples", type=int, default=1_000, help="of the posterior, an image")
    parser.add_argument("--images", type=int, default=10_000, help="of the test split")
    parser.add_argument("--predictions", type=Path, default=ROOT / "predictions-study")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"Expected runs of {', '.join(NAMES)}. Received: {', '.join(unknown)}")
    RESULTS.mkdir(exist_ok=True)
    records = []
    for name in options.names or NAMES:
        sizes = f"{options.steps}-steps-{options.images}-images-{options.samples}-samples"
        path = RESULTS / f"{name}-{sizes}.json"
        if not path.exists():
            write_text(path, json.dumps(measure(name, options), indent=1) + "\n")
        records.append(json.loads(path.read_text()))
    print(table(records))


if __name__ == "__main__":
    main()
