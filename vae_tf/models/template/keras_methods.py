"""Keras' methods of a model: compile, fit, evaluate, save, export."""

import os
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from vae_tf.data.pixel_values import check_shape, row_scale, scale_of_type, warn_of_narrow_range
from vae_tf.models.template.exporting import export
from vae_tf.models.template.hyperparameters import written
from vae_tf.models.template.missing import split_missing, with_mask
from vae_tf.process.errors import UserError


class KerasMethods(keras.Model):
    """The part of `GenerativeModel` that Keras calls."""

    def compile(self, *args, **kwargs):
        super().compile(*args, **kwargs)
        # At once and each for its own variables: a restored state must find its place.
        objectives = [objective for phase in self.phases for objective in phase.objectives]
        for optimizer in self.optimizers:
            if optimizer is not None and not optimizer.built:
                variables = [v for o in objectives if o.optimizer is optimizer for v in o.variables]
                optimizer.build(list({id(v): v for v in variables}.values()))

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    @property
    def optimizers(self) -> list:
        """All optimizers of the model. A checkpoint contains all of them."""
        found = [o.optimizer for phase in self.phases for o in phase.objectives]
        return list({id(optimizer): optimizer for optimizer in found}.values())

    @property
    def layer_seeds(self) -> list:
        """Random states of layers of the networks, such as dropout. Our own layers have none."""
        weights = {id(variable) for variable in self.weights}
        networks = (self.encoder, self.decoder)
        return [v for network in networks for v in network.variables if id(v) not in weights]

    @property
    def metrics(self) -> list:
        return self._means

    def fit(self, x=None, y=None, *args, validation_data=None, **kwargs):
        """Trains like `fit` of any Keras model, after `check_given` has checked the images."""
        images, scale = self.check_given(x, y)
        if len(self.image_shape) == 3 and len(images) and not isinstance(x, tf.data.Dataset):
            warn_of_narrow_range("`x`", images.min() / scale, images.max() / scale)
        if validation_data is not None:
            self.check_given(validation_data)
        return super().fit(x, y, *args, validation_data=validation_data, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Evaluates like any Keras model, after the images are checked (here or by `fit`)."""
        if not kwargs.get("_use_cached_eval_dataset"):
            self.check_given(x, y)
        return super().evaluate(x, y, *args, **kwargs)

    def predict(self, x, *args, **kwargs):
        """Predicts like any Keras model, after the images are checked."""
        self.check_given(x, needs=self.keys_of_call)
        return super().predict(x, *args, **kwargs)

    @property
    def keys_of_call(self) -> list[str]:
        """Inputs of `call`. Partners and groups are only for training."""
        return [name for name in self.batch_keys if name in ("image", "label", "mask")]

    def check_given(self, x, y=None, needs=None) -> tuple[np.ndarray, float]:
        """Checks images before Keras and TensorFlow see them.

        Args:
            x: Arrays or tensors, or pairs or dicts of them, which are checked entirely; or a
                `tf.data.Dataset`, of which the first batch is checked. Other sources are not
                checked.
            y: Labels, if they are given separately.
            needs: Names that a batch must have. By default, all names that the model learns from.

        Returns:
            The checked images, empty for other sources, and their stored value for 1, such as 255.

        Raises:
            UserError: If something that the model needs is missing, or images have a wrong
                shape, or are not pixels by the rule of `pixel_values`.
        """
        if isinstance(x, tf.data.Dataset):
            x = next(iter(x), None)
        given = (x, y) if y is not None else x
        first = given[0] if isinstance(given, (tuple, list)) and given else given
        if not isinstance(first, (dict, np.ndarray, tf.Tensor)):
            return np.zeros(0), 1.0
        image = self.as_batch(given, needs)["image"]
        check_shape(image, self.image_shape)
        images, _ = split_missing(self, np.asarray(image))
        return images, row_scale(images, self.image_shape, unit=self.likelihood.unit)

    def train_step(self, data):
        batch = self.in_floats(self.as_batch(data))
        return self._averages(self.update(batch), batch)

    def test_step(self, data):
        batch = self.in_floats(self.as_batch(data))
        return self._averages(self.compute_terms(batch, training=False), batch)

    def _averages(self, terms: dict, batch) -> dict:
        weight = ops.shape(batch["image"])[0]
        for mean in self._means:
            mean.update_state(terms[mean.name], sample_weight=weight)
        return {mean.name: mean.result() for mean in self._means}

    def as_batch(self, data, needs=None) -> dict:
        """Returns the batch for images, (images, labels), or a dict.

        Args:
            data: Input.
            needs: Names that the batch must have. By default, all names that the model learns from.

        Raises:
            UserError: If something that is needed is missing.
        """
        needs = self.batch_keys if needs is None else needs
        data, label, *_ = (*data, None) if isinstance(data, (tuple, list)) else (data, None)
        batch = data if isinstance(data, dict) else {"image": data}
        if "label" in needs and "label" not in batch and label is not None:
            batch = batch | {"label": label}
        missing = [name for name in needs if name not in batch and name != "mask"]
        if missing:
            raise UserError(
                f"Model '{self.name}' works on batches with {_listed(needs)}. Received "
                f"none of {_listed(missing)}. Train it with vae_tf.train, which makes them of any "
                f"data set that has them, or give a dict."
            )
        return with_mask(self, batch)

    def in_floats(self, batch: dict) -> dict:
        """Returns the batch with its images as floats, by the rule of `pixel_values`."""
        return {
            name: self._in_floats(value) if tuple(value.shape)[1:] == self.image_shape else value
            for name, value in batch.items()
        }

    def _in_floats(self, rows):
        dtype = np.dtype(keras.backend.standardize_dtype(rows.dtype))
        scale = 1.0 if len(self.image_shape) == 1 else scale_of_type(dtype)
        if dtype.kind == "f" or scale is None:
            return rows
        return ops.cast(rows, "float32") / scale

    def export(self, filepath: "str | os.PathLike", format: str = "tf_saved_model", verbose=None):
        """Writes `encode` and `decode` for use without Keras and without this package.

        See `exporting` for the two signatures. Both take any number of rows.

        Args:
            filepath: A new folder for a SavedModel, or for the files `encode.onnx` and
                `decode.onnx`; a file `*.tflite` for LiteRT.
            format: "tf_saved_model", "litert" or "onnx".
            verbose: Whether Keras prints the path, as it does by default.

        Raises:
            UserError: If the format is unknown, the path does not fit it, or LiteRT or ONNX lacks
                an operation.
        """
        export(self, Path(filepath), format)
        if verbose in (None, True):
            print(f"Saved at '{filepath}': the signatures encode and decode.")

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "decoder": keras.saving.serialize_keras_object(self.decoder),
            "likelihood": self.likelihood_text,
            "prior": self.prior_text,
            "kl_weight": str(self.kl_weight.schedule),
            "trigger_window": self.kl_weight.window,
            "learning_rate": None if self.learning_rate is None else str(self.learning_rate),
            "seed": self.seed,
            **{name: written(value) for name, value in self.hyper.items()},
        }

    @classmethod
    def from_config(cls, config):
        networks = {
            name: keras.saving.deserialize_keras_object(config.pop(name))
            for name in ("encoder", "decoder")
        }
        return cls(**networks, **config)


def _listed(names) -> str:
    return ", ".join(f"`{name}`" for name in names)
