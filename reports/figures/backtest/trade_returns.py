"""How the trades came out, one by one: their returns, and how far each went on the way."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from plotly.graph_objects import Bar, Scatter

from quantsig.data.language.saying import say
from quantsig.reports.figures.thinning import spread
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure
from quantsig.reports.page.numerals import count, things

BINS = 50
POINTS = 1500  # of a cloud


def return_histogram(trades: pl.DataFrame) -> Figure:
    """How the returns of single trades are spread."""
    returns = trades["return"].to_numpy()
    edges = _edges(returns)
    counts, _ = np.histogram(returns, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    colours = [theme.GAIN if middle > 0 else theme.LOSS for middle in middles]
    bars = Bar(
        x=middles.round(6).tolist(),
        y=counts.tolist(),
        marker={"color": colours},
        hovertemplate="%{x:.2%}: %{y}",
        name="",
    )
    return Figure(
        name="returns",
        title="Returns of the trades",
        drawing=theme.draw(
            bars,
            x=theme.named(say("return after costs"), tickformat=".1%"),
            y=say("trades"),
            showlegend=False,
        ),
        meaning=say(
            "Profit after fees over entry value; {trades}.", trades=things(len(returns), "trade")
        ),
    )


def excursions(trades: pl.DataFrame) -> tuple[Figure, ...]:
    """How far each trade went against and for us before it ended; nothing where not recorded."""
    if not {"mae", "mfe"} <= set(trades.columns):
        return ()
    known = trades.drop_nulls(["mae", "mfe"])
    if known.is_empty():
        return ()
    shown = known[spread(known.height, POINTS)]
    won = shown["return"] > 0
    clouds = [
        _cloud(shown.filter(won), "won", theme.GAIN),
        _cloud(shown.filter(~won), "lost", theme.LOSS),
    ]
    return (
        Figure(
            name="excursions",
            title="How far the trades went",
            drawing=theme.draw(
                *clouds,
                x=theme.named(say("worst on the way (MAE)"), tickformat=".1%"),
                y=theme.named(say("best on the way (MFE)"), tickformat=".1%"),
                showlegend=True,
            ),
            meaning=say(
                "Worst and best of each trade from entry to exit, as a fraction of the entry "
                "price (MAE, MFE); {trades}, {shown} of them drawn. A stop closer than the worst "
                "of most winners would have ended them.",
                trades=things(known.height, "trade"),
                shown=count(shown.height),
            ),
        ),
    )


def _cloud(rows: pl.DataFrame, name: str, colour: str) -> Scatter:
    return Scatter(
        name=say(name),
        x=rows["mae"].round(5).to_list(),
        y=rows["mfe"].round(5).to_list(),
        customdata=rows["trade_id"].to_list(),
        mode="markers",
        marker={"color": colour, "size": 6, "opacity": 0.6},
        hovertemplate="#%{customdata}: %{x:.2%}, %{y:.2%}",
    )


def _edges(returns: NDArray[np.float64]) -> NDArray[Any]:
    """Edges of equal bins, one of them at zero, so that no bar mixes gains and losses."""
    low, high = min(0.0, returns.min()), max(0.0, returns.max())
    bins = int(np.clip(np.sqrt(len(returns)) * 2, 8, BINS))
    width = (high - low or 0.01) / bins
    return np.arange(np.floor(low / width), np.ceil(high / width) + 1) * width
