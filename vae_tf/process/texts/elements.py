"""Elements of the pages as HTML: text, links, tables and figures.

Every text that comes from a run passes through `text`, every link through `fragment` or `address`.
"""

import base64
import html
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from vae_tf.process.files.reading import open_regular
from vae_tf.process.texts.escaping import printable

# A figure that is no wider than this is next to another one, in pixels.
_HALF_WIDTH = 900


def text(value: object) -> str:
    r"""Escapes a value so that the browser shows it letter by letter.

    Example:
        >>> text("<b> & \x1b")
        '&lt;b&gt; &amp; \\x1b'
    """
    return html.escape(printable(str(value)))


def anchor(name: str) -> str:
    """Returns the id of what stands for a run or a study, as an attribute's value."""
    return text(_id_of(name))


def fragment(name: str) -> str:
    """Returns the link to what stands for a run or a study, as an attribute's value."""
    return "#" + quote(_id_of(name), safe="")


def _id_of(name):
    return printable(f"run-{name}").replace(" ", "-").replace("\n", "-")


def address(path: str) -> str:
    """Returns the link to a file below the page's folder, as an attribute's value."""
    return text(quote(os.fsencode(path)))


def link(name: str) -> str:
    """Returns a link with the name of a run or a study to where it is on the page."""
    return f'<a href="{fragment(name)}">{text(name)}</a>'


def page_link(name: str) -> str:
    """Returns a link with the name of a run or a study to its page, as seen from the index."""
    return f'<a href="{address(f"{name}/index.html")}">{text(name)}</a>'


def number_cells(values: list[str], tag: str = "td") -> str:
    """Returns table cells that are aligned to the right; headings belong to columns."""
    scope = ' scope="col"' if tag == "th" else ""
    return "".join(f'<{tag} class="number"{scope}>{text(value)}</{tag}>' for value in values)


def scrolling(table: str, name: str) -> str:
    """Returns what may be wider than a phone in a box that scrolls, with the keyboard, too.

    Args:
        table: HTML of the table.
        name: Name for screen readers.
    """
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{text(name)}">{table}</div>'


def table(rows: Mapping[str, object], name: str) -> str:
    """Returns a table of names and their JSON values; `name` is what a screen reader calls it."""
    cells = "".join(
        f'<tr><th scope="row"><code>{text(field)}</code></th><td>{text(in_words(value))}</td></tr>'
        for field, value in rows.items()
    )
    return scrolling(f"<table>{cells}</table>", name)


def in_words(value: object) -> str:
    """A JSON value as text of a table."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def figure(path: Path, title: str, reading: str, of: str) -> str:
    """Returns a picture with its heading and how to read it.

    Args:
        path: Path of a PNG or a GIF, which becomes a part of the page.
        title: Heading.
        reading: A sentence on how to read it.
        of: Name of the run or study that it shows.

    Returns:
        HTML; empty where there is no picture, or a damaged one.
    """
    try:
        with open_regular(path) as file:
            content = file.read()
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""
    data = base64.b64encode(content).decode()
    kind = "gif" if path.suffix == ".gif" else "png"
    half = " half" if width <= _HALF_WIDTH else ""
    film = ' class="film"' if kind == "gif" else ""
    picture = (
        f'<img{film} src="data:image/{kind};base64,{data}" width="{width}" height="{height}" '
        f'alt="{text(f"{title}, {of}")}">'
    )
    return (
        f'<figure class="picture{half}"><figcaption><h3>{text(title)}</h3>'
        f'<p class="faint">{text(reading)}</p></figcaption>{scrolling(picture, title)}</figure>'
    )
