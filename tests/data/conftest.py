from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / "shared"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Each test prepares into a cache of its own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("VAE_TF_CACHE", str(folder))
    return folder


@pytest.fixture(scope="module")
def one_cache(tmp_path_factory):
    """A module prepares into one cache: each set and size once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_TF_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def shared():
    """Gives a path beside the repository, or skips where it is absent."""

    def find(name):
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"'{path}' is absent")
        return path

    return find
