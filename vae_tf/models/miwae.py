"""MIWAE: an IWAE for images and vectors with values missing at random.

Reference:
    Mattei & Frellsen, "MIWAE: Deep Generative Modelling and Imputation of Incomplete Data Sets",
    ICML 2019. https://arxiv.org/abs/1812.02633
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from vae_tf.models.iwae import IWAE


@keras.saving.register_keras_serializable("vae_tf")
class MIWAE(IWAE):
    """The loss is -log mean_k p(x_o|z_k) p(z_k) / q(z_k|x_o) of the observed values x_o.

    The encoder sees 0 in place of missing values, and the log-likelihood is a sum over observed
    values. If no value is missing, the model is the IWAE.
    """

    batch_keys = ("image", "mask")
    # Whether `complete` draws missing values, or gives their expectation.
    completes_by_samples = False

    def complete(self, outputs, training=False):
        """Complete images, and compute how well they fit the observed values.

        Args:
            outputs: Result of `forward`.
            training: Whether layers work as in training.

        Returns:
            Images `[K * B, H, W, C]`, here the expectation of each value given the latents, and
            the results of `reconstruction`.
        """
        return self.likelihood.mean(outputs.logits), *super().reconstruction(outputs, training)

    def sample_completions(self, images: np.ndarray, mask: np.ndarray, num_samples: int) -> tuple:
        """Draw codes of incomplete images, and complete the images given each.

        Args:
            images: `[B, H, W, C]` float32, 0 where a value is missing.
            mask: `[B, H, W, C]` float32, 1 = observed.
            num_samples: K; K * B images are decoded at once.

        Returns:
            `[K, B]` logarithms of importance weights in nats, up to a constant of each image; the
            images of `complete`, `[K, B, H, W, C]`, and the decoder's logits, `[K, B, ...]`.
        """

        def sample(batch, count):
            outputs = self.forward(batch, False, num_samples=count)
            completed, nats, _ = self.complete(outputs)
            values = (-nats - outputs.log_ratio(), completed, outputs.logits)
            return tuple(ops.reshape(each, (count, -1, *each.shape[1:])) for each in values)

        rows = {"image": images, "mask": mask}
        function = self._functions.compiled("complete", sample, rows, tf.TensorSpec((), tf.int32))
        return tuple(np.asarray(part) for part in function(rows, num_samples))
