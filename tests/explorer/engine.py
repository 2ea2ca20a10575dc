"""The explorer's own script in V8, without a browser."""

import json

import numpy as np
from py_mini_racer import MiniRacer

from vae_tf.explorer.generator import describe_generator
from vae_tf.explorer.layers import HalfPrecision
from vae_tf.explorer.page import script

_GLUE = """
globalThis.models = [];
globalThis.open = (run) => globalThis.models.push(new explorer.Model(run)) - 1;
globalThis.decode = (at, codes, labels) =>
  codes.map((code, i) => Array.from(models[at].decode(code, labels?.[i])));
globalThis.follow = (at, code, start, stop) =>
  Array.from(models[at].following(Float32Array.from(code), start, stop));
globalThis.encode = (at, images, labels) =>
  images.map((image, i) => {
    const { mean, logStddev } = models[at].encode(Float32Array.from(image), labels?.[i]);
    return [Array.from(mean), Array.from(logStddev, (x) => (x === -Infinity ? null : x))];
  });
"""


class Engine:
    """A page's script, and models opened in it."""

    def __init__(self):
        self._context = MiniRacer()
        self._context.eval(script())
        self._context.eval(_GLUE)

    def eval(self, code):
        """A JSON value of an expression."""
        return json.loads(self._context.eval(f"JSON.stringify({code})"))

    def call(self, name, *arguments):
        return self.eval(f"{name}({', '.join(map(json.dumps, arguments))})")

    def open(self, content):
        return self.call("open", content)

    def open_model(self, model):
        """Opens a model with what its networks need and nothing else."""
        import base64

        weights = HalfPrecision()
        generator = describe_generator(model, weights)
        rest = {
            "latent_size": model.latent_size,
            "image_shape": list(model.image_shape),
            "num_classes": model.num_classes if model.conditional else 0,
            "class_latents": model.num_classes if hasattr(model, "with_class") else 0,
            "codes": "",
            "images": {"posteriors": []},
            "weights": base64.b64encode(weights.to_bytes()).decode(),
        }
        return self.open({**generator, **rest}), generator

    def decode(self, at, codes, labels=None):
        labels = None if labels is None else np.asarray(labels).tolist()
        return np.array(self.call("decode", at, np.asarray(codes, float).tolist(), labels))

    def follow(self, at, code, start, stop):
        """The code `[L]` with what is below some changed latents."""
        return np.array(self.call("follow", at, np.asarray(code, float).tolist(), start, stop))

    def encode(self, at, images, labels=None):
        """Means and log standard deviations, `[N, L]` each."""
        labels = None if labels is None else np.asarray(labels).tolist()
        flat = np.asarray(images, float).reshape(len(images), -1).tolist()
        found = self.call("encode", at, flat, labels)
        both = np.array([[[-np.inf if x is None else x for x in row] for row in two]
                         for two in found])  # fmt: skip
        return both[:, 0], both[:, 1]


def halve_weights(model):
    """Rounds all weights of the networks to half precision, in which the page keeps them."""
    for network in (model.encoder, model.decoder):
        network.set_weights(
            [array.astype("float16").astype("float32") for array in network.get_weights()]
        )
