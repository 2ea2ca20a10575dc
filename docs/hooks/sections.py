"""The menu has every page of a folder, in the order in which the first page links to it."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[1]
# First page of a section in the menu -> its text, and the folder whose pages follow it.
_SECTIONS = {
    "models/index.md": (DOCS / "models" / "index.md", DOCS / "models"),
    "results.md": (DOCS.parent / "RESULTS.md", DOCS / "results"),
}


def on_config(config):
    """Adds the pages behind the first of each section."""
    for section in config.nav:
        for pages in section.values():
            if isinstance(pages, list) and isinstance(pages[0], str) and pages[0] in _SECTIONS:
                pages += _pages(*_SECTIONS[pages[0]])
    return config


def _pages(first: Path, folder: Path) -> list[str]:
    links = re.findall(r"\]\((?:docs/results/)?(\w+)\.md\b", first.read_text("utf-8"))
    names = {path.stem for path in folder.glob("*.md")} - {first.stem}
    order = {name: place for place, name in reversed(list(enumerate(links)))}
    ordered = sorted(names, key=lambda name: (order.get(name, len(order) + len(links)), name))
    return [f"{folder.name}/{name}.md" for name in ordered]
