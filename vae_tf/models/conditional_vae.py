"""Conditional VAE: encoder and decoder receive the label, so the latents describe the rest.

Reference:
    Sohn et al., "Learning Structured Output Representation using Deep Conditional Generative
    Models", NeurIPS 2015. https://papers.nips.cc/paper/5775
    Kingma et al., "Semi-Supervised Learning with Deep Generative Models", NeurIPS 2014, Eq. 6: the
    bound of a labeled image. https://arxiv.org/abs/1406.5298
"""

import keras
import numpy as np
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter, read_num_classes
from vae_tf.models.template.latents import repeated_like
from vae_tf.models.vae import VAE
from vae_tf.networks.builders import build_networks
from vae_tf.process.errors import UserError


@keras.saving.register_keras_serializable("vae_tf")
class ConditionalVAE(VAE):
    """VAE of p(x|y) with q(z|x, y), p(x|z, y) and the prior N(0, I) for every label y.

    For the encoder, the one-hot label is appended to the channels of the image, as planes of ones
    and zeros. For the decoder, it is appended to z. `encode`, `decode` and `reconstruct` need
    `label`, `[B]` or one label for all images. If `generate` gets no label, it draws labels
    uniformly.
    """

    takes_networks = takes_vectors = False
    batch_keys = ("image", "label")
    conditional = True

    num_classes: int = hyperparameter(
        None, "Number of values of the label; filled in from the data.", read=read_num_classes
    )

    @classmethod
    def build_networks(cls, params, image_shape, *, num_classes, **hyper):
        return build_networks(params, image_shape, num_classes=num_classes)

    def fit(self, x=None, y=None, *args, **kwargs):
        """Keras' method, after a check of the labels.

        Raises:
            UserError: If a label is not an integer from 0 to `num_classes` - 1.
        """
        label = x.get("label") if isinstance(x, dict) else y
        if isinstance(label, (np.ndarray, list)):
            self.label_rows(label, len(label))
        return super().fit(x, y, *args, **kwargs)

    def infer(self, batch, draw, training):
        x = batch["image"]
        planes = self._one_hot(batch)[:, None, None, :]  # [B, 1, 1, K]
        planes = ops.broadcast_to(planes, (*ops.shape(x)[:-1], self.num_classes))
        return super().infer({"image": ops.concatenate([x, planes], axis=-1)}, draw, training)

    def render(self, z, batch, training):
        label = repeated_like(self._one_hot(batch), z)
        return super().render(ops.concatenate([z, label], axis=-1), batch, training)

    def _one_hot(self, batch):
        return ops.one_hot(batch["label"], self.num_classes)  # [B, K]

    def label_rows(self, label, count, rng=None):
        if label is None and rng is not None:
            label = rng.integers(self.num_classes, size=count)
        whole = label is not None and np.asarray(label).dtype.kind in "iu"
        known = whole and np.isin(label, range(self.num_classes)).all()
        if not known or np.shape(label) not in ((), (count,)):
            raise UserError(
                f"Model '{self.name}' needs the label of each image: `label` must be integers from "
                f"0 to {self.num_classes - 1}, {count} of them or one for all. "
                f"Received: label={label!r}"
            )
        return {"label": np.broadcast_to(label, count).astype("int32")}
