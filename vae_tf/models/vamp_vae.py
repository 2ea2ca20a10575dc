"""VampPrior VAE: the prior is a mixture of the posteriors of learned pseudo-images.

Reference:
    Tomczak & Welling, "VAE with a VampPrior", AISTATS 2018. https://arxiv.org/abs/1705.07120
"""

import keras

from vae_tf.models.template.hyperparameters import hyperparameter
from vae_tf.models.vae import VAE
from vae_tf.priors.vamp import VampPrior, first_images, prior_of
from vae_tf.probability.distributions import Gaussian


@keras.saving.register_keras_serializable("vae_tf")
class VampVAE(VAE):
    """p(z) = 1/K sum_k q(z|u_k), with pseudo-images u_k that are learned with the networks (Eq. 9).

    The KL has no closed form. It is estimated from the samples, log q(z|x) - log p(z).
    Pseudo-images are weights, clipped to [0, 1]. In the paper they are the output of a linear layer
    for one-hot vectors, which has the same parameters. The encoder reads them together with the
    images of a batch. Other models have the same prior with `prior="vamp"`.
    """

    takes_vectors = False
    learns_prior = False  # it has one of its own
    prior = VampPrior

    num_pseudo_images: int = hyperparameter(500, "K; 500 in the paper.", least=1)

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.pseudo_images = self.add_weight(
            name="pseudo_images",
            shape=(self.num_pseudo_images, *self.image_shape),
            initializer=lambda shape, dtype: first_images(shape, dtype, self.seed),
        )

    def infer(self, batch, draw, training):
        posterior = Gaussian(*self.encoder(batch["image"], training=training))
        return [draw(posterior, self.learned_prior(training))]

    def learned_prior(self, training=False) -> VampPrior:
        """The mixture of the pseudo-images' posteriors."""
        return prior_of(self.pseudo_images, self.encoder, training)

    def sample_prior(self, n, rng):
        return self.learned_prior().sample_rows(n, rng)
