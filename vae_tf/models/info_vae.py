"""InfoVAE: a VAE that trades the KL of each image for the divergence of all codes from the prior.

Reference:
    Zhao et al., "InfoVAE: Balancing Learning and Inference in Variational Autoencoders", AAAI 2019
    (first 2017). https://arxiv.org/abs/1706.02262
"""

import math

import keras
from keras import ops

from vae_tf import divergences
from vae_tf.checks import require_number
from vae_tf.models.vae import VAE


@keras.saving.register_keras_serializable("vae_tf")
class InfoVAE(VAE):
    """The regularizer is (1 - alpha) KL + (alpha + scale - 1) MMD (Eq. 6 with the MMD).

    `scale` is the paper's lambda. The MMD of samples of the codes from as many of the prior is the
    unbiased estimate with the Gaussian kernel of `divergences.rbf_kernel`. alpha 0 and scale 1 is
    the VAE; alpha 1 the MMD-VAE, which does not punish information in the codes at all.

    Args:
        alpha: One minus the weight of the KL, at most 1; 1 in the paper's MMD-VAE.
        scale: Weight of the MMD beside alpha - 1, at least 1 - alpha. The paper sets it so that
            the MMD weighs as much as the reconstruction, 1,000 on MNIST. At 1,000 and batches of
            64 the noise of the estimate kept all codes of sprites alike: see RESULTS.

    Raises:
        UserError: If a knob is not of its kind.
    """

    logged = ("mmd",)
    smallest_batch = 2

    def __init__(self, encoder, decoder, *, alpha=1.0, scale=100.0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        require_number("alpha", alpha, -math.inf, 1)
        require_number("scale", scale, 1 - alpha)  # no reward for a distance from the prior
        self.alpha = alpha
        self.scale = scale

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        prior = keras.random.normal(ops.shape(outputs.z), seed=self.seed_generator)
        mmd = divergences.mmd(outputs.z, prior, divergences.rbf_kernel)
        penalty = (1.0 - self.alpha) * kl + (self.alpha + self.scale - 1.0) * mmd
        return penalty, {**logs, "mmd": mmd}

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha, "scale": self.scale}
