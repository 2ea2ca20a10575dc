"""The KL weight above which a collapse is a local optimum, for any network.

The collapsed solution has q(z|x) = p(z) for every image, and a decoder that ignores z: its output
is the best constant b. Change it a little: the posterior to p(z) (1 + e f(x, z)), and the decoder's
output to b + e g(z), with a small e. For each image, f has mean 0 over z ~ p(z). g has mean 0 over
z, because its mean belongs to b. The negative log-likelihood of an image has the gradient -r(x)
with respect to the decoder's output at b, and P is its second derivative, mean over images. Over
images, r has the covariance R, and its mean is 0 because b is the best constant. Up to the order
e^2, the change raises the loss, reconstruction + w KL, by e^2 times the mean over z ~ p(z) of

    0.5 g(z)' P g(z)  -  mean_x[f(x, z) r(x)' g(z)]  +  0.5 w mean_x[f(x, z)^2].

With the best f = r(x)' g(z) / w, this is 0.5 g(z)' (P - R / w) g(z). It is below 0 for some g if,
and only if, w is less than the largest eigenvalue of P^-1/2 R P^-1/2, the threshold.

- Above the threshold, no small change of any encoder and decoder lowers the loss, because f and g
  may have any form. This is a local statement: a better optimum may be far from the collapsed
  solution. An example has two images, and one of them is rare, with a share of 1 %. At three times
  the threshold, a VAE with one latent has a loss of 0.50, and the collapsed VAE 0.99. The posterior
  of the rare image is narrow and far from 0, which adds little loss because the image is rare (by
  quadrature, in the tests).
- Below the threshold, f and g that are linear in x and z lower the loss. Every network in use can
  approach them, so the collapsed solution is a saddle.

The threshold of two likelihoods:

- Gaussian with variance s2, where the decoder's output is the mean: r = (x - b) / s2 and P = I /
  s2. The threshold is the largest eigenvalue of the covariance of the pixels over s2, as for the
  linear VAE (`linear_vae`). If the mean is the sigmoid of the output, the threshold is the same.
- Bernoulli, where the decoder's output is the logits: r = x - p and P = diag(p (1 - p)), where p is
  the mean image. The threshold is the largest eigenvalue of the covariance of the pixels over
  sqrt(p (1 - p)).

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
    """KL weight at which the collapsed solution changes from a saddle to a local optimum.

    It does not predict how many latents another solution uses, nor its KL.

    Attributes:
        collapse_weight: The KL weight above which no small change of any collapsed network lowers
            the loss: the largest of the eigenvalues.
        eigenvalues: `[k]` float64, eigenvalues of the covariance of the whitened pixels,
            descending. The number of eigenvalues above a weight is the number of pixel directions
            in which training leaves the collapsed solution.
        num_images: Number of images that were used.
        num_given: Number of images that were given; if it is larger, a fixed random sample was
            used.
    """

    collapse_weight: float
    eigenvalues: np.ndarray
    num_images: int
    num_given: int


def bernoulli_threshold(images: "ImageSet | np.ndarray") -> LocalThreshold:
    """The KL weight above which a collapse is a local optimum with a Bernoulli likelihood.

    It is the largest eigenvalue of P^-1/2 S P^-1/2, where S is the covariance of the pixels, P =
    diag(p (1 - p)), and p the mean image (see the module). After whitening by P^-1/2, binary pixels
    have a variance of 1, and grey pixels less. Pixels that are 0 in all images, or 1 in all images,
    are left out.

    Args:
        images: Images, given and sampled as in `forecast`.

    Returns:
        A `LocalThreshold`; for constant images the weight is 0.

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
