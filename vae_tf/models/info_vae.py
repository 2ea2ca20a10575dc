"""InfoVAE: a lower weight on the KL, and a penalty on the MMD between all codes and the prior.

Reference:
    Zhao et al., "InfoVAE: Balancing Learning and Inference in Variational Autoencoders", AAAI 2019
    (first 2017). https://arxiv.org/abs/1706.02262
"""

import functools

import keras
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.vae import VAE
from vae_tf.networks.builders import build_networks
from vae_tf.probability import divergences
from vae_tf.process.numbers import require_number

# Natural log of the standard deviation that posteriors start at.
_START = -2.0


@keras.saving.register_keras_serializable("vae_tf")
class InfoVAE(VAE):
    """The regularizer is (1 - alpha) KL + (alpha + scale - 1) MMD (Eq. 6 with the MMD).

    `scale` is the paper's lambda. The MMD compares samples of the codes with equally many samples
    of the prior. It is the unbiased estimate with the Gaussian kernel of `divergences.rbf_kernel`.
    With alpha 0 and scale 1, the loss is the loss of the VAE. With alpha 1, the model is the
    MMD-VAE, which has no penalty on the information in the codes.

    Posteriors start with a standard deviation of exp(-2). With a standard deviation of 1 and means
    near 0, every q(z|x) would start at p(z). There the MMD is already smallest, and a large scale
    would keep the posteriors there. The authors' own code has no noise.

    A weight of another kernel must be converted. A weight w, with a mean over D pixels, is the
    weight w * D with our sum of squared errors. If the codes of all images follow the prior except
    for a small shift, the MMD is the squared shift times (h^2 / (h^2 + 2))^(L / 2) / (h^2 + 2),
    with the bandwidth h. To convert a weight to another bandwidth, multiply it by the factor of its
    own bandwidth and divide it by the factor of the other bandwidth. The authors' code (MNIST,
    L = 20) has the weight 1 together with a mean over 784 pixels and the kernel exp(-d^2 / L^2).
    This is scale 784 at bandwidth L / sqrt(2), and it weights a shift like a scale of 200 at our
    bandwidth.
    """

    logged = ("mmd",)
    loss_terms = ("mmd",)
    learns_prior = False  # its MMD is the distance from N(0, I)
    smallest_batch = 2
    indivisible = "its MMD compares the codes of a batch"

    alpha: float = hyperparameter(
        1.0, "One minus the weight of the KL; 1 in the paper's MMD-VAE.", most=1
    )
    scale: float = hyperparameter(
        100.0,
        "The weight of the MMD is scale + alpha - 1, so scale is at least 1 - alpha. The paper "
        "chooses it so that the MMD has as much weight as the reconstruction.",
        least=0,
    )
    bandwidth: float | None = hyperparameter(
        None,
        "The h of the kernel exp(-d^2 / (2 h^2)), None for the square root of L.",
        least=1e-6,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        # A distance from the prior is not rewarded.
        require_number("scale", self.scale, 1 - self.alpha)

    @classmethod
    def build_networks(cls, params, image_shape, **hyper):
        return build_networks(params, image_shape, log_stddev=_START)

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        prior = keras.random.normal(ops.shape(outputs.z), seed=self.seed_generator)
        kernel = functools.partial(divergences.rbf_kernel, bandwidth=self.bandwidth)
        mmd = divergences.mmd(outputs.z, prior, kernel)
        penalty = (1.0 - self.alpha) * kl + (self.alpha + self.scale - 1.0) * mmd
        return penalty, {**logs, "mmd": mmd}
