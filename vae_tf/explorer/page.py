"""The explorer of a run as one file: page.html with its style, its script and its content.

The page needs no server and no network. Its security policy allows its own script and style, by
their hashes. So text of a run cannot add a script.
"""

import json
import re
from pathlib import Path

from vae_tf.process.texts.pages import file_of, page

_PACKAGE = "vae_tf.explorer"
# In the order of their dependencies; main.js starts the page.
SCRIPTS = (
    *("network.js", "model.js", "elements.js", "session.js", "latents.js", "stage.js"),
    *("images.js", "drawing.js", "samples.js", "map.js", "path.js", "directions.js"),
    *("compare.js", "main.js"),
)
_SOURCE = re.compile(r'<meta name="source" content="([^"]*)">')
_SOURCE_WITHIN = 4_000  # characters from the beginning of the page


def script() -> str:
    """Return the script of every page."""
    parts = "\n".join(file_of(_PACKAGE, name) for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def explorer_page(content: dict, source: str) -> str:
    """Returns the HTML of a page.

    Args:
        content: JSON values, see `explorer_content.page_content`.
        source: Name of the page's source, saved in the page; see `source_of_page`.
    """
    # Text of a run cannot end the element that contains it.
    values = json.dumps(content, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return page(
        _PACKAGE,
        "page.html",
        style=file_of(_PACKAGE, "explorer.css"),
        script=script(),
        images="data: blob:",
        source=source,
        title=content["run"],
        about=content["about"],
        content=values,
    )


def source_of_page(path: Path) -> str | None:
    """Returns the source saved in a page; None without a page, or without a source in it."""
    try:
        with open(path, encoding="utf-8") as file:
            found = _SOURCE.search(file.read(_SOURCE_WITHIN))
    except (OSError, ValueError):
        return None
    return found[1] if found else None
