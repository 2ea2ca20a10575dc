"""Fixtures: tiny images, tiny models, caches in a temporary folder."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from vae_tf.config import Params

TINY = Params(
    dataset="digits",
    encoder=((4, 3, 2), (8,)),
    latent_size=3,
    batch_size=16,
    steps=12,
    log_every=4,
    sample_every=100,
    checkpoint_every=5,
    validate_every=6,
)


def pytest_addoption(parser):
    parser.addoption(
        "--stride", type=int, default=1, help="run every n-th trial of the slow campaign alone"
    )


@pytest.fixture(scope="session")
def stride(request) -> int:
    """Distance of the trials of the slow campaign that are run; 1 is all."""
    return request.config.getoption("--stride")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Keeps prepared sets of the tests out of the user's cache, those of wider fixtures, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_TF_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


@pytest.fixture(scope="session")
def tiny() -> Params:
    """Parameters of a run that takes a second."""
    return TINY


@pytest.fixture
def run_folder(tiny, tmp_path, tmp_path_factory) -> Path:
    """A copy of a run of `tiny`, trained once for all tests."""
    from vae_tf.training import train

    once = tmp_path_factory.getbasetemp() / "trained-once"
    if not once.exists():
        train(tiny, once)
    return Path(shutil.copytree(once, tmp_path / "run"))


@pytest.fixture(scope="session")
def blobs() -> np.ndarray:
    """`[64, 8, 8, 1]` smooth images in [0, 1]: discs of random place and size."""
    rng = np.random.default_rng(0)
    grid = np.indices((8, 8))[None]
    center = rng.uniform(2, 6, (64, 2, 1, 1))
    radius = rng.uniform(1, 3, (64, 1, 1))
    distance = np.sqrt(((grid - center) ** 2).sum(1))
    return np.clip(radius - distance + 0.5, 0, 1)[..., None].astype("float32")


@pytest.fixture(autouse=True)
def plain_logging():
    """Leaves the root logger as it was; scripts configure it."""
    handlers = logging.root.handlers[:]
    yield
    logging.root.handlers[:] = handlers
