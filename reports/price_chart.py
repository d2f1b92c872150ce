"""Where the trades began and ended, on the prices of each symbol."""

from typing import Any

import polars as pl
from plotly.graph_objects import Scatter

from quantsig.reports import theme
from quantsig.reports.candles import breaks, candles, fold, milliseconds
from quantsig.reports.language import Said, join, say
from quantsig.reports.numerals import things
from quantsig.reports.page import Figure, View

SYMBOLS = 60  # those with the most trades; the list says how many are left out
CANDLES = 20_000  # of all symbols together
MOST_CANDLES = 2_000  # of one symbol
MARKS = 10_000  # trades of all symbols together
JOINED_TRADES = 1_500  # up to here entry and exit are joined by a line
TRACES = 4  # of a symbol


def entries_and_exits(bars: pl.DataFrame | None, trades: pl.DataFrame) -> tuple[Figure, ...]:
    """One drawing with a view for each traded symbol; nothing where the bars are not known."""
    if bars is None or bars.is_empty() or trades.is_empty():
        return ()
    counts = (
        trades["symbol"].value_counts(sort=True).sort(["count", "symbol"], descending=[True, False])
    )
    symbols = counts["symbol"].head(SYMBOLS).to_list()
    by_symbol = bars.filter(pl.col("symbol").is_in(symbols)).partition_by("symbol", as_dict=True)
    shown = [symbol for symbol in symbols if (symbol,) in by_symbol]
    if not shown:
        return ()
    limit = min(MOST_CANDLES, CANDLES // len(shown))
    traces: list[Any] = []
    views, folded = [], 1
    for symbol in shown:
        own = by_symbol[(symbol,)]
        fold_of = fold(own, limit)
        folded = max(folded, fold_of.bars_each)
        views.append(_view(symbol, len(traces), own["timestamp"]))
        traces += [
            candles(fold_of.bars, say("price")),
            *_marks(trades.filter(symbol=symbol), len(shown)),
        ]
    return (
        Figure(
            name="prices",
            title="Entries and exits on the price",
            drawing=theme.draw(
                *traces,
                x={"type": "date", "rangeslider": {"visible": True, "thickness": 0.08}},
                y=theme.named(say("price"), tickformat=",.6~g"),
                height_px=480,
                showlegend=True,
            ),
            meaning="Adjusted prices over the traded period; entries and exits stand at the "
            "prices they were filled at, slippage included. Drag to zoom, double-click to go "
            "back.",
            note=_said(folded, counts.height - len(shown)),
            wide=True,
            views=tuple(views),
            chooser="Symbol",
        ),
    )


def _view(symbol: str, first: int, times: pl.Series) -> View:
    axis = {"xaxis": {"rangebreaks": breaks(times)}}
    return View(label=Said(symbol), traces=tuple(range(first, first + TRACES)), layout=axis)


def _said(folded: int, left_out: int) -> str:
    parts = []
    if folded > 1:
        parts.append(say("A candle holds up to {bars}.", bars=things(folded, "bar")))
    if left_out:
        parts.append(
            say("{symbols} with fewer trades left out.", symbols=things(left_out, "symbol"))
        )
    return join(*parts)


def _marks(trades: pl.DataFrame, symbols: int) -> list[Scatter]:
    """Entries, exits and the line from one to the other: always three traces."""
    most = MARKS // symbols
    shown = trades.sort("entry_time").tail(max(most, 1))
    joined = shown if shown.height * symbols <= JOINED_TRADES else shown.clear()
    gains = shown["return"] > 0
    return [
        _joined(joined),
        _points(
            shown,
            "entry",
            name=say("entry"),
            marker={
                "symbol": ["triangle-up" if d > 0 else "triangle-down" for d in shown["direction"]],
                "color": theme.BLUE,
                "size": 11,
                "line": {"color": theme.CARD, "width": 1},
            },
            customdata=shown.select("trade_id", pl.col("probability").round(3)).rows(),
            hovertemplate="#%{customdata[0]}: %{y:,.6~g}, p %{customdata[1]}",
        ),
        _points(
            shown,
            "exit",
            name=say("exit"),
            marker={
                "symbol": "x",
                "color": [theme.GAIN if gain else theme.LOSS for gain in gains],
                "size": 8,
                "line": {"color": theme.CARD, "width": 1},
            },
            customdata=shown.select("trade_id", pl.col("return").round(5)).rows(),
            hovertemplate="#%{customdata[0]}: %{y:,.6~g}, %{customdata[1]:+.2%}",
        ),
    ]


def _points(trades: pl.DataFrame, end: str, **settings: Any) -> Scatter:
    return Scatter(
        x=milliseconds(trades[f"{end}_time"]),
        y=trades[f"{end}_price"].to_numpy().astype("float32"),
        mode="markers",
        **settings,
    )


def _joined(trades: pl.DataFrame) -> Scatter:
    """A line from each entry to its exit, with a gap after each."""
    times = zip(milliseconds(trades["entry_time"]), milliseconds(trades["exit_time"]), strict=True)
    prices = trades.select("entry_price", "exit_price").rows()
    return Scatter(
        x=[value for start, end in times for value in (start, end, None)],
        y=[value for start, end in prices for value in (start, end, None)],
        mode="lines",
        line={"color": theme.SOFT_INK, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
