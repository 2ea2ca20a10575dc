"""The variational autoencoder; under other KL weights, the autoencoder and the beta-VAE.

Reference:
    Kingma & Welling, "Auto-Encoding Variational Bayes", ICLR 2014.
    https://arxiv.org/abs/1312.6114
    Higgins et al., "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational
    Framework", ICLR 2017. https://openreview.net/forum?id=Sy2fzU9gl
"""

import keras

from vae_tf.distributions import gaussian_kl
from vae_tf.models.autoencoder import AutoEncoder


@keras.saving.register_keras_serializable("vae_tf")
class VAE(AutoEncoder):
    """The regularizer is the KL divergence to N(0, I).

    At KL weight 1 the loss is the negative evidence lower bound (Kingma & Welling, Eq. 10), at
    weight beta that of the beta-VAE (Higgins et al., Eq. 4), at 0 that of the plain autoencoder.
    """

    def regularizer(self, outputs):
        kl = gaussian_kl(outputs.mean, outputs.log_stddev)
        return kl, {"kl": kl}
