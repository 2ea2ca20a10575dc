"""The KL weight above which a collapse is a local optimum, for any network.

Collapsed is the solution with q(z|x) = p(z) for every image and a decoder that ignores z, its best
constant output b. Near it let the posterior be p(z) (1 + e f(x, z)) and the decoder's output
b + e g(z), with f of mean 0 over z ~ p(z) for each image, and g of mean 0, as its mean belongs to
b. Let the negative log-likelihood have the gradient -r(x) in its parameters at b, of mean 0 over
the images since b is best, with covariance R, and the mean second derivative P. Expanded to the
order e^2, reconstruction + w KL differs from its value at the collapsed solution by the mean over
z ~ p(z) of

    0.5 g(z)' P g(z)  -  mean_x[f(x, z) r(x)' g(z)]  +  0.5 w mean_x[f(x, z)^2].

The best f is r(x)' g(z) / w and leaves 0.5 g(z)' (P - R / w) g(z): below 0 for some g if, and only
if, w is less than the largest eigenvalue of P^-1/2 R P^-1/2. Nothing was said of the form of f and
g, so that above this weight no small change of any encoder and decoder lowers the loss. Below it
f and g linear in x and z, which every network in use can approach, lower it: the collapsed
solution is a saddle. It is a local statement: above it a better optimum may be far from the
collapsed one. For two images, the rare one 1 % of all, a VAE with one latent has a loss of 0.50 at
three times the weight, where the collapsed one has 0.99: the rare image has a narrow posterior far
out, which costs little as it is rare (by quadrature, in the tests).

- Gaussian with variance s2 around parameters x: r = (x - mean) / s2, P = I / s2; the weight is the
  largest eigenvalue of the covariance over s2, as for the linear VAE (`linear_vae`). Parameters
  behind a sigmoid scale r, P and g alike and change nothing.
- Bernoulli with logits: r = x - p and P = diag(p (1 - p)), p the mean image. The weight is the
  largest eigenvalue of the covariance of pixels whitened by p (1 - p), as if of variance 1.

For linear networks and a Gaussian this is the stability analysis of Lucas et al. 2019, Section 4.

Reference:
    Lucas, Tucker, Grosse & Norouzi, "Don't Blame the ELBO! A Linear VAE Perspective on Posterior
    Collapse", NeurIPS 2019. https://arxiv.org/abs/1911.02469
"""

from typing import NamedTuple

import numpy as np

from vae_tf.data.image_set import ImageSet
from vae_tf.forecasts.pixel_covariance import covariance_eigenvalues, read_sample

_NUM_EIGENVALUES = 32


class LocalThreshold(NamedTuple):
    """Where the collapsed solution changes from a saddle to a local optimum.

    It says nothing of how many latents another solution uses, nor of its KL.

    Attributes:
        collapse_weight: The KL weight above which no small change of any network leaves the
            collapsed solution: the largest of the eigenvalues.
        eigenvalues: `[k]` float64, of the covariance of the whitened pixels, descending; as many
            exceed a weight as there are directions of the pixels in which training leaves the
            collapsed solution.
        num_images: Images it was computed from.
        num_given: Images that were given; where that is more, a fixed random sample was taken.
    """

    collapse_weight: float
    eigenvalues: np.ndarray
    num_images: int
    num_given: int


def bernoulli_threshold(images: "ImageSet | np.ndarray") -> LocalThreshold:
    """The KL weight above which a collapse is a local optimum with a Bernoulli likelihood.

    The largest eigenvalue of P^-1/2 S P^-1/2, S the covariance of the pixels and P diagonal with
    p (1 - p), p the mean image (see the module). Whitened, binary pixels have a variance of 1, grey
    ones less; pixels that are 0 in all images, or 1 in all, are left out.

    Args:
        images: Images, given and sampled as in `forecast`.

    Returns:
        A `LocalThreshold`; of constant images the weight is 0.

    Raises:
        UserError: If there are fewer than 2 images, or a value is not finite or not in [0, 1].

    Example:
        >>> one_bit = np.array([[0, 0, 1, 1], [1, 1, 0, 0]], bool)
        >>> round(bernoulli_threshold(one_bit).collapse_weight, 3)
        4.0
    """
    values, num_given = read_sample(images)
    mean = values.mean(axis=0, dtype=np.float64)
    variance = mean * (1.0 - mean)
    scale = np.zeros_like(mean)
    np.divide(1.0, np.sqrt(variance, where=variance > 0, out=scale), where=variance > 0, out=scale)
    eigenvalues, _ = covariance_eigenvalues(values, _NUM_EIGENVALUES, scale)
    return LocalThreshold(float(eigenvalues[0]), eigenvalues, len(values), num_given)
