"""MIWAE: an IWAE of images and vectors of which values are missing at random.

Reference:
    Mattei & Frellsen, "MIWAE: Deep Generative Modelling and Imputation of Incomplete Data Sets",
    ICML 2019. https://arxiv.org/abs/1812.02633
"""

import keras

from vae_tf.models.iwae import IWAE


@keras.saving.register_keras_serializable("vae_tf")
class MIWAE(IWAE):
    """The loss is -log mean_k p(x_o|z_k) p(z_k) / q(z_k|x_o) of the observed values x_o (Eq. 4).

    The encoder sees 0 in place of what is missing (Sec. 3.2), and the likelihood sums over what is
    observed. Where nothing is missing, it is the IWAE.
    """

    batch_keys = ("image", "mask")
    # Whether `complete` draws missing values, or gives their expectation.
    completes_by_samples = False

    def complete(self, outputs, training=False):
        """Complete images, and weigh how well they fit what is observed.

        Args:
            outputs: What the forward pass gave.
            training: Whether layers are those of training.

        Returns:
            What a sample of the latents says of each value, missing or not, `[K * B, H, W, C]`:
            here its expectation. And what `reconstruction` returns.
        """
        return self.likelihood.mean(outputs.logits), *super().reconstruction(outputs, training)
