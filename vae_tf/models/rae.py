"""Regularized autoencoder: no noise, but short codes and a decoder with small weights.

Reference:
    Ghosh et al., "From Variational to Deterministic Autoencoders", ICLR 2020.
    https://arxiv.org/abs/1903.12436
"""

import keras
from keras import ops

from vae_tf.models.template.deterministic import DeterministicAutoEncoder
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.template.latents import total


@keras.saving.register_keras_serializable("vae_tf")
class RAE(DeterministicAutoEncoder):
    """RAE-L2: the regularizer is code_weight |z|^2 / 2 + decoder_weight |theta|^2.

    theta are the kernels of the decoder; biases are free. The weights are beta and lambda of the
    paper, whose reconstruction is scaled otherwise: its values do not carry over. Both 0 is the
    plain autoencoder. There is no prior: sample the codes with `run.generate(n, prior="mixture")`
    or `prior="flow"`.
    """

    logged = ("code_penalty", "decoder_penalty")

    code_weight: float = hyperparameter(0.1, "Weight of |z|^2 / 2; ours.", least=0)
    decoder_weight: float = hyperparameter(
        1e-3, "Weight of the sum of the decoder's squared kernels; ours.", least=0
    )

    def regularizer(self, outputs):
        _, logs = super().regularizer(outputs)
        codes = 0.5 * ops.sum(ops.square(outputs.z), axis=-1)
        kernels = [w for w in self.decoder.trainable_variables if len(w.shape) > 1]
        decoder = total([ops.sum(ops.square(kernel)) for kernel in kernels])
        penalty = self.code_weight * codes + self.decoder_weight * decoder
        return penalty, {**logs, "code_penalty": codes, "decoder_penalty": decoder}
