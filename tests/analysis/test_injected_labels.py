"""Labels, attributes and names that somebody else chose, in the pages of a real browser."""

import csv

import numpy as np
import pytest
from PIL import Image

from tests.explorer.chromium import PROGRAM, Chromium
from vae_tf.analysis import analyze, find_runs
from vae_tf.config import replace
from vae_tf.training import train

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed: apt install chromium"),
]

ATTACK = "window.PWNED=1"
LABELS = (
    f"</script><script>{ATTACK}</script>",
    f'<img src=x onerror="{ATTACK}">',
    "$x^$ \\frac {x}",
    f"\"'><svg onload={ATTACK}>&amp;",
)
ATTRIBUTE = f"<iframe src='javascript:parent.{ATTACK}'>"
RUN = f"<img src=x onerror={ATTACK}> $x^$ \"'"


@pytest.fixture(scope="module")
def pages(tiny, blobs, tmp_path_factory):
    """Pages of a conditional model of images whose every name is an attack."""
    place = tmp_path_factory.mktemp("attacks")
    folder = place / "pictures"
    folder.mkdir()
    with open(folder / "labels.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", ATTRIBUTE])
        for index, image in enumerate(blobs):
            Image.fromarray(np.uint8(255 * image[..., 0])).save(folder / f"{index:02}.png")
            table.writerow([f"{index:02}.png", LABELS[index % 4], LABELS[index // 16]])
    params = replace(tiny, dataset=f"folder:{folder}", model="conditional_vae")
    train(params, place / "predictions" / RUN)
    outcome = analyze(find_runs(place / "predictions"), place / "images")
    return place / "images", outcome


@pytest.fixture
def browser(tmp_path):
    browser = Chromium(tmp_path / "profile")
    yield browser
    browser.close()
    assert browser.requests == [] and browser.errors == []


@pytest.mark.parametrize("page", ["index.html", f"{RUN}/index.html", f"{RUN}/explorer.html"])
def test_no_name_is_executed_and_each_is_shown(browser, pages, page):
    images, _ = pages
    browser.open(images / page)
    browser.settle()
    assert browser.eval("window.PWNED ?? 0") == 0
    attacks = "img[src=x], svg[onload], iframe, [onerror], [onmouseover]"
    assert browser.eval(f"document.querySelectorAll('{attacks}').length") == 0
    text = browser.eval("document.body.textContent + document.title")
    assert "onerror=" in text  # the run's name, as letters
    if page.endswith("explorer.html"):
        assert all(label in text for label in LABELS[:2])


def test_pictures_with_such_names_are_drawn(pages):
    images, _ = pages
    drawn = {path.name for path in (images / RUN).glob("*.png")}
    assert {"latent_space.png", "reconstructions.png"} <= drawn
