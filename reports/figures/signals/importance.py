"""What is lost without each part of what the model reads, drawn and as a table."""

from collections.abc import Sequence
from typing import Any

from plotly.graph_objects import Scatter

from quantsig.data.language.saying import say, word
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Figure, Table
from quantsig.reports.page.numerals import DASH, number, text
from quantsig.signals.explain.record import Explanation, RankedPart
from quantsig.signals.inputs import Kind

NAMES = {  # of panels, planes and fields, for people
    "candles": "candles",
    "volume": "volume",
    "trend": "trend",
    "jkx": "price image",
    "calendar": "calendar",
    "up": "rising",
    "down": "falling",
    "wicks": "wicks",
    "average": "average line",
    "fast": "fast average",
    "slow": "slow average",
    "band": "band",
    "bars": "price bars",
    "open": "open price",
    "high": "high price",
    "low": "low price",
    "close": "close price",
}
TITLES: dict[Kind, str] = {
    "panel": "By panel",
    "field": "By field",
    "timeframe": "By timeframe",
    "age": "By age of the bars",
}
AXES: dict[Kind, str] = {
    "panel": "panel",
    "field": "field",
    "timeframe": "base bars in a drawn bar",
    "age": "base bars before the decision",
}
LOST = "How much the figure falls where this part is exchanged for that of a far time."


def called(name: str) -> str:
    """A panel, plane or field as people call it; what has no such name as it is."""
    return say(NAMES[name]) if name in NAMES else word(name)


def groups(found: Explanation) -> tuple[Figure, ...]:
    """A drawing each for panels or fields, timeframes and ages."""
    kinds: tuple[Kind, ...] = ("panel", "field", "timeframe", "age")
    return tuple(_dots(found.of_kind(kind), kind) for kind in kinds if found.of_kind(kind))


def _dots(parts: Sequence[RankedPart], kind: Kind) -> Figure:
    in_order = sorted(parts, key=lambda part: _first_number(part.name))
    shown = parts if kind in ("panel", "field") else in_order
    names = [theme.literal(str(called(part.name))) for part in shown]
    errors = [_error(part, end) for end in ("high", "low") for part in shown]
    points = Scatter(
        x=names,
        y=[round(part.importance.lost, 5) for part in shown],
        mode="markers",
        marker={"size": 9, "color": theme.BLUE},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": errors[: len(shown)],
            "arrayminus": errors[len(shown) :],
            "thickness": 1.2,
            "width": 4,
            "color": theme.BLUE,
        },
        hovertemplate="%{x}: %{y:.4f}<extra></extra>",
    )
    return Figure(
        name=f"by-{kind}",
        title=TITLES[kind],
        drawing=theme.draw(
            points,
            x={"type": "category", **theme.named(say(AXES[kind]))},
            y={
                "zeroline": True,
                "zerolinecolor": theme.SOFT_INK,
                **theme.named(say("loss without it")),
            },
            height_px=260,
            showlegend=False,
        ),
        meaning=LOST,
    )


def plane_map(found: Explanation) -> tuple[Figure, ...]:
    """Every plane, or feature, by what it draws and its timeframe."""
    parts = found.of_kind("plane", "feature")
    cells = {part.name.partition("@")[::2]: part for part in parts}
    rows = list(dict.fromkeys(row for row, _ in sorted(cells, key=lambda cell: cell[0])))
    frames = sorted({frame for _, frame in cells}, key=_first_number)
    z = [[_lost(cells.get((row, frame))) for frame in frames] for row in rows]
    widest = max((abs(value) for line in z for value in line if value is not None), default=0.0)
    heat = {
        "type": "heatmap",
        "x": [frame or str(say("calendar")) for frame in frames],
        "y": [theme.literal(str(_row_name(row))) for row in rows],
        "z": z,
        "customdata": [[_ends(cells.get((row, frame))) for frame in frames] for row in rows],
        "zmid": 0.0,
        "zmin": -(widest or 1.0),
        "zmax": widest or 1.0,
        "colorscale": theme.DIVERGING,
        "colorbar": {"title": {"text": say("loss without it")}, "thickness": 12},
        "hovertemplate": "%{y}, %{x}<br>%{z:.4f} (%{customdata})<extra></extra>",
    }
    return (
        Figure(
            name="planes",
            title="Every plane by timeframe" if found.reads == "planes" else "Every feature",
            drawing=theme.draw(
                heat,
                x={"type": "category", "showgrid": False, **theme.named(say(AXES["timeframe"]))},
                y={"type": "category", "showgrid": False, "autorange": "reversed"},
                height_px=80 + 30 * len(rows),
            ),
            meaning=LOST,
            wide=True,
        ),
    )


def table(found: Explanation) -> Table:
    """Every plane, or feature, most lost first."""
    columns = (
        Column(label="Panel" if found.reads == "planes" else "Field", write=called, name="panel"),
        Column(label="Plane", write=lambda name: called(name) if name else DASH, name="plane"),
        Column(label="Timeframe", write=text, name="timeframe", numeric=True),
        Column(label="Lost", write=_four, name="lost", numeric=True, meaning=LOST),
        Column(label="low", write=_four, name="low", numeric=True, meaning="90 % interval."),
        Column(label="high", write=_four, name="high", numeric=True, meaning="90 % interval."),
    )
    rows = []
    for part in found.of_kind("plane", "feature"):
        drawn, _, frame = part.name.partition("@")
        panel, _, plane = drawn.partition(".")
        one = part.importance
        rows.append((panel, plane, int(frame) if frame else None, one.lost, one.low, one.high))
    kept = [number for number in range(len(columns)) if found.reads == "planes" or number != 1]
    return Table(
        title="Planes" if found.reads == "planes" else "Features",
        columns=tuple(columns[number] for number in kept),
        rows=tuple(tuple(row[number] for number in kept) for row in rows),
        shown=20,
    )


def _row_name(drawn: str) -> str:
    panel, _, plane = drawn.partition(".")
    if not plane:
        return called(panel)
    return say("{panel}: {plane}", panel=called(panel), plane=called(plane))


def _first_number(name: str) -> int:
    """By which timeframes and ages are ordered; what has none comes last."""
    first = name.partition("-")[0]
    return int(first) if first.isdigit() else 1 << 30


def _lost(part: RankedPart | None) -> float | None:
    return None if part is None else round(part.importance.lost, 5)


def _ends(part: RankedPart | None) -> str:
    if part is None or part.importance.low is None:
        return DASH
    return say("{low} to {high}", low=_four(part.importance.low), high=_four(part.importance.high))


def _error(part: RankedPart, end: str) -> float | None:
    edge: float | None = getattr(part.importance, end)
    return None if edge is None else round(abs(edge - part.importance.lost), 5)


def _four(value: Any) -> str:
    return number(value, 4)
