"""A network of several inputs, such as an image's features and its class."""

import keras
from keras import layers, ops

from vae_tf.networks.initial_weights import InitialWeights
from vae_tf.networks.specs import initializer_for


@keras.saving.register_keras_serializable("vae_tf")
class Joint(layers.Layer):
    """Hidden layers that see several inputs, and heads: `[N, S_i] ... -> [N, H_j] ...`.

    Inputs may have fewer rows than others, `[B, S]` beside `[K * B, S]`, and stand for all samples
    of an image: the first layer is a sum of one product an input, which is made once and repeated.

    Args:
        sizes: S_i, size of each input.
        hidden: Units of the hidden layers, one at least.
        heads: H_j, size of each output.
        activation: Name of the activation of hidden layers.
        batch_normalization: Whether what goes into activations is normalized over the batch.
        initializer: Initial weights of the hidden layers, see `networks.initial_weights`; None for
            those that suit the activation.
        seed: Seed of the initial weights.
        features: Whether what the heads see is put out behind them.
    """

    def __init__(
        self,
        sizes,
        hidden,
        heads,
        *,
        activation="relu",
        batch_normalization=False,
        initializer=None,
        seed=0,
        features=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.sizes, self.hidden, self.heads = list(sizes), list(hidden), list(heads)
        self.activation = activation
        self.batch_normalization = batch_normalization
        self.initializer = initializer or initializer_for(activation)
        self.seed = seed
        self.features = features
        self.activate = keras.activations.get(activation)
        self._make_layers()
        self._build_all()

    def _make_layers(self):
        weights = InitialWeights(self.initializer, 1000 * self.seed)
        policy = self.dtype_policy

        def dense(units, name, fan_in, **options):
            options = weights.hidden(fan_in) | options
            return layers.Dense(units, name=name, dtype=policy, **options)

        def norm(number):
            # Its averages are over ten steps or so, as in the decoder.
            if not self.batch_normalization:
                return layers.Identity(name=f"normalization_{number}", dtype=policy)
            name = f"normalization_{number}"
            return layers.BatchNormalization(momentum=0.9, name=name, dtype=policy)

        self.products = [
            # The inputs are summed: together they are the fan-in.
            dense(self.hidden[0], f"input_{number}", sum(self.sizes), use_bias=number == 1)
            for number, _ in enumerate(self.sizes, 1)
        ]
        self.deeper = [
            dense(units, f"hidden_{k}", seen)
            for k, (seen, units) in enumerate(zip(self.hidden, self.hidden[1:], strict=False), 2)
        ]
        self.norms = [norm(number) for number, _ in enumerate(self.hidden, 1)]
        self.outputs = [
            layers.Dense(units, dtype=self.variable_dtype, name=f"head_{number}", **weights.small())
            for number, units in enumerate(self.heads, 1)
        ]

    def _build_all(self):
        for size, product in zip(self.sizes, self.products, strict=True):
            product.build((None, size))
        for size, deeper in zip(self.hidden, self.deeper, strict=False):
            deeper.build((None, size))
        for size, norm in zip(self.hidden, self.norms, strict=True):
            norm.build((None, size))
        for head in self.outputs:
            head.build((None, self.hidden[-1]))
        self.built = True

    def build(self, input_shape=None):
        pass

    def call(self, inputs, training=False):
        """The outputs of inputs `[N, S]`, none with more rows than the last."""
        parts = [product(x) for product, x in zip(self.products, inputs, strict=True)]
        *fewer, x = parts
        for part in fewer:
            times = ops.shape(x)[0] // ops.maximum(ops.shape(part)[0], 1)
            x += ops.tile(part, (times, 1))
        x = self.activate(self.norms[0](x, training=training))
        for deeper, norm in zip(self.deeper, self.norms[1:], strict=True):
            x = self.activate(norm(deeper(x), training=training))
        return [*(head(x) for head in self.outputs), *([x] if self.features else [])]

    def compute_output_shape(self, input_shape):
        sizes = [*self.heads, *([self.hidden[-1]] if self.features else [])]
        return [(input_shape[-1][0], size) for size in sizes]

    def get_config(self):
        names = (
            "sizes",
            "hidden",
            "heads",
            "activation",
            "batch_normalization",
            "initializer",
            "seed",
            "features",
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
