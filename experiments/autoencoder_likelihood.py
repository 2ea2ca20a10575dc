"""Why is the autoencoder's log-likelihood so low? `python experiments/autoencoder_likelihood.py`.

The bound that importance samples of the posterior give is loose where that is much narrower than
p(z|x). So the samples of the shipped run `MNIST-AE` are drawn from wider Gaussians around the same
means: what the best width gains was the bound's fault, and of the rest log N(mean; 0, I) is what
the prior says of codes that are far from it. On 20 validation images of MNIST; seconds.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from scipy.special import logsumexp  # noqa: E402

from vae_tf import load_run  # noqa: E402

WIDTHS = (0.001, 0.01, 0.1, 0.3, 1.0, 2.0)


def bound(model, x: np.ndarray, mean: np.ndarray, width, num_samples: int, seed: int) -> float:
    """Mean over images of the log of the mean importance weight, samples from N(mean, width^2)."""
    rng = np.random.default_rng(seed)
    values = []
    for image, center, scale in zip(x, mean, width, strict=True):
        noise = rng.standard_normal((num_samples, len(center)))
        z = center + scale * noise
        error = np.sum((model.decode(z.astype("float32")) - image) ** 2, axis=(1, 2, 3))
        # A Gaussian of variance 1/2 per pixel.
        log_p = -error - image.size / 2 * np.log(np.pi) - np.sum(z**2, axis=1) / 2
        log_q = -np.sum(noise**2, axis=1) / 2 - np.sum(np.log(scale) * np.ones_like(center))
        values.append(logsumexp(log_p - log_q) - np.log(num_samples))
    return float(np.mean(values))


def main():
    """Prints the bound for each width."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default=str(ROOT / "predictions" / "MNIST-AE"))
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--samples", type=int, default=1_000, help="an image")
    options = parser.parse_args()
    run = load_run(options.run)
    x = run.validation_data.images(np.arange(options.images))
    mean, log_stddev = run.model.encode(x)
    arguments = options.samples, 0
    print(f"posterior: {bound(run.model, x, mean, np.exp(log_stddev), *arguments):.1f}")
    for width in WIDTHS:
        print(f"{width:g}: {bound(run.model, x, mean, [width] * len(x), *arguments):.1f}")
    prior = -np.sum(mean**2, axis=1) / 2
    print(f"log N(mean; 0, I) less its value at 0: {prior.mean():.1f}")


if __name__ == "__main__":
    main()
