import base64
import hashlib
import html.parser
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from tests.conftest import TINY
from vae_tf.analysis import PRODUCTS
from vae_tf.analysis.report import ReportedRun, badges, write_report
from vae_tf.analysis.report.groups import groups_of, verdict_of, weight_of
from vae_tf.analysis.report.pictures import pictures_of
from vae_tf.config import Params, replace
from vae_tf.runs import Run
from vae_tf.runs.lock import locked

VOID = ("img", "meta", "br", "input", "line", "circle")


class Page(html.parser.HTMLParser):
    """Content that a browser would find on a page."""

    def __init__(self, path):
        super().__init__()
        self.sources, self.links, self.ids, self.tags, self.open = [], [], set(), [], []
        self.pages, self.policy, self.words, self.alts, self.held = [], None, "", [], {}
        self.feed(Path(path).read_text(encoding="utf-8"))
        assert not self.open

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.add(attributes.get("id"))
        self.tags.append(tag)
        assert "style" not in attributes  # which the policy forbids
        if tag == "img":
            self.sources.append(attributes["src"])
            self.alts.append(attributes["alt"])
        if tag == "th":
            assert attributes["scope"]
        if tag == "a" and attributes["href"].startswith("#"):
            self.links.append(unquote(attributes["href"].removeprefix("#")))
        elif tag == "a":
            self.pages.append(unquote(attributes["href"]))
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(rule.split(" ", 1) for rule in attributes["content"].split("; "))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            self.held[self.open[-1]] = data
        else:
            self.words += data


def hash_of(content):
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def test_each_page_needs_nothing_else(analyzed):
    images, outcome = analyzed
    pictures = [path for path in outcome.drawn if path.suffix in (".png", ".gif")]
    shown = []
    for name in ("index.html", "digits/index.html", "sprites/index.html"):
        page = Page(images / name)
        assert set(page.links) <= page.ids and page.tags.count("main") == 1
        assert all(source.startswith("data:image/") for source in page.sources)
        assert len(set(page.alts)) == len(page.alts) and all(page.alts)
        for target in page.pages:
            assert ((images / name).parent / target).is_file(), target
        assert "://" not in (images / name).read_text()
        shown += page.sources if "/" in name else []
    assert len(shown) == len(pictures) - 1 > len(PRODUCTS) - 1  # except for comparison.png
    assert Page(images / "report.html").pages == ["index.html"]
    assert (images / "index.html").stat().st_size < 200_000
    text = (images / "index.html").read_text()
    assert text.count('<table class="scores">') == 2  # a block for each data set
    assert "&lt;b&gt;" in text and "<code>mig</code>" in (images / "sprites/index.html").read_text()


def test_nothing_but_its_own_style_script_and_pictures_may_be_loaded(analyzed):
    for name in ("index.html", "digits/index.html"):
        page = Page(analyzed[0] / name)
        rules = page.policy
        assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
        assert rules["img-src"] == "data:"
        for kind in ("style", "script"):
            assert rules[f"{kind}-src"] == hash_of(page.held[kind]) and page.tags.count(kind) == 1
    assert Page(analyzed[0] / "report.html").policy["default-src"] == "'none'"


def summary(name, **known):
    numbers = dict.fromkeys(("val_reconstruction", "val_kl", "val_elbo", "val_stddev_mean"))
    about = {"run": name, "step": 12, "steps": 12, "image_shape": [8, 8, 1], "latent_size": 3}
    about |= {"active": 2, "mse": 0.1, "kl_per_latent": [1.0, 1.0, 0.0], "strip": None}
    return about | numbers | known


def reported(folder, name, record=None, fields=None, **known):
    params = replace(TINY, **(fields or {}))
    return ReportedRun(folder / "pages" / name, params, summary(name, **known), record)


NAMES = (
    "<script>alert(1)", '" onmouseover="alert(1)', "a b&amp;c#d%41", "$body ${style}",
    "\x1b[31m\udcff", "two\nlines",
)  # fmt: skip


def test_names_are_shown_and_not_interpreted(tmp_path):
    runs = [reported(tmp_path, name) for name in NAMES]
    assert write_report(tmp_path, runs).failed == {}
    page = Page(tmp_path / "index.html")
    assert page.tags.count("script") == 1 and len(page.ids - {None}) >= len(NAMES)
    for name in (*NAMES[:1], *NAMES[2:4], r"\x1b[31m\udcff"):
        assert page.words.count(name) == 1  # in the table, as there are no pictures
    own = Page(tmp_path / "pages" / NAMES[0] / "index.html")
    assert own.words.count(NAMES[0]) == 2 and own.tags.count("script") == 1  # title, heading


def test_a_run_that_cannot_be_told_does_not_cost_the_others(tmp_path):
    record = {"run": "bad", "step": 1, "preset": "full", "left_out": 3, "scores": {}}
    runs = [reported(tmp_path, "bad", record), reported(tmp_path, "good")]
    written = write_report(tmp_path, runs)
    assert list(written.failed) == ["bad"] and "TypeError" in written.failed["bad"]
    page = Page(tmp_path / "index.html")
    assert "cannot be shown" in page.words and "TypeError" in page.words
    assert page.pages == ["good/index.html"]
    assert "trained for 12 steps" in Page(tmp_path / "pages" / "good" / "index.html").words
    again = [path.name for path in write_report(tmp_path, runs).changed]
    assert again == ["index.html", "report.html"]  # its page has nothing new to say


def test_runs_stand_by_weight_in_a_group_of_their_images(tmp_path):
    weights = [10, "linear(0, 1, 9)", 1, 100, "controlled(5)"]
    runs = [reported(tmp_path, str(w), fields={"kl_weight": w, "seed": 3}) for w in weights]
    runs.append(reported(tmp_path, "other", fields={"dataset": "sprites"}, image_shape=[64, 64, 1]))
    first, second = groups_of(runs)
    order = [run.summary["run"] for run in first.runs]
    assert order == ["1", "linear(0, 1, 9)", "10", "100", "controlled(5)"]
    assert first.fields == ["model", "kl_weight"]  # the seed differs between data sets alone
    assert weight_of(Params(kl_weight="linear(0, 10, 40000)", steps=4_000)) == 1  # at its end
    assert second.name == "sprites, 64x64x1" and second.fields == ["model", "kl_weight"]


def test_a_line_says_what_runs_show_together(tmp_path):
    def run(weight, active, name="a"):
        fields = {"kl_weight": weight}
        return reported(tmp_path, name, fields=fields, active=active, mse=0.0285)

    assert verdict_of([run(10, 2), run(1000, 0), run(10000, 0)]) == (
        "Weight 10: 2 of 3 latents are active, MSE 0.0285; weight 1,000 and above collapse."
    )
    assert verdict_of([run(1, 3), run(1, 1), run(1, 0, "lost")]) == (
        "Weight 1: 1 to 3 of 3 latents are active, MSE 0.0285 (median of 2 runs); lost (weight 1) "
        "collapsed."
    )
    assert verdict_of([run(4, 0)]) == "Weight 4 collapses."
    assert verdict_of([run(4, None)]) == ""


def test_badges_say_what_to_know_before_the_numbers(runs):
    run = Run(runs / "digits")
    fine = {"reconstruction": np.array([40.0, 20.0])}
    known = summary("digits", images=90)

    def words(history=fine, **changes):
        return [badge.word for badge in badges(run, known | changes, history)]

    assert words() == []
    assert words(active=0) == ["collapsed"]
    assert words(mse=None) == words({"reconstruction": np.array([40.0, 41.0])}) == ["diverged"]
    assert words({"reconstruction": np.array([40.0, np.inf])}) == ["diverged"]
    path = runs / "digits" / "params.json"
    path.write_text(path.read_text().replace('"steps": 12', '"steps": 20'))
    run = Run(runs / "digits")
    assert words(steps=20) == ["stopped"]
    with locked(run.path):
        assert words(steps=20) == ["still training"]
    record = json.loads((run.path / "metrics.json").read_text())
    (run.path / "metrics.json").write_text(json.dumps(record | {"step": 5}))
    assert words() == ["old scores"]


def test_numbers_of_a_column_have_the_same_digits(tmp_path):
    values = {"val_kl": 354.715, "mse": 0.00374}, {"val_kl": 0.0003, "mse": 0.0664}
    runs = [reported(tmp_path, f"r{i}", **numbers) for i, numbers in enumerate(values)]
    write_report(tmp_path, runs)
    text = (tmp_path / "index.html").read_text()
    cells = re.findall(r'<td class="number" data-key="([^"]*)">([^<]*)</td>', text)
    found = dict(cells)
    assert found["354.715"] == "354.7" and found["0.0003"] == "&lt;0.1"
    assert found["0.00374"] == "0.0037" and found["0.0664"] == "0.0664"


@pytest.mark.parametrize("content", [b"", b"\x89PNG cut short", b"GIF89a"])
def test_a_damaged_picture_is_left_out(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    assert pictures_of([(tmp_path / "a.png", "title", "reading")], "run") == []


def test_a_pipe_is_no_picture(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert pictures_of([(tmp_path / "a.png", "title", "reading")], "run") == []
