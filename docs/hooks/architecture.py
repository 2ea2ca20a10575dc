"""The picture of docs/architecture.md: the parts of the package, drawn from its imports."""

import ast
from functools import cache
from html import escape
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "vae_tf"
MARK = "<!-- parts -->"
_WIDTH, _PART_HEIGHT, _GAP, _LEVEL_HEIGHT = 720, 34, 14, 76


def on_page_markdown(markdown, page, config, files):
    """Puts the picture where the page has its mark."""
    return markdown.replace(MARK, drawing(imports())) if MARK in markdown else markdown


def imports() -> dict[str, set[str]]:
    """Part -> the parts that it imports; a part is a folder, or a module beside the folders."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        part = _part(path)
        if part == "__init__":
            continue
        found.setdefault(part, set())
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vae_tf"):
                parts = node.module.split(".")[1:]
                names = parts[:1] or [alias.name for alias in node.names]
                found[part] |= {name for name in names if not name.startswith("__")} - {part}
    return found


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def levels_of(parts: dict[str, set[str]]) -> list[list[str]]:
    """The parts from below: each is one level above the highest that it imports.

    Raises:
        RecursionError: If parts import each other in a circle.
    """

    @cache
    def level_of(part: str) -> int:
        return max((level_of(below) + 1 for below in parts[part]), default=0)

    levels: dict[int, list[str]] = {}
    for part in sorted(parts):
        levels.setdefault(level_of(part), []).append(part)
    return [levels[level] for level in sorted(levels)]


def drawing(parts: dict[str, set[str]]) -> str:
    """The parts and their imports as SVG; an arrow goes from a part down to what it imports.

    An import that another one implies (by way of a third part) is left out, so that lines can be
    followed.
    """
    levels = levels_of(parts)
    height = len(levels) * _LEVEL_HEIGHT
    places = {}
    for number, names in enumerate(levels):
        widths = [9 * len(name) + 24 for name in names]
        left = (_WIDTH - sum(widths) - _GAP * (len(names) - 1)) / 2
        for name, width in zip(names, widths, strict=True):
            places[name] = (left, height - (number + 1) * _LEVEL_HEIGHT + 20, width)
            left += width + _GAP
    lines = "".join(
        _line(places[part], places[below])
        for part in parts
        for below in sorted(_direct(parts, part))
    )
    boxes = "".join(_box(name, *place) for name, place in places.items())
    count = sum(map(len, parts.values()))
    title = f"{len(parts)} parts on {len(levels)} levels; {count} imports, none upwards"
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {height + 10}" role="img" aria-label="{title}" '
        f'style="width:100%" font-family="monospace" font-size="15">{lines}{boxes}</svg>'
        f"<figcaption>{title}.</figcaption></figure>"
    )


def _direct(parts: dict[str, set[str]], part: str) -> set[str]:
    @cache
    def reached(name: str) -> frozenset[str]:
        return frozenset().union(*({below} | reached(below) for below in parts[name]))

    below = parts[part]
    return below - set().union(*(reached(other) for other in below))


def _line(upper, lower) -> str:
    (x1, y1, w1), (x2, y2, w2) = upper, lower
    x1, y1, x2 = x1 + w1 / 2, y1 + _PART_HEIGHT, x2 + w2 / 2
    middle = (y1 + y2) / 2
    return (
        f'<path d="M{x1:.0f} {y1:.0f}C{x1:.0f} {middle:.0f} {x2:.0f} {middle:.0f} '
        f'{x2:.0f} {y2:.0f}" fill="none" stroke="currentColor" stroke-opacity=".35"/>'
    )


def _box(name: str, x: float, y: float, width: float) -> str:
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width}" height="{_PART_HEIGHT}" rx="6" '
        f'fill="var(--md-default-bg-color, white)" stroke="currentColor"/>'
        f'<text x="{x + width / 2:.0f}" y="{y + 22:.0f}" text-anchor="middle" '
        f'fill="currentColor">{escape(name)}</text>'
    )
