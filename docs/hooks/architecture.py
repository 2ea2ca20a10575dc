"""The picture of docs/architecture.md: the rooms of the package, drawn from its imports."""

import ast
from functools import cache
from html import escape
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "vae_tf"
MARK = "<!-- rooms -->"
_WIDTH, _ROOM_HEIGHT, _GAP, _FLOOR_HEIGHT = 720, 34, 14, 76


def on_page_markdown(markdown, page, config, files):
    """Puts the picture where the page has its mark."""
    return markdown.replace(MARK, drawing(imports())) if MARK in markdown else markdown


def imports() -> dict[str, set[str]]:
    """Room -> the rooms that it imports; a room is a folder, or a module beside the folders."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        room = _room(path)
        if room == "__init__":
            continue
        found.setdefault(room, set())
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vae_tf"):
                parts = node.module.split(".")[1:]
                names = parts[:1] or [alias.name for alias in node.names]
                found[room] |= {name for name in names if not name.startswith("__")} - {room}
    return found


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floors(rooms: dict[str, set[str]]) -> list[list[str]]:
    """The rooms from the ground up: each is one floor above the highest that it imports.

    Raises:
        RecursionError: If rooms import each other in a circle.
    """

    @cache
    def floor(room: str) -> int:
        return max((floor(below) + 1 for below in rooms[room]), default=0)

    levels: dict[int, list[str]] = {}
    for room in sorted(rooms):
        levels.setdefault(floor(room), []).append(room)
    return [levels[level] for level in sorted(levels)]


def drawing(rooms: dict[str, set[str]]) -> str:
    """The rooms and their imports as SVG; an arrow goes from a room down to what it imports.

    An import that another one implies (by way of a third room) is left out, so that lines can be
    followed.
    """
    levels = floors(rooms)
    height = len(levels) * _FLOOR_HEIGHT
    places = {}
    for number, names in enumerate(levels):
        widths = [9 * len(name) + 24 for name in names]
        left = (_WIDTH - sum(widths) - _GAP * (len(names) - 1)) / 2
        for name, width in zip(names, widths, strict=True):
            places[name] = (left, height - (number + 1) * _FLOOR_HEIGHT + 20, width)
            left += width + _GAP
    lines = "".join(
        _line(places[room], places[below])
        for room in rooms
        for below in sorted(_direct(rooms, room))
    )
    boxes = "".join(_box(name, *place) for name, place in places.items())
    count = sum(map(len, rooms.values()))
    title = f"{len(rooms)} rooms on {len(levels)} floors; {count} imports, none upwards"
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {height + 10}" role="img" aria-label="{title}" '
        f'style="width:100%" font-family="monospace" font-size="15">{lines}{boxes}</svg>'
        f"<figcaption>{title}.</figcaption></figure>"
    )


def _direct(rooms: dict[str, set[str]], room: str) -> set[str]:
    @cache
    def reached(name: str) -> frozenset[str]:
        return frozenset().union(*({below} | reached(below) for below in rooms[name]))

    below = rooms[room]
    return below - set().union(*(reached(other) for other in below))


def _line(upper, lower) -> str:
    (x1, y1, w1), (x2, y2, w2) = upper, lower
    x1, y1, x2 = x1 + w1 / 2, y1 + _ROOM_HEIGHT, x2 + w2 / 2
    middle = (y1 + y2) / 2
    return (
        f'<path d="M{x1:.0f} {y1:.0f}C{x1:.0f} {middle:.0f} {x2:.0f} {middle:.0f} '
        f'{x2:.0f} {y2:.0f}" fill="none" stroke="currentColor" stroke-opacity=".35"/>'
    )


def _box(name: str, x: float, y: float, width: float) -> str:
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width}" height="{_ROOM_HEIGHT}" rx="6" '
        f'fill="var(--md-default-bg-color, white)" stroke="currentColor"/>'
        f'<text x="{x + width / 2:.0f}" y="{y + 22:.0f}" text-anchor="middle" '
        f'fill="currentColor">{escape(name)}</text>'
    )
