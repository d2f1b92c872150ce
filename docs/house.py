"""Draws docs/house.svg: the rooms, their inner rooms, and who imports whom, read off the imports.

python docs/house.py
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).parent.parent
ROOMS = {
    "data": "bars to samples",
    "signals": "samples to signals",
    "backtest": "signals to money",
    "reports": "results to pages",
    "api": "all of it in Python",
    "cli": "verbs",
}
WIDTH, GAP, LINE, TOP = 200, 60, 26, 96  # pixels


def inner_rooms() -> dict[str, list[str]]:
    """The folders of each room that hold code, the room's own files first."""
    return {
        room: sorted(
            str(folder.relative_to(ROOT))
            for folder in [ROOT / room, *(ROOT / room).rglob("*/")]
            if (folder / "__init__.py").is_file()
        )
        for room in ROOMS
    }


def imports(source: Path) -> Iterator[str]:
    """The folders that a file imports from."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("quantsig."):
            inner = str(node.module).removeprefix("quantsig.").replace(".", "/")
            path = ROOT / (inner if inner.partition("/")[0] in ROOMS else f"api/{inner}")
            yield str((path if path.is_dir() else path.parent).relative_to(ROOT))


def arrows(rooms: dict[str, list[str]]) -> dict[tuple[str, str], int]:
    """How many imports lead from one folder to another."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for folder in (name for names in rooms.values() for name in names):
        for source in sorted((ROOT / folder).glob("*.py")):
            for target in imports(source):
                if target != folder:
                    counts[folder, target] += 1
    return counts


def picture() -> str:
    """The house as SVG: a column a room, a line an inner room, and curves for imports."""
    rooms = inner_rooms()
    places = {
        name: (column * (WIDTH + GAP) + 20, TOP + row * LINE)
        for column, names in enumerate(rooms.values())
        for row, name in enumerate(names)
    }
    width = len(ROOMS) * (WIDTH + GAP) - GAP + 40
    height = TOP + max(map(len, rooms.values())) * LINE + 30
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for (source, target), count in sorted(arrows(rooms).items()):
        lines.append(_curve(places[source], places[target], count))
    for column, (room, purpose) in enumerate(ROOMS.items()):
        x = column * (WIDTH + GAP) + 20
        lines.append(f'<text x="{x}" y="36" font-size="20" font-weight="bold">{room}/</text>')
        lines.append(f'<text x="{x}" y="58" fill="#555555">{purpose}</text>')
        lines.extend(_box(name, places[name]) for name in rooms[room])
    return "\n".join([*lines, "</svg>"]) + "\n"


def _box(name: str, place: tuple[int, int]) -> str:
    x, y = place
    files = sum(path.name != "__init__.py" for path in (ROOT / name).glob("*.py"))
    short = name.partition("/")[2] or "(its own files)"
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{LINE - 6}" rx="4" fill="#f3f6fa" '
        f'stroke="#9fb3c8"/><text x="{x + 8}" y="{y + 14}">{escape(short)}</text>'
        f'<text x="{x + WIDTH - 8}" y="{y + 14}" text-anchor="end" fill="#777777">{files}</text>'
    )


def _curve(start: tuple[int, int], end: tuple[int, int], count: int) -> str:
    (x, y), (to_x, to_y) = start, end
    middle, to_middle = y + LINE // 2 - 3, to_y + LINE // 2 - 3
    stroke = (
        f'fill="none" stroke="#3b6ea5" stroke-opacity="0.22" stroke-width="{min(count, 6) / 2}"'
    )
    if x == to_x:
        x = to_side = x + WIDTH
        bend = x + GAP // 2
    else:
        to_side = to_x + WIDTH
        bend = (x + to_side) // 2
    path = f"M{x} {middle} C{bend} {middle} {bend} {to_middle} {to_side} {to_middle}"
    return f'<path d="{path}" {stroke}/>'


if __name__ == "__main__":
    (ROOT / "docs" / "house.svg").write_text(picture(), encoding="utf-8")
