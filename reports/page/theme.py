"""Colours and layout of every drawing.

Colours are CSS variables of templates/report.css; the page puts in their value for light or
dark when it draws. They are the Okabe-Ito palette, which colour-blind readers can tell apart:
blue is ours, orange the other side, grey the line to compare with. Gains and losses have names of
their own, blue and orange too until the reader turns to red for up and green for down.
"""

from typing import Any

from plotly.graph_objects import Figure

from quantsig.data.language.saying import say

BLUE, BLUE_SOFT = "var(--blue)", "var(--blue-soft)"
ORANGE, ORANGE_SOFT = "var(--orange)", "var(--orange-soft)"
PURPLE_SOFT = "var(--purple-soft)"
GREEN, PURPLE, AMBER, GREY = "var(--green)", "var(--purple)", "var(--amber)", "var(--grey)"
GAIN, LOSS = "var(--gain)", "var(--loss)"
INK, SOFT_INK, GRID, CARD = "var(--ink)", "var(--ink-soft)", "var(--grid)", "var(--card)"

CLEAR = "rgba(0,0,0,0)"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"
SPLIT_COLOURS = {"train": GREY, "validation": PURPLE, "calibration": BLUE, "test": ORANGE}
SERIES = (BLUE, ORANGE, GREEN, PURPLE, AMBER, GREY)  # several of a kind, one after the other
DIVERGING = [[0.0, LOSS], [0.5, CARD], [1.0, GAIN]]
PERCENT = ".0%"

Axis = dict[str, Any]


def draw(
    *traces: Any, x: str | Axis = "", y: str | Axis = "", height_px: int = 320, **layout: Any
) -> Figure:
    """A drawing in the report's look.

    Args:
        traces: what to draw.
        x, y: the title of the axis, or any of its plotly settings.
        layout: further plotly layout settings.
    """
    settings = {
        "height": height_px,
        "xaxis": axis(x),
        "yaxis": axis(y),
        "font": {"family": FONT, "size": 12, "color": SOFT_INK},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "hoverlabel": {"bgcolor": CARD, "bordercolor": GRID, "font": {"color": INK}},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "traceorder": "normal",  # plotly turns it round where a band is filled
        },
        "modebar": {"bgcolor": CLEAR, "color": GREY, "activecolor": INK},
        "bargap": 0.06,
        "template": "none",
    }
    return Figure(data=list(traces), layout={**settings, **layout})


def axis(settings: str | Axis) -> Axis:
    """An axis with a hairline grid; a bare string is its title."""
    own = named(settings) if isinstance(settings, str) else settings
    hairline = {"gridcolor": GRID, "zerolinecolor": GRID, "linecolor": GRID, "tickcolor": GRID}
    return {"automargin": True, "ticks": "outside", "ticklen": 4, **hairline, **own}


def named(title: str, **settings: Any) -> Axis:
    """An axis with a title in the reader's language, and any further plotly settings."""
    return {"title": {"text": say(title), "standoff": 10}, **settings}


def literal(name: str) -> str:
    """A name as a drawing shows it: plotly takes markup in a text for formatting and links."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def upright(x: Any, label: str) -> dict[str, Any]:
    """Layout settings that mark a place on the x axis by a dashed line and a word."""
    line = {"color": INK, "width": 1.2, "dash": "dash"}
    span = {"xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1}
    word = {"xref": "x", "yref": "paper", "x": x, "y": 0.98, "text": say(label), "showarrow": False}
    place = {"xanchor": "left", "yanchor": "top", "xshift": 4, "font": {"color": INK}}
    return {
        "shapes": [{"type": "line", **span, "line": line}],
        "annotations": [{**word, **place}],
    }
