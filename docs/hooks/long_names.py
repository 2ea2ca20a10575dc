"""Long names may break behind a point or an underscore, and nowhere else."""

import re

# Names in headings of the API, in cells of tables, and in the menus.
_PLACES = re.compile(
    r'(?<=<span class="doc doc-object-name doc-module-name">)[^<]+'
    r'|(?<=<span class="md-ellipsis">)[^<]+'
    r"|(?<=<td><code>)[^<]+"
    r'|(?<=<td style="text-align: left;"><code>)[^<]+'
    r'|(?<=class="doc doc-object-name doc-function-name">)[^<]+'
    r'|(?<=class="doc doc-object-name doc-class-name">)[^<]+'
)


def on_post_page(output, page, config):
    """Puts places to break into the long names of a page."""
    return _PLACES.sub(lambda match: _breakable(match.group()), output)


def _breakable(name: str) -> str:
    return name if " " in name.strip() else re.sub(r"([._])(?=\w)", r"\1<wbr>", name)
