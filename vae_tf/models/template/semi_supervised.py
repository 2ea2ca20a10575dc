"""Shared by models that learn from few labels: the label is the topmost latent.

    loss = unlabeled_weight * mean over images of U(x)
         + labeled_weight * mean over labeled images of L(x, y)
         + classification_weight * mean over labeled images of -log q(y|x)

L(x, y) is the negative bound on log p(x, y), with log p(y) = -log C in it; U(x), that on log p(x),
has the label taken in turn: U(x) = sum_y q(y|x) [L(x, y) + log q(y|x)] (Kingma et al. 2014, Eq. 6
and 7). Their objective is a sum over N images, M of them labeled, plus alpha times the mean of
-log q(y|x) over labeled images, with alpha = 0.1 N (Eq. 9). Divided by N, this is a
`labeled_weight` of M / N and a `classification_weight` of 0.1. Others write alpha differently, by
factors of hundreds.

Reference:
    Kingma et al., "Semi-Supervised Learning with Deep Generative Models", NeurIPS 2014.
    https://arxiv.org/abs/1406.5298
"""

import dataclasses
from typing import Any

import numpy as np
from keras import ops

from vae_tf.models.template.hyperparameters import hyperparameter, read_num_classes
from vae_tf.models.template.latents import Latent
from vae_tf.models.vae import VAE
from vae_tf.probability.distributions import Categorical


@dataclasses.dataclass(frozen=True)
class Labeled(Categorical):
    """A known class: its divergence from the prior is -log p(class).

    Attributes:
        logits: `[B, C]`, what the model would have said.
        known: `[B, C]`, the known class as a one-hot vector.
    """

    known: Any

    @property
    def mean(self):
        return self.known

    @property
    def log_stddev(self):
        return ops.full_like(self.known, -float("inf"))

    def sample(self, seed):
        return self.known

    def kl_per_latent(self, prior, z):
        return -self.known * ops.log_softmax(prior.logits)

    def map(self, function):
        return Labeled(function(self.logits), function(self.known))


class SemiSupervisedVAE(VAE):
    """Base of models whose first latents are the class of the image, `[B, C]`.

    A subclass draws layers in `infer`, the layer of `self.label(batch, logits, draw)` first in the
    list. `encode` gives the probabilities of classes and behind them the other latents.
    """

    learns_prior = False
    takes_networks = takes_network_texts = takes_vectors = False
    classifies = True
    batch_keys = ("image", "labeled_image")
    logged = ("labeled_loss", "cross_entropy", "error")
    loss_terms = ("labeled_loss", "cross_entropy")
    posterior = Categorical
    prior = Categorical
    indivisible = "its labeled images are a second batch"

    num_classes: int = hyperparameter(
        None, "C, values of the label; filled in from the data.", read=read_num_classes
    )
    unlabeled_weight: float = hyperparameter(
        1.0, "Weight of the mean of U over all images; 0: only labeled images are used.", least=0
    )
    labeled_weight: float = hyperparameter(
        0.3, "Weight of the mean of L over labeled images.", least=0
    )
    classification_weight: float = hyperparameter(
        20.0, "Weight of the mean cross-entropy of labeled images.", least=0
    )
    classifier_delay: int = hyperparameter(
        0, "Steps for which U does not teach the classifier.", least=0
    )

    @property
    def latent_size(self):
        return self.num_classes + self.code_size

    def label(self, batch: dict, logits, draw) -> Latent:
        """The latent of the class: known, where the batch has a label, else every one in turn.

        Args:
            batch: A batch, with `label` where that is known.
            logits: `[B, C]` of q(y|x).
            draw: Same as in `infer`.
        """
        prior = Categorical(ops.zeros_like(logits))
        if "label" in batch:
            known = ops.one_hot(batch["label"], self.num_classes)
            return Latent(Labeled(logits, known), prior, known)
        learns = self.step >= self.classifier_delay
        return draw.each(Categorical(ops.where(learns, logits, ops.stop_gradient(logits))), prior)

    def average(self, outputs, term):
        """Mean over images, in which each class counts with its probability."""
        label = outputs.latents[0]
        shares = ops.sum(label.posterior.mean * label.z, axis=-1)
        return ops.sum(shares * term) / ops.sum(shares)

    def regularizer(self, outputs):
        kl, logs = super().regularizer(outputs)
        logits, z = outputs.latents[0].posterior.logits, outputs.latents[0].z
        wrong = ops.argmax(logits, axis=-1) != ops.argmax(z, axis=-1)
        nats = -ops.sum(z * ops.log_softmax(logits), axis=-1)
        return kl, {**logs, "cross_entropy": nats, "error": ops.cast(wrong, "float32")}

    def reduce(self, outputs, losses):
        loss = self.average(outputs, losses)
        return loss, {"labeled_loss": loss}

    def compute_terms(self, batch, training):
        """The terms of all images, and of the labeled ones those that `logged` names."""
        seen = {"image": batch["labeled_image"], "label": batch["label"]}
        terms = super().compute_terms({"image": batch["image"]}, training)
        labeled = super().compute_terms(seen, training)
        loss = self.unlabeled_weight * terms["loss"]
        loss += self.labeled_weight * labeled["loss"]
        loss += self.classification_weight * labeled["cross_entropy"]
        guess = ops.argmax(self._class_logits(seen), axis=-1)
        wrong = ops.cast(guess != ops.cast(batch["label"], guess.dtype), "float32")
        labeled |= {"error": ops.mean(wrong)}  # of codes without noise, as `classify` has it
        return terms | {name: labeled[name] for name in self.logged} | {"loss": loss}

    def _class_logits(self, batch):
        unlabeled = {"image": batch["image"]}
        return self.infer(unlabeled, self._means_draw(), False)[0].posterior.logits

    def classify(self, x: np.ndarray) -> np.ndarray:
        """Probabilities of the classes `[B, C]` of images `[B, H, W, C]`, without noise."""

        def classify(batch):
            return (ops.softmax(self._class_logits(batch)),)

        return self._functions("classify", classify, self._inputs(x, None))[0]

    def with_class(self, z: np.ndarray, label) -> np.ndarray:
        """Codes `[B, L]` with their class replaced by `label`, `[B]` or one for all.

        Layers below the class follow.
        """
        known = np.eye(self.num_classes, dtype="float32")[np.broadcast_to(label, len(z))]
        return self.propagate_down(np.concatenate([known, z[:, self.num_classes :]], axis=1), 0)

    def sample_roots(self, n, rng):
        z = rng.standard_normal((n, self.latent_size - self.num_classes)).astype("float32")
        return np.concatenate([self.sample_classes(n, rng), z], axis=1)

    def sample_classes(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws `n` classes of p(y), each as likely, as one-hot vectors `[n, C]`."""
        return np.eye(self.num_classes, dtype="float32")[rng.integers(self.num_classes, size=n)]
