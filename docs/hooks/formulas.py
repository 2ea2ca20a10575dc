r"""Formulas become MathML, which browsers draw by themselves: without a script and a network.

`pymdownx.arithmatex` finds `$...$` and `$$...$$` and leaves them as `\(...\)` and `\[...\]`.
"""

import html
import re

from latex2mathml.converter import convert

_FORMULA = re.compile(
    r'<(span|div) class="arithmatex">\\(?:\((.*?)\\\)|\[(.*?)\\\])</\1>', re.DOTALL
)
# A function before its argument, which has no parentheses: log p, not logp.
_FUNCTION = re.compile(r"(<mi>(?:log|ln|det)</mi>)(?!<mo stretchy=\"false\">)")


def on_page_content(content, page, config, files):
    """Draws the formulas of a page."""
    return _FORMULA.sub(_drawn, content)


def _drawn(match) -> str:
    tag, inline, block = match.groups()
    text = html.unescape(inline or block).strip()
    drawn = convert(text, display="inline" if inline else "block")
    drawn = _FUNCTION.sub(r'\1<mspace width="0.167em"/>', drawn)
    # Readable where a program knows no MathML, and to be copied.
    return f'<{tag} class="formula" title="{html.escape(text)}">{drawn}</{tag}>'
