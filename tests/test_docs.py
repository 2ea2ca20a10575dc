"""The site says something of whatever there is."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vae_tf.analysis.report.run_page import PRODUCTS  # the two import one another
from vae_tf.models import MODELS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

# The target of a link within the repository, without an anchor.
_LINK = re.compile(r"(?<=\]\()([^()=:#\s]+)(?=[)#])")

# Code of a page as a whole runs by itself; parts of params.py do not.
_RUNNABLE = {"data.md": 2, "keras.md": 4, "moving.md": 1}


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_picture_is_explained(name):
    text = (DOCS / "seeing.md").read_text()
    assert re.search(rf"^## .*{re.escape(name)}", text, re.MULTILINE), (
        f"docs/seeing.md has no heading with {name}: say what is good and what is a problem in it"
    )


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_a_page(name):
    pages = [path.read_text() for path in (DOCS / "models").glob("*.md")]
    assert any(re.search(rf"^`model`: .*`{name}`", page, re.MULTILINE) for page in pages)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="what is tracked, git alone knows")
def test_pictures_in_git_are_those_that_texts_show():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "images"], cwd=ROOT, capture_output=True, check=True
    )
    pages = [ROOT / "README.md", ROOT / "RESULTS.md", *DOCS.glob("**/*.md")]
    text = "\n".join(page.read_text() for page in pages)
    tracked = listed.stdout.decode().split("\0")[:-1]
    assert tracked and not [path for path in tracked if path not in text]


def test_links_lead_to_files():
    pages = [*ROOT.glob("*.md"), *DOCS.glob("**/*.md")]
    links = [(page, link) for page in pages for link in _LINK.findall(page.read_text())]
    assert links and not [
        (str(page), link) for page, link in links if not (page.parent / link).exists()
    ]


@pytest.mark.parametrize("page", _RUNNABLE)
def test_code_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(
        r"^```python\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL
    )
    whole = [block for block in blocks if "import" in block]
    assert len(whole) == _RUNNABLE[page]
    names: dict = {}  # a page continues with what it has
    for block in whole:
        exec(compile(block, page, "exec"), names)


def test_parts_stand_on_levels():
    sys.path.insert(0, str(ROOT / "docs" / "hooks"))
    try:
        architecture = importlib.import_module("architecture")
    finally:
        sys.path.pop(0)
    parts = {"plots": {"errors"}, "errors": set(), "analysis": {"plots", "errors"}}
    assert architecture.levels_of(parts) == [["errors"], ["plots"], ["analysis"]]
    # The arrow from analysis to errors is implied.
    assert architecture.drawing(parts).count("<path") == 2
    architecture.levels_of(architecture.imports())  # no circle
