"""The page as a whole: what it holds, what it allows, and that it decodes what its model does."""

import base64
import hashlib
import html
import json
import re

import numpy as np
import pytest

from tests.explorer.engine import Engine
from vae_tf.analysis import analyze
from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.explorer_content import page_content, slider_ranges
from vae_tf.explorer.page import script, source_of_page
from vae_tf.plots.code_statistics import code_statistics
from vae_tf.runs import Run


@pytest.fixture(scope="module")
def engine():
    return Engine()


def content_of(page):
    (text,) = re.findall(r'<script type="application/json" id="run">(.*)</script>', page)
    return json.loads(text)


@pytest.mark.parametrize("name", ["digits", "sprites"])
def test_a_page_decodes_its_own_check_codes(pages, engine, name):
    page = (pages / name / "explorer.html").read_text()
    content = engine.eval(f"explorer.contentOf({json.dumps(page)})")
    assert content == content_of(page)
    at = engine.open(content)
    assert engine.eval(f"explorer.largestError(models[{at}])") < 1.0


def test_codes_lie_in_the_page(pages, engine, runs):
    content = content_of((pages / "digits" / "explorer.html").read_text())
    at = engine.open(content)
    codes = np.array(engine.eval(f"models[{at}].codes.map((code) => Array.from(code))"))
    run = AnalyzedRun(Run(runs / "digits"))
    np.testing.assert_allclose(codes, run.statistics.mean, rtol=1e-3, atol=1e-3)
    order = [latent["index"] for latent in content["latents"]]
    assert order == run.statistics.order.tolist()


def test_the_page_allows_its_own_script_and_style_and_nothing_else(pages):
    page = (pages / "digits" / "explorer.html").read_text()
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for rule, tag in (("script-src", "script"), ("style-src", "style")):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    addresses = set(re.findall(r"\w+://[^\s\"']+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not a place
    assert not re.search(r" on\w+=| style=|innerHTML|eval\(", page)


def test_names_cannot_leave_their_place(runs, tmp_path):
    name = '</script><img src=x onerror="1">&\x1b'
    (runs / "digits").rename(runs / name.replace("/", "_"))
    folder = runs / name.replace("/", "_")
    outcome = analyze([folder], tmp_path, only=["explorer.html"])
    assert not outcome.problems
    page = (tmp_path / folder.name / "explorer.html").read_text()
    outside = page.replace(script(), "")
    assert "<img" not in outside and outside.count("<script") == 2 and "\x1b" not in page


def test_an_up_to_date_page_is_not_made_again(pages, runs):
    path = pages / "digits" / "explorer.html"
    assert source_of_page(path).startswith("vae_tf ")
    assert analyze([runs / "digits"], pages, only=["explorer.html"]).current == 1
    assert source_of_page(path.with_name("none.html")) is None


def test_the_report_links_to_it(pages):
    page = (pages / "digits" / "index.html").read_text()
    assert '<a href="explorer.html">' in page


def test_the_first_of_too_many_latents_have_sliders(runs, monkeypatch):
    monkeypatch.setattr("vae_tf.analysis.explorer_content._MOST_SLIDERS", 1)
    analyzed = AnalyzedRun(Run(runs / "digits"))
    content = page_content(analyzed)
    assert [each["index"] for each in content["latents"]] == [analyzed.statistics.order[0]]
    assert content["num_movable"] == analyzed.model.latent_size > 1
    for end, side in (("low", -3), ("high", 3)):
        assert side * content["latents"][0][end] >= 9


def test_sliders_reach_all_samples_and_are_never_of_no_length():
    same = np.zeros((5, 2))
    statistics = code_statistics(same, np.full((5, 2), -np.inf), np.full(2, np.inf))
    low, high = slider_ranges(statistics, 0.0).T
    assert (low < 0).all() and (high > 0).all()
