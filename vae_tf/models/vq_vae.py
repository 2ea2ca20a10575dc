"""VQ-VAE: each place of a feature map takes the nearest vector of a learned codebook.

References:
    van den Oord et al., "Neural Discrete Representation Learning", NeurIPS 2017.
    https://arxiv.org/abs/1711.00937
    van den Oord et al., "Conditional Image Generation with PixelCNN Decoders", NeurIPS 2016, for
    the prior. https://arxiv.org/abs/1606.05328
"""

import keras
from keras import ops

from vae_tf.models.template.code_maps import CodeMapModel
from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.networks.codebooks import MovingCodebook
from vae_tf.probability.distributions import CodeMap


@keras.saving.register_keras_serializable("vae_tf")
class VQVAE(CodeMapModel):
    """Each output of the encoder is replaced by the nearest of K vectors (Eq. 1 and 2).

    Gradients pass straight through to the encoder. The loss is reconstruction + commitment_weight
    |encoded - stop(code)|^2, summed over the map (Eq. 3). The loss does not train the codebook.
    Each of its vectors is the moving average of the encoder outputs nearest to it (App. A.1).
    Vectors that are rarely used are moved, see `MovingCodebook`. `latent_size` is D, the size of a
    vector.
    """

    logged = ("commitment", *CodeMapModel.logged)
    loss_terms = ("commitment",)

    num_codes: int = hyperparameter(512, "K, size of the codebook; 512 in the paper.", least=2)
    commitment_weight: float = hyperparameter(
        0.25,
        "Weight of the squared distance of the encoder's outputs from their codes; 0.25 in the "
        "paper, which found no difference from 0.1 to 2.",
        least=0,
    )
    decay: float = hyperparameter(
        0.99,
        "Decay of the codebook's moving averages per update; 0.99 in the paper.",
        least=0,
        most=0.9999,
    )
    revival: float = hyperparameter(
        0.1,
        "Share of the average use. A vector of the codebook with less use is moved. 0: vectors "
        "are never moved, as in the paper.",
        least=0,
        most=0.5,
    )

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.codebook = MovingCodebook(
            self.num_codes,
            self.map_shape[2],
            self.decay,
            self.revival,
            seed=self.seed,
            name="codebook",
        )
        self.codebook.build()

    def to_codes(self, encoded, training):
        places = self.places(encoded)
        indices = self.codebook.nearest(ops.stop_gradient(places))
        quantized = ops.reshape(self.codebook.vectors(indices), ops.shape(encoded))
        if training:
            self.codebook.follow(places, indices, self.seed_generator, ~self.prior_learns)
        return CodeMap(encoded, quantized, indices)

    def vectors(self, indices):
        return self.codebook.vectors(indices)

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        codes = outputs.latents[0].posterior
        away = codes.continuous - ops.stop_gradient(codes.quantized)
        commitment = ops.sum(ops.square(away), axis=-1)
        return kl + self.commitment_weight * commitment, {**logs, "commitment": commitment}
