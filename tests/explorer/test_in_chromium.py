"""The page in a real browser, as a reader uses it: `pytest -m slow`; needs Debian's `chromium`."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from tests.explorer.chromium import PROGRAM, Chromium
from vae_tf.runs import Run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed: apt install chromium"),
]


@pytest.fixture
def page(pages):
    return pages / "digits" / "explorer.html"


@pytest.fixture
def browser(tmp_path):
    browser = Chromium(tmp_path / "profile")
    yield browser
    browser.close()
    assert browser.requests == []
    assert browser.errors == []


def pixels(browser, selector="#decoded canvas"):
    """Pixels of a canvas, `[H, W, 3]` from 0 to 255."""
    found = browser.eval(
        f"(() => {{ const c = document.querySelector('{selector}'); return [c.height, c.width, "
        "Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)]; })()"
    )
    return np.array(found[2]).reshape(found[0], found[1], 4)[..., :3]


def code(browser):
    return np.array(browser.eval("Array.from(explorer.session.view.code)"))


def click(browser, selector):
    browser.eval(f"document.querySelector('{selector}').click()")
    browser.settle()


def assert_decoded(browser, run):
    expected = Run(run).model.decode(code(browser)[None])[0]
    assert np.abs(pixels(browser) - 255 * expected).max() <= 1.0


def test_sliders_move_and_the_canvas_is_the_models_image(browser, page, runs):
    browser.open(page)
    assert_decoded(browser, runs / "digits")
    before = pixels(browser)
    slider = browser.eval("document.querySelector('#panels .latent input').id")
    browser.eval(f"document.getElementById('{slider}').focus()")
    for _ in range(12):
        browser.key("ArrowLeft", 37)
    latent = int(slider.rpartition("-")[2])
    value = float(browser.eval(f"document.getElementById('{slider}').value"))
    assert code(browser)[latent] == pytest.approx(value, abs=1e-6)
    assert_decoded(browser, runs / "digits")
    assert not np.array_equal(pixels(browser), before)
    browser.key("z", 90, modifiers=2)  # Ctrl: all twelve are one gesture
    np.testing.assert_array_equal(pixels(browser), before)
    browser.key("z", 90, modifiers=10)
    assert code(browser)[latent] == pytest.approx(value, abs=1e-6)


def test_everything_that_can_be_clicked_decodes(browser, page, runs):
    browser.open(page)
    for selector in ("#stored button:last-child", "#prior", "#samples button:nth-child(3)",
                     "#stops button:nth-child(5)", "#reset"):  # fmt: skip
        click(browser, selector)
        assert_decoded(browser, runs / "digits")
    browser.eval("document.getElementById('kind').value = 'in_turn'")
    browser.eval("document.getElementById('kind').dispatchEvent(new Event('change'))")
    before = code(browser)
    browser.eval("document.getElementById('map').focus()")
    browser.key("ArrowRight", 39)
    assert np.abs(code(browser) - before).max() > 1e-3
    assert_decoded(browser, runs / "digits")


def test_a_click_on_the_map_goes_there(browser, page):
    browser.open(page)
    box = browser.eval(
        "(() => { const map = document.getElementById('map'); map.scrollIntoView(); "
        "return map.getBoundingClientRect().toJSON(); })()"
    )
    at = {"x": box["x"] + 0.25 * box["width"], "y": box["y"] + 0.75 * box["height"]}
    for kind in ("mousePressed", "mouseReleased"):
        browser.ask("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at)
    browser.settle()
    place = browser.eval("explorer.session.model.placeOf(explorer.session.view.code)")
    ranges = browser.eval("[explorer.map.x, explorer.map.y]")
    for axis, (low, high) in zip("xy", ranges, strict=True):
        assert place[axis] == pytest.approx(low + 0.25 * (high - low), abs=0.01 * (high - low))


def test_an_image_of_another_size_and_mode_is_fitted(browser, page, tmp_path):
    browser.open(page)
    path = tmp_path / "photo.png"
    noise = np.random.default_rng(0).integers(0, 256, (90, 140, 4), np.uint8)
    Image.fromarray(noise, "RGBA").save(path)
    choose(browser, "file", path)
    browser.wait("document.getElementById('status').textContent.includes('140×90')")
    assert "grey" in browser.eval("document.getElementById('status').textContent")
    assert pixels(browser, "#originals canvas").shape == (8, 8, 3)
    Image.fromarray(noise[:8, :8, 0]).save(path)  # as the model has them: nothing is done to it
    choose(browser, "file", path)
    browser.wait("document.getElementById('status').textContent.startsWith('Your image. ')")
    path.write_text("no image")
    choose(browser, "file", path)
    browser.wait("document.getElementById('status').textContent.includes('no image')")


def choose(browser, element, path):
    """Chooses a file, as the dialog of the browser does."""
    root = browser.ask("DOM.getDocument")["root"]["nodeId"]
    node = browser.ask("DOM.querySelector", nodeId=root, selector=f"#{element}")["nodeId"]
    browser.ask("DOM.setFileInputFiles", files=[str(path)], nodeId=node)


def test_drawing_by_keyboard_is_encoded(browser, page):
    browser.open(page)
    browser.eval("document.getElementById('draw-box').open = true")
    browser.eval("document.getElementById('pad').focus()")
    before = code(browser)
    browser.key(" ", 32, " ")
    for _ in range(3):
        browser.key("ArrowDown", 40)
    browser.key(" ", 32, " ")
    assert pixels(browser, "#originals canvas").max() > 150
    assert not np.array_equal(code(browser), before)


def test_a_second_run_stands_beside_the_first_and_another_data_set_does_not(browser, page):
    browser.open(page)
    choose(browser, "second-file", page.parents[1] / "sprites" / "explorer.html")
    browser.wait("document.getElementById('status').textContent.includes('other data')")
    choose(browser, "second-file", page)
    browser.wait("document.querySelectorAll('#decoded canvas').length === 2")
    browser.settle()
    both = [pixels(browser, f"#decoded figure:nth-child({i}) canvas") for i in (1, 2)]
    assert np.abs(both[0] - both[1]).max() <= 1  # the same run twice, one of it encoded here
    click(browser, "#active-1")
    assert browser.eval("explorer.session.active") == 1
    click(browser, "#from")
    choose(browser, "second-file", page)  # in place of the other
    browser.wait("explorer.session.active === 0")
    ends = browser.eval("['from', 'to'].map((end) => explorer.path.ends[end].codes.length)")
    assert ends == [2, 2]  # it walks the same path
    click(browser, "#undo")
    assert browser.eval("explorer.session.state.views.length") == 2
    click(browser, "#alone")
    assert browser.eval("explorer.session.models.length") == 1


def test_a_copied_code_comes_back(browser, page):
    browser.open(page)
    click(browser, "#samples button:nth-child(2)")
    wanted = code(browser)
    click(browser, "#copy")
    text = browser.eval("document.getElementById('code').value")
    np.testing.assert_allclose(json.loads(text)["code"], wanted, rtol=1e-6)
    click(browser, "#stored button:first-child")
    browser.eval(
        "(() => { const data = new DataTransfer(); data.setData('text', "
        f"{json.dumps(text)}); document.dispatchEvent(new ClipboardEvent('paste', "
        "{clipboardData: data, bubbles: true})); })()"
    )
    browser.settle()
    np.testing.assert_allclose(code(browser), wanted, rtol=1e-6)


def test_every_control_has_a_name_and_nothing_is_wider_than_a_telephone(page, tmp_path):
    browser = Chromium(tmp_path / "profile", 390, 844, scale=2)
    try:
        browser.open(page)
        assert browser.eval("document.documentElement.scrollWidth") <= 390
        nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
        roles = {"button", "slider", "combobox", "textbox", "application", "image", "radio"}
        nameless = [
            node["role"]["value"] for node in nodes
            if not node["ignored"] and node.get("role", {}).get("value") in roles
            and not re.search(r"\w", node.get("name", {}).get("value", ""))
        ]  # fmt: skip
        assert nameless == []
    finally:
        browser.close()
