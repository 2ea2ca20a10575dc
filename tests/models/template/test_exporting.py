"""Exported models, reloaded by TensorFlow alone."""

import numpy as np
import pytest
import tensorflow as tf

from vae_tf.config import Params
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError


def build(name, encoder=((8,),)):
    params = Params(dataset="digits", encoder=encoder, latent_size=3, model=name)
    return build_model(params, (8, 8, 1), dataset_size=64, num_classes=10)


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated:UserWarning")
@pytest.mark.parametrize(
    ("name", "encoder"),
    [
        ("vae", ((4, 3, 2), (8,))),
        ("hierarchical_vae", ((8,),)),
        ("conditional_vae", ((8,),)),
    ],
)
def test_both_formats_encode_and_decode_batches_of_any_size(name, encoder, blobs, tmp_path):
    model = build(name, encoder)
    model.export(tmp_path / "served", verbose=False)
    model.export(tmp_path / "served.tflite", format="litert", verbose=False)
    saved = tf.saved_model.load(str(tmp_path / "served")).signatures
    lite = tf.lite.Interpreter(str(tmp_path / "served.tflite"))
    for count in (1, 5):
        label = {"label": np.arange(count, dtype="int32")} if model.conditional else {}
        x = blobs[:count]
        mean, log_stddev = model.encode(x, **label)
        images = model.decode(mean, **label)
        for of in (saved.__getitem__, lite.get_signature_runner):
            codes = of("encode")(image=x, **label)
            np.testing.assert_allclose(codes["mean"], mean, atol=1e-5)
            np.testing.assert_allclose(codes["log_stddev"], log_stddev, atol=1e-5)
            drawn = of("decode")(z=mean, **label)["image"]
            np.testing.assert_allclose(drawn, images, atol=1e-5)


def test_nothing_is_replaced_and_nothing_half_written(tmp_path, monkeypatch):
    model = build("vae")
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(UserError, match="exists already"):
        model.export(tmp_path)
    with pytest.raises(UserError, match=r"must end in \.tflite"):
        model.export(tmp_path / "new", format="litert")
    with pytest.raises(UserError, match="'openvino'.*tf_saved_model"):
        model.export(tmp_path / "new", format="openvino")

    def fill_and_fail(module, folder, **options):
        (tmp_path / folder / "half").write_text("half")
        raise OSError(28, "disk full")

    monkeypatch.setattr(tf.saved_model, "save", fill_and_fail)
    with pytest.raises(OSError, match="disk full"):
        model.export(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
