"""Which bars of a chart made its score, over the candles where they can be drawn."""

from typing import Any

import polars as pl

from quantsig.data.language.saying import say
from quantsig.reports.figures.candles import candles
from quantsig.reports.figures.signals.importance import called
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure
from quantsig.reports.page.numerals import number
from quantsig.signals.explain.record import Explanation, Saliency

MEANING = (
    "The score of the chart, {score}, less its mean where one bar of one panel at the finest "
    "timeframe is that of other times. Above zero the bar raised the score."
)


def saliency(
    found: Explanation | None, sample_id: int | None, bars: pl.DataFrame, name: str
) -> tuple[Figure, ...]:
    """The map of a sample; nothing where the run was not asked about it.

    Args:
        found: of the run.
        sample_id: whose map.
        bars: of its symbol up to the decision; fewer than the chart shows give no candles.
        name: of the drawing.
    """
    told = found.saliency if found else ()
    for one in told:
        if one.sample_id == sample_id:
            return (_map(one, bars, name),)
    return ()


def _map(found: Saliency, bars: pl.DataFrame, name: str) -> Figure:
    count = len(found.raised[0])
    back = list(range(1 - count, 1))
    widest = max((abs(value) for row in found.raised for value in row), default=0.0) or 1.0
    heat = {
        "type": "heatmap",
        "x": back,
        "y": [theme.literal(str(called(row))) for row in found.rows],
        "z": [list(row) for row in found.raised],
        "yaxis": "y2",
        "zmid": 0.0,
        "zmin": -widest,
        "zmax": widest,
        "colorscale": theme.DIVERGING,
        "colorbar": {"title": {"text": say("score")}, "thickness": 12},
        "hovertemplate": "%{y}, %{x}: %{z:.3f}<extra></extra>",
    }
    shown = bars.tail(count)
    over: list[dict[str, Any]] = []
    if len(shown) == count:
        over.append({**candles(shown, say("price")), "x": back})
    split = 0.42 if over else 1.0
    return Figure(
        name=name,
        title="Which bars made the score",
        drawing=theme.draw(
            *over,
            heat,
            x={
                "rangeslider": {"visible": False},
                "showgrid": False,
                **theme.named(say("bars before the decision")),
                "anchor": "y2",
            },
            y={"domain": [split + 0.06, 1.0] if over else [0.0, 1.0], "visible": bool(over)},
            yaxis2=theme.axis({"domain": [0.0, split], "type": "category", "showgrid": False}),
            height_px=330 if over else 200,
            showlegend=False,
        ),
        meaning=say(MEANING, score=number(found.score, 3)),
    )
