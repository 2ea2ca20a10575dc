import html.parser
import os
from urllib.parse import unquote

import pytest

from tests.conftest import TINY
from vae_tf.analysis import PRODUCTS, elements
from vae_tf.analysis.report import ReportedRun, write_report


class Page(html.parser.HTMLParser):
    """What a browser would find on a page."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.links, self.ids, self.tags, self.open = [], [], set(), set(), []
        self.pages, self.policy, self.words = [], None, ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.add(attributes.get("id"))
        self.tags.add(tag)
        if tag == "img":
            self.sources.append(attributes["src"])
            assert attributes["alt"]
        if tag == "a" and attributes["href"].startswith("#"):
            self.links.append(unquote(attributes["href"].removeprefix("#")))
        elif tag == "a":
            self.pages.append(unquote(attributes["href"]))
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words += data


def test_the_report_needs_nothing_else(analyzed):
    images, outcome = analyzed
    text = (images / "report.html").read_text()
    page = Page(text)
    assert set(page.links) <= page.ids and not {"script", "link"} & page.tags
    assert page.pages == ["digits/explorer.html", "sprites/explorer.html"]
    pictures = [path for path in outcome.drawn if path.suffix in (".png", ".gif")]
    assert len(page.sources) == len(pictures) > len(PRODUCTS)
    assert all(source.startswith("data:image/") for source in page.sources)
    assert "<code>mig</code>" in text and "0.25" in text and "&lt;b&gt;" in text
    assert text.count('<table class="scores">') == 2  # a block for each data set
    assert "://" not in text and "prefers-color-scheme: dark" in text


def test_nothing_but_its_own_style_and_pictures_may_be_loaded(analyzed):
    page = Page((analyzed[0] / "report.html").read_text())
    rules = dict(rule.split(" ", 1) for rule in page.policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:" and rules["style-src"] == "'unsafe-inline'"
    assert "script-src" not in rules  # none, by default


def summary(name):
    known = {"run": name, "step": 12, "steps": 12, "image_shape": [8, 8, 1], "latent_size": 3}
    return known | {"active": 2, "mse": 0.1} | dict.fromkeys(
        ("val_reconstruction", "val_kl", "val_elbo", "val_stddev_mean")
    )  # fmt: skip


NAMES = (
    "<script>alert(1)</script>", '" onmouseover="alert(1)', "a b&amp;c#d%41", "$body ${style}",
    "\x1b[31m\udcff", "two\nlines",
)  # fmt: skip


def test_names_are_shown_and_not_interpreted(tmp_path):
    runs = [ReportedRun(tmp_path, TINY, summary(name), None) for name in NAMES]
    assert write_report(tmp_path / "report.html", runs, tmp_path / "none.png") == {}
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags and set(page.links) <= page.ids
    assert len(set(page.links)) == len(NAMES)
    for name in (*NAMES[:1], *NAMES[2:4], r"\x1b[31m\udcff"):
        assert page.words.count(name) == 3  # in the list, in the table, over its section


def test_a_run_that_cannot_be_told_does_not_cost_the_others(tmp_path):
    record = {"run": "bad", "step": 1, "preset": "full", "left_out": 3, "scores": {}}
    runs = [
        ReportedRun(tmp_path, TINY, summary("bad"), record),
        ReportedRun(tmp_path, TINY, summary("good"), None),
    ]
    failed = write_report(tmp_path / "report.html", runs, tmp_path / "none.png")
    assert list(failed) == ["bad"] and "TypeError" in failed["bad"]
    words = Page((tmp_path / "report.html").read_text()).words
    assert "This run cannot be shown: TypeError" in words and "trained for 12 steps" in words


@pytest.mark.parametrize("content", [b"", b"\x89PNG cut short", b"GIF89a"])
def test_a_damaged_picture_is_left_out(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    assert elements.figure(tmp_path / "a.png", "title", "reading") == ""


def test_a_pipe_is_no_picture(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert elements.figure(tmp_path / "a.png", "title", "reading") == ""
