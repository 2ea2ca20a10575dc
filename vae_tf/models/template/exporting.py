"""Models for serving, without this package and without Keras: SavedModel, LiteRT and ONNX.

One file, or folder, has two signatures; ONNX has a file for each. They mean what `encode` and
`decode` of `GenerativeModel` mean, for any number of rows:

    encode: image [B, H, W, C] -> mean [B, L], log_stddev [B, L]
    decode: z [B, L] -> image [B, H, W, C] in [0, 1]

and `label` `[B]` int32 beside `image` and `z` where the model needs labels. Keras' own `export` is
of a call, and ours draws noise.
"""

import re
import tempfile
from pathlib import Path

import tensorflow as tf

from vae_tf.process.errors import UserError, unknown
from vae_tf.process.files.saving import folder_written_whole, written_whole

FORMATS = ("tf_saved_model", "litert", "onnx")
_SIGNATURES = ["encode", "decode"]


def export(model, path: Path, form: str):
    """Writes a model for serving, entirely or not at all.

    Args:
        model: `GenerativeModel`.
        path: For a SavedModel and for ONNX a folder that is not there yet, or empty; for LiteRT a
            file `*.tflite`, replaced if it is there.
        form: One of `FORMATS`.

    Raises:
        UserError: If the form is unknown, the path none for it, LiteRT or ONNX lacks an operation,
            or the converter to ONNX is not installed.
    """
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if form == "tf_saved_model":
        with folder_written_whole(path) as partial:
            _write_saved_model(model, partial)
        return
    if form == "onnx":
        files = _onnx_files(model)
        with folder_written_whole(path) as partial:
            for name, content in files.items():
                (partial / f"{name}.onnx").write_bytes(content)
        return
    if path.suffix != ".tflite":
        raise UserError(f"A LiteRT file must end in .tflite. Received: '{path}'")
    content = _converted(model)
    with written_whole(path) as partial:
        partial.write_bytes(content)


def _write_saved_model(model, folder: Path):
    signatures = {
        name: tf.function(function, autograph=False).get_concrete_function(**rows)
        for name, (function, rows) in _functions(model).items()
    }
    served = tf.Module()
    # No more than what the two read: no optimizer, no discriminator.
    served.weights = [v for signature in signatures.values() for v in signature.variables]
    tf.saved_model.save(served, str(folder), signatures=signatures)


def _functions(model) -> dict:
    """Name of a signature -> function of rows, and `tf.TensorSpec` of each of its arguments."""

    def encode(image, **label):
        mean, log_stddev = model.moments({"image": image, **label})
        return {"mean": mean, "log_stddev": log_stddev}

    def decode(z, **label):
        return {"image": model.images_of(z, label)}

    return {
        "encode": (encode, _rows(model, image=model.image_shape)),
        "decode": (decode, _rows(model, z=(model.latent_size,))),
    }


def _rows(model, **shapes: tuple[int, ...]) -> dict:
    rows = {name: tf.TensorSpec((None, *shape), tf.float32, name) for name, shape in shapes.items()}
    if model.conditional:
        rows["label"] = tf.TensorSpec((None,), tf.int32, "label")
    return rows


def _converted(model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _write_saved_model(model, Path(folder))
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=_SIGNATURES)
        try:
            return converter.convert()
        except Exception as error:  # ConverterError is not public
            missing = ", ".join(sorted(set(re.findall(r"'tf\.(\w+)' op", str(error)))))
            reason = f"it has no operation {missing}" if missing else str(error).strip()[:200]
            raise UserError(
                f"LiteRT cannot hold model '{model.name}': {reason}. Export it as a SavedModel: "
                f"format='tf_saved_model'."
            ) from None


def _onnx_files(model) -> dict[str, bytes]:
    """Name of each signature -> content of its ONNX file."""
    try:
        from tf2onnx.convert import from_function
    except ModuleNotFoundError:
        raise UserError(
            "Export to ONNX needs the package tf2onnx. Install it: pip install 'vae_tf[onnx]'."
        ) from None
    files = {}
    for name, (function, rows) in _functions(model).items():

        def of_tensors(*tensors, function=function, names=tuple(rows)):
            return function(**dict(zip(names, tensors, strict=True)))

        specs = list(rows.values())
        try:
            compiled = tf.function(of_tensors, autograph=False, input_signature=specs)
            files[name], _ = from_function(compiled, input_signature=specs)
        except Exception as error:  # whatever the converter meets
            raise UserError(
                f"ONNX cannot hold model '{model.name}': {str(error).strip()[:200]}. Export it as "
                f"a SavedModel: format='tf_saved_model'."
            ) from None
    return {name: proto.SerializeToString() for name, proto in files.items()}
