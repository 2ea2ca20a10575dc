"""Regularized autoencoder: no noise; penalties keep codes near 0 and the decoder smooth.

Reference:
    Ghosh et al., "From Variational to Deterministic Autoencoders", ICLR 2020.
    https://arxiv.org/abs/1903.12436
"""

import keras
import tensorflow as tf
from keras import ops, random

from vae_tf.models.template.deterministic import DeterministicAutoEncoder
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import total


@keras.saving.register_keras_serializable("vae_tf")
class RAE(DeterministicAutoEncoder):
    """RAE-L2 and RAE-GP: code_weight |z|^2 / 2 and a penalty that keeps the decoder smooth.

    In RAE-L2 this penalty is decoder_weight |theta|^2, with the kernels theta of the decoder,
    without biases. In RAE-GP it is gradient_weight |dx/dz|^2, with all squared derivatives of the
    expected image (in the paper's Table 1 with decoder_weight 0). The paper scales its
    reconstruction differently, so its weights cannot be used here. With all weights 0 the model is
    the plain autoencoder. The model has no prior: to sample, use `run.generate(n, prior="mixture")`
    or `prior="flow"`.
    """

    loss_terms = ("code_penalty", "decoder_penalty", "gradient_penalty")

    code_weight: float = hyperparameter(0.1, "Weight of |z|^2 / 2; ours.", least=0)
    decoder_weight: float = hyperparameter(
        1e-3, "Weight of the sum of the decoder's squared kernels; ours.", least=0
    )
    gradient_weight: float = hyperparameter(
        0.0, "Weight of the decoder's squared derivatives, RAE-GP; ours.", least=0
    )

    @property
    def logged(self):
        gradient = ("gradient_penalty",) if self.gradient_weight else ()
        return ("code_penalty", "decoder_penalty", *gradient)

    def regularizer(self, outputs):
        _, logs = super().regularizer(outputs)
        codes = 0.5 * ops.sum(ops.square(outputs.z), axis=-1)
        kernels = [w for w in self.decoder.trainable_variables if len(w.shape) > 1]
        decoder = total([ops.sum(ops.square(kernel)) for kernel in kernels])
        penalty = self.code_weight * codes + self.decoder_weight * decoder
        logs = {**logs, "code_penalty": codes, "decoder_penalty": decoder}
        if self.gradient_weight:
            gradient = self.squared_derivatives(outputs)
            penalty = penalty + self.gradient_weight * gradient
            logs["gradient_penalty"] = gradient
        return penalty, logs

    def squared_derivatives(self, outputs):
        """Estimate of |dx/dz|^2 of each image, `[B]`, unbiased.

        For v of N(0, I), E |v^T J|^2 is the sum of the squares of all elements of J (Hutchinson's
        estimator of the trace of J J^T). One v an image, as J has a row for each pixel.
        """
        z = outputs.z
        with tf.GradientTape() as tape:
            tape.watch(z)
            images = self.likelihood.mean(self.render(z, outputs.batch, False))
            noise = random.normal(ops.shape(images), seed=self.seed_generator)
            projection = ops.sum(noise * images)
        return ops.sum(ops.square(tape.gradient(projection, z)), axis=-1)
