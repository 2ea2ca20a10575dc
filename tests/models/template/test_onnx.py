"""Models in the ONNX runtime; skipped where the converter is not installed."""

import sys

import numpy as np
import pytest

import vae_tf
from vae_tf.process.errors import UserError


def make(name, **more):
    return getattr(vae_tf.models, name)(image_shape=(8, 8, 1), latent_size=3, **more)


@pytest.mark.parametrize(
    ("name", "more"),
    [("VAE", {}), ("HierarchicalVAE", {}), ("ConditionalVAE", {"num_classes": 4})],
)
def test_the_runtime_gives_what_the_model_gives(name, more, blobs, tmp_path):
    pytest.importorskip("tf2onnx")
    runtime = pytest.importorskip("onnxruntime")
    model = make(name, **more)
    model.export(tmp_path / "served", format="onnx")
    files = [tmp_path / "served" / f"{each}.onnx" for each in ("encode", "decode")]
    encode, decode = map(runtime.InferenceSession, files)
    label = {"label": np.arange(5, dtype="int32") % 4} if model.conditional else {}
    mean, log_stddev = encode.run(["mean", "log_stddev"], {"image": blobs[:5], **label})
    expected = model.encode(blobs[:5], **label)
    np.testing.assert_allclose(mean, expected[0], atol=1e-5)
    np.testing.assert_allclose(log_stddev, expected[1], atol=1e-5)
    (image,) = decode.run(["image"], {"z": mean, **label})
    np.testing.assert_allclose(image, model.decode(mean, **label), atol=1e-5)


def test_a_missing_converter_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx.convert", None)
    with pytest.raises(UserError, match=r"'vae_tf\[onnx\]'"):
        make("VAE").export(tmp_path / "served", format="onnx")
