"""The report in a real browser: `pytest -m slow`; needs Debian's `chromium`.

With AXE_CORE=.../axe-core/axe.min.js (`npm install axe-core`), accessibility is checked, too.
"""

import json
import os
from pathlib import Path

import pytest

from tests.explorer.chromium import PROGRAM, Chromium

AXE = os.environ.get("AXE_CORE")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed: apt install chromium"),
]


@pytest.fixture(params=[(390, False), (820, True), (1440, False)], ids=str)
def browser(request, tmp_path):
    width, dark = request.param
    browser = Chromium(tmp_path / "profile", width, 900, dark=dark)
    yield browser
    browser.close()
    assert browser.requests == [] and browser.errors == []


def rows(browser):
    return browser.eval("[...document.querySelectorAll('.runs tbody tr:not([hidden])')]"
                        ".map((row) => row.dataset.run)")  # fmt: skip


def test_tables_sort_words_filter_and_films_pause(browser, analyzed):
    images, _ = analyzed
    browser.open(images / "index.html")
    assert browser.eval("document.documentElement.scrollWidth <= innerWidth")
    assert rows(browser) == ["digits", "sprites"]
    browser.eval("words.value = 'sprit'; words.dispatchEvent(new Event('input'))")
    assert rows(browser) == ["sprites"]
    browser.eval("document.querySelector('.runs th button').click()")
    assert browser.eval("document.querySelector('.runs th').ariaSort") == "ascending"
    browser.open(images / "digits" / "index.html")
    browser.wait("document.querySelectorAll('figcaption button').length > 0")
    pause = "document.querySelector('figcaption button')"
    films = "document.querySelectorAll('img.film').length"
    before, on_phone = browser.eval(films), browser.eval("innerWidth < 600")
    assert (before == 0) == on_phone  # where all wait
    for moving in (on_phone, not on_phone):
        browser.eval(f"{pause}.click()")
        assert browser.eval(f"{pause}.textContent") == ("Pause" if moving else "Play")
    assert browser.eval(films) == before


@pytest.mark.skipif(AXE is None, reason="axe-core is not there: AXE_CORE=.../axe.min.js")
@pytest.mark.parametrize("name", ["index.html", "sprites/index.html", "sprites/explorer.html"])
def test_pages_are_accessible(browser, analyzed, name):
    browser.open(analyzed[0] / name)
    browser.eval(f"{Path(AXE).read_text()};0")
    found = browser.eval("axe.run(document).then((found) => JSON.stringify(found))")
    found = json.loads(found)
    assert len(found["passes"]) > 10
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
