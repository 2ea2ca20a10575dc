"""Elements of the pages as HTML: text, numbers, tables and figures.

Every text that comes from a run passes through `text`, every link through `fragment`.
"""

import base64
import html
import io
import json
import os
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from vae_tf.escaping import printable
from vae_tf.reading import open_regular

# A figure that is no wider than this stands beside another one, in pixels.
_HALF_WIDTH = 900
# On a phone, pictures are not shrunk below this many pixels but scroll sideways.
_READABLE_WIDTH = 620


def text(value: object) -> str:
    r"""Escapes a value so that the browser shows it letter by letter.

    Example:
        >>> text("<b> & \x1b")
        '&lt;b&gt; &amp; \\x1b'
    """
    return html.escape(printable(str(value)))


def anchor(name: str) -> str:
    """Returns the id of the section of a run, as an attribute's value."""
    return text(_id_of(name))


def fragment(name: str) -> str:
    """Returns the link to the section of a run, as an attribute's value."""
    return "#" + quote(_id_of(name), safe="")


def _id_of(name):
    return printable(f"run-{name}").replace(" ", "-").replace("\n", "-")


def link(name: str) -> str:
    """Returns a link with the name of a run to its section."""
    return f'<a href="{fragment(name)}">{text(name)}</a>'


def number(value: float | None) -> str:
    """Writes a number of a run in three digits, "unknown" for None.

    Example:
        >>> [number(value) for value in (None, 0.12345, 123.45, 0.00001)]
        ['unknown', '0.123', '123.5', '1.00e-05']
    """
    if value is None:
        return "unknown"
    if value and (abs(value) >= 1e5 or abs(value) < 1e-3):
        return f"{value:.2e}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"


def number_cells(values: list[str], tag: str = "td") -> str:
    """Returns table cells that are aligned to the right."""
    return "".join(f'<{tag} class="number">{text(value)}</{tag}>' for value in values)


def table(rows: dict[str, object]) -> str:
    """Returns a table of names and their JSON values."""
    cells = "".join(
        f"<tr><th><code>{text(name)}</code></th><td>{text(_json(value))}</td></tr>"
        for name, value in rows.items()
    )
    return f'<div class="scroll"><table>{cells}</table></div>'


def _json(value):
    if isinstance(value, float):
        return f"{value:.4g}"
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def page_link(path: Path, run: str, title: str, reading: str) -> str:
    """Returns a link to a page that lies in the folder of a run, below that of the report.

    Args:
        path: Path of the page.
        run: Name of the run, as of its folder.
        title: What the page is.
        reading: A sentence on what it offers.

    Returns:
        HTML; empty where there is no page.
    """
    if not path.is_file():
        return ""
    address = quote(os.fsencode(f"{run}/{path.name}"))
    return f'<p><a href="{text(address)}"><b>{text(title)}</b></a>. {text(reading)}</p>'


def figure(path: Path, title: str, reading: str) -> str:
    """Returns a picture with its heading and how to read it.

    Args:
        path: Path of a PNG or a GIF, which becomes a part of the page.
        title: Heading.
        reading: A sentence on how to read it.

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
    style = f"max-width: {width}px; min-width: {min(width, _READABLE_WIDTH)}px"
    return (
        f'<figure class="picture{half}"><figcaption><h3>{text(title)}</h3>'
        f'<p class="faint">{text(reading)}</p></figcaption><div class="scroll">'
        f'<img src="data:image/{kind};base64,{data}" width="{width}" height="{height}" '
        f'alt="{text(title)}" style="{style}" loading="lazy"></div></figure>'
    )
