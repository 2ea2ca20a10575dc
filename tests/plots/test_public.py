"""Names of `vae_tf.plots`, and where they are documented."""

import re
from pathlib import Path

from vae_tf import plots

ROOT = Path(__file__).parents[2]


def test_every_picture_can_be_had_by_one_name_and_is_documented():
    page = (ROOT / "docs" / "api" / "plots.md").read_text()
    for path in (ROOT / "vae_tf" / "plots").glob("*.py"):
        for name in re.findall(r"^def (plot_\w+|\w+_frames)\(", path.read_text(), re.MULTILINE):
            assert callable(getattr(plots, name)) and name in plots.__all__
            assert f"::: vae_tf.plots.{path.stem}\n" in page
    assert all(getattr(plots, name) for name in plots.__all__)
