"""Where the trades began and ended, on the prices of each symbol."""

from typing import Any

import polars as pl

from quantsig.data.language.saying import Said, join, say
from quantsig.reports.figures.candles import breaks, candles, fold, milliseconds, six_digits
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure, View
from quantsig.reports.page.numerals import things

SYMBOLS = 60  # those with the most trades; the note says how many are left out
CANDLES = 20_000  # of all symbols together
MOST_CANDLES = 2_000  # of one symbol
MARKS = 10_000  # trades of all symbols together

Trace = dict[str, Any]


def entries_and_exits(bars: pl.DataFrame | None, trades: pl.DataFrame) -> tuple[Figure, ...]:
    """One drawing with a view for each traded symbol; nothing where the bars are not known."""
    if bars is None or bars.is_empty() or trades.is_empty():
        return ()
    busiest = trades["symbol"].value_counts().sort("count", "symbol", descending=[True, False])
    drawn = bars.filter(pl.col("symbol").is_in(busiest["symbol"].head(SYMBOLS)))
    by_symbol = {
        str(key[0]): part for key, part in drawn.partition_by("symbol", as_dict=True).items()
    }
    shown = [symbol for symbol in busiest["symbol"].head(SYMBOLS) if symbol in by_symbol]
    if not shown:
        return ()
    limit = min(MOST_CANDLES, CANDLES // len(shown))
    views = [
        _view(symbol, by_symbol[symbol], trades.filter(symbol=symbol), limit, MARKS // len(shown))
        for symbol in shown
    ]
    longest = max(by_symbol[symbol].height for symbol in shown)
    return (
        Figure(
            name="prices",
            title="Entries and exits on the price",
            drawing=theme.draw(
                *views[0].traces,
                x={"type": "date", **views[0].layout["xaxis"], "rangeslider": {"thickness": 0.08}},
                y=theme.named("price", tickformat=",.6~g"),
                height_px=480,
                showlegend=True,
            ),
            meaning="Adjusted prices over the traded period; entries and exits stand at the "
            "prices they were filled at, slippage included. Drag to zoom, double-click to go "
            "back.",
            note=_left_out(longest, limit, busiest, shown),
            wide=True,
            views=tuple(views),
            chooser="Symbol",
        ),
    )


def _view(symbol: str, bars: pl.DataFrame, trades: pl.DataFrame, limit: int, marks: int) -> View:
    ordered = bars.sort("timestamp")
    shown = trades.sort("entry_time").tail(max(marks, 1))
    return View(
        label=Said(symbol),
        traces=(candles(fold(ordered, limit).bars, say("price")), *_marks(shown)),
        layout={"xaxis": {"rangebreaks": breaks(ordered["timestamp"])}},
    )


def _left_out(longest: int, limit: int, busiest: pl.DataFrame, shown: list[str]) -> str:
    """What the drawing does not hold, in sentences."""
    folded, marks = -(-longest // limit), MARKS // len(shown)
    symbols = busiest.height - len(shown)
    found = {
        say("A candle holds up to {bars}.", bars=things(folded, "bar")): folded > 1,
        say("Of a symbol the last {trades} are marked.", trades=things(marks, "trade")): (
            int(busiest["count"][0]) > marks
        ),
        say("{symbols} with fewer trades left out.", symbols=things(symbols, "symbol")): symbols,
    }
    return join(*(sentence for sentence, holds in found.items() if holds))


def _marks(trades: pl.DataFrame) -> tuple[Trace, Trace, Trace]:
    """The line from each entry to its exit, the entries and the exits."""
    return (
        _joined(trades),
        _points(
            trades,
            "entry",
            "probability",
            [("triangle-up" if sign > 0 else "triangle-down") for sign in trades["direction"]],
            [theme.BLUE] * trades.height,
            "#%{customdata[0]}: %{y:,.6~g}, p %{customdata[1]:.3f}",
        ),
        _points(
            trades,
            "exit",
            "return",
            ["x"] * trades.height,
            [theme.GAIN if value > 0 else theme.LOSS for value in trades["return"]],
            "#%{customdata[0]}: %{y:,.6~g}, %{customdata[1]:+.2%}",
        ),
    )


def _points(
    trades: pl.DataFrame, end: str, beside: str, symbols: list[str], colours: list[str], hover: str
) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": say(end),
        "x": milliseconds(trades[f"{end}_time"]),
        "y": six_digits(trades[f"{end}_price"]),
        "customdata": trades.select("trade_id", pl.col(beside).round(4)).rows(),
        "marker": {
            "symbol": symbols,
            "color": colours,
            "size": 11 if end == "entry" else 8,
            "line": {"color": theme.CARD, "width": 1},
        },
        "hovertemplate": hover,
    }


def _joined(trades: pl.DataFrame) -> Trace:
    """A line from each entry to its exit, with a gap after each."""
    times = zip(milliseconds(trades["entry_time"]), milliseconds(trades["exit_time"]), strict=True)
    prices = zip(six_digits(trades["entry_price"]), six_digits(trades["exit_price"]), strict=True)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [value for start, end in times for value in (start, end, None)],
        "y": [value for start, end in prices for value in (start, end, None)],
        "line": {"color": theme.SOFT_INK, "width": 1, "dash": "dot"},
        "hoverinfo": "skip",
        "showlegend": False,
    }
