import numpy as np
from PIL import Image

from vae_tf.config import replace
from vae_tf.training import train


def test_pictures_at_the_sampled_steps(tiny, tmp_path):
    params = replace(tiny, sample_steps=(0, 1, 3), sample_every=4, steps=12)
    run = train(params, tmp_path / "run")
    steps = sorted(int(path.stem.split("_")[1]) for path in run.samples.iterdir())
    assert steps == [0, 1, 3, 7, 11, 12]
    picture = np.asarray(Image.open(run.samples / "step_00000012.png"))
    assert picture.shape == (3 * 66 + 2, 10 * 66 + 2, 3)
    first = run.validation_data.images(np.array([0]))[0, 0, 0, 0]
    assert picture[2, 2, 0] == round(float(first) * 255)
