import csv
import io

import pytest
from matplotlib import cbook
from matplotlib.figure import Figure

from vae_tf.process.texts.escaping import csv_cell, printable, without_mathtext


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("digits-VAE é 文 😀", "digits-VAE é 文 😀"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("a\rb\x9b", r"a\rb\x9b"),
        ("exe.\u202egnp", r"exe.\u202egnp"),  # read from right to left: exe.png
        ("not UTF-8 \udcff", r"not UTF-8 \udcff"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_only_letters_reach_a_terminal(name, shown):
    assert printable(name) == shown
    shown.encode("utf-8")


@pytest.mark.parametrize("name", ["a$x^$b", "$", "$$", r"\$x^$", r"a\\$x$", "$\\frac$", "no sign"])
def test_no_name_is_read_as_a_formula(name):
    escaped = without_mathtext(name)
    assert not cbook.is_math_text(escaped)
    assert escaped.replace(r"\$", "$") == name  # what Matplotlib shows where there is no formula
    figure = Figure((1, 1))
    figure.text(0, 0, escaped)
    figure.draw_without_rendering()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=a,b", '="x"'])
def test_no_text_begins_a_formula_of_a_spreadsheet(text):
    file = io.StringIO()
    csv.writer(file).writerow([csv_cell(text), csv_cell(-1.5), csv_cell(None)])
    ((cell, number, nothing),) = csv.reader(io.StringIO(file.getvalue()))
    assert cell == "'" + printable(text) and (number, nothing) == ("-1.5", "")


def test_other_text_stays_as_it_is():
    assert csv_cell("digits-VAE") == "digits-VAE" and csv_cell("1=1") == "1=1"
