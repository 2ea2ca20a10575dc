"""Two logical CPUs in a process of their own: TensorFlow takes their number at its start."""

import json
import subprocess
import sys

import numpy as np
import pytest

from vae_tf.config import replace
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.training.devices import Devices, check_count

_TWO = """
import json, shutil, sys
from pathlib import Path
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from vae_tf.config import Params, replace
from vae_tf.presets.sprites import MUON
from vae_tf.training import train
folder, params = Path(sys.argv[1]), Params.from_json(sys.stdin.read())
train(params, folder / "one")
said = []
train(params, folder / "two", devices=2, say=said.append)
shutil.copytree(folder / "two", folder / "stopped")
max((folder / "stopped" / "checkpoints").iterdir()).unlink()  # as killed before the last
train(params, folder / "stopped", resume=True, devices=2)
# A constant rate is a variable on every device.
constant = replace(params, model="vae", hyper={}, learning_rate=0.004, optimizer=MUON, steps=2)
train(constant, folder / "constant", devices=2)
print(json.dumps(said))
"""


def test_two_devices_do_what_one_does_and_go_on_exactly(tiny, tmp_path):
    """Noise, several samples an image, a schedule of the rate, a weight that follows the terms."""
    params = replace(tiny, model="iwae", hyper={"num_samples": 2}, log_every=1, ema=0.9)
    params = replace(params, kl_weight="constrained(20)", learning_rate="linear(0.001, 0.01, 10)")
    done = subprocess.run(
        [sys.executable, "-c", _TWO, str(tmp_path)],
        input=params.to_json(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    line = "Training on 2 CPUs, 8 images each, in float32, not compiled by XLA."
    assert json.loads(done.stdout.splitlines()[-1])[0] == line
    one, two = (
        np.genfromtxt(tmp_path / name / "log.csv", delimiter=",", names=True)
        for name in ("one", "two")
    )
    assert one.dtype == two.dtype and len(one) == 13
    for name in one.dtype.names:
        np.testing.assert_allclose(one[name], two[name], rtol=2e-5, atol=1e-6, err_msg=name)
    constant = np.genfromtxt(tmp_path / "constant" / "log.csv", delimiter=",", names=True)
    np.testing.assert_allclose(constant["learning_rate"], 0.004, rtol=1e-6)
    for file in ("log.csv", "checkpoints/step_00000012.safetensors"):
        straight, resumed = (tmp_path / name / file for name in ("two", "stopped"))
        assert straight.read_bytes() == resumed.read_bytes()


def test_what_devices_cannot_share_is_refused(tiny):
    two = Devices()
    two.count = 2  # as if there were
    wrong = {
        "batch_size=15 is no multiple of 2": {"batch_size": 15},
        "total correlation": {"model": "beta_tcvae"},
        "batch normalization": {"model": "info_gan"},
        "optimal standard deviation": {"likelihood": "gaussian(stddev=optimal)"},
        "clipnorm clips": {"optimizer": "adam(clipnorm=1.0)"},
    }
    for reason, changes in wrong.items():
        params = replace(tiny, **changes)
        model = build_model(params, (8, 8, 1), dataset_size=64)
        with pytest.raises(UserError, match=reason):
            two.check(model, params)
        Devices().check(model, params)
    two.check(build_model(tiny, (8, 8, 1), dataset_size=64), tiny)


def test_more_devices_than_there_are_and_others_than_before():
    with pytest.raises(UserError, match="sees . .PU here. Received: devices=99"):
        Devices(99)
    check_count({}, Devices(), "run")  # of an older version
    with pytest.raises(UserError, match="2 devices.*--devices 2"):
        check_count({"devices": 2}, Devices(), "run")
