"""What the signals would have earned, beside what would have been earned without them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from plotly.graph_objects import Bar, Scatter
from plotly.graph_objects import Figure as Drawing

from quantsig.reports import theme
from quantsig.reports.inputs import Document, Inputs
from quantsig.reports.numerals import (
    Value,
    count,
    day,
    gain,
    interval,
    moment,
    number,
    price,
    share,
    text,
    things,
)
from quantsig.reports.page import Column, Figure, Number, Section, Table, tabulate
from quantsig.reports.thinning import thin

TRADE_ROWS = 200
RECORD_ROWS = 50
LINE_POINTS = 4000
BINS = 50

# name: (label, how to write it, formula; {bars}, {trades} and {per_year} are filled in)
FIGURES: dict[str, tuple[str, Callable[[Value], str], str]] = {
    "total_return": ("Total return", gain, "last equity over first equity less one; {bars}"),
    "annual_return": (
        "Return a year",
        gain,
        "total return as compound growth over years of 365.2425 days; {bars}",
    ),
    "volatility": (
        "Volatility a year",
        share,
        "standard deviation of the returns per session times the root of {per_year} sessions a "
        "year; {bars}",
    ),
    "sharpe": (
        "Sharpe ratio",
        number,
        "mean over standard deviation of the returns per session, times the root of {per_year} "
        "sessions a year, no risk-free rate; {bars}; 95 % interval",
    ),
    "sortino": (
        "Sortino ratio",
        number,
        "mean over downside deviation of the returns per session, times the root of {per_year} "
        "sessions a year; {bars}",
    ),
    "max_drawdown": ("Worst drawdown", share, "lowest equity over the highest before it less one"),
    "exposure": ("Exposure", share, "mean invested share of the equity; {bars}"),
    "trades": ("Trades", count, "round trips from entry to exit"),
    "win_rate": ("Win rate", share, "share of trades with a profit after costs; {trades}"),
    "profit_factor": ("Profit factor", number, "sum of gains over sum of losses; {trades}"),
    "expectancy": (
        "Expectancy a trade",
        gain,
        "mean return of a trade after costs; {trades}; 95 % interval",
    ),
    "average_holding_bars": ("Mean holding", number, "bars from entry to exit; {trades}"),
    "fees": ("Fees", lambda value: number(value, 4), "sum of all fees; the first equity is 1"),
    "periods_per_year": (
        "Sessions a year",
        lambda value: number(value, 1),
        "days with bars a year, as the bars show them; {bars}",
    ),
}

TRADE_COLUMNS = {
    "trade_id": Column(label="#", write=count, numeric=True),
    "symbol": Column(label="Symbol"),
    "direction": Column(label="Side", write=lambda sign: "long" if sign > 0 else "short"),
    "entry_time": Column(label="Entry"),
    "exit_time": Column(label="Exit"),
    "entry_price": Column(label="Entry price", write=price, numeric=True, meaning="With slippage"),
    "exit_price": Column(label="Exit price", write=price, numeric=True, meaning="With slippage"),
    "return": Column(
        label="Return", write=gain, numeric=True, meaning="Profit after fees over entry value"
    ),
    "holding_bars": Column(label="Bars", write=count, numeric=True),
    "reason": Column(label="Ended by"),
    "probability": Column(label="Probability", write=lambda v: number(v, 3), numeric=True),
}
WRITERS: dict[str, Callable[[Value], str]] = {
    "total_return": gain,
    "return": gain,
    "expectancy": gain,
    "win_rate": share,
    "max_drawdown": share,
    "exposure": share,
    "trades": count,
    "profit": lambda value: number(value, 4),
    "fees": lambda value: number(value, 4),
}


def section(inputs: Inputs) -> Section:
    """Equity, drawdown, trades, years, and the comparison with chance."""
    stats = inputs.stats
    if stats is None:
        return Section(
            title="Backtest", missing="No backtest yet: quantsig backtest writes one into this run."
        )
    trades = inputs.trades
    return Section(
        title="Backtest",
        paragraphs=(_assumptions(stats["execution"]),),
        numbers=tuple(_numbers(stats)),
        figures=(*_equity(inputs.equity), *_chance(stats), *_returns(trades)),
        tables=(
            *_records("By year", stats.get("yearly")),
            *_records("By symbol", stats.get("per_symbol")),
            *_trades(inputs),
            *_ignored(stats),
            _execution(stats["execution"]),
        ),
    )


def _assumptions(execution: Document) -> str:
    delay = things(execution["delay_bars"], "bar")
    return (
        f"A decision at a bar's close is filled at the open {delay} later, "
        f"{number(execution['slippage_bps'], 1)} bps worse than that open and "
        f"{number(execution['fee_bps'], 1)} bps in fees per side. Stops are checked on the entry "
        "bar too, and a bar that holds both stop and target counts as the stop."
    )


def _numbers(stats: Document) -> list[Number]:
    figures, absent = stats["figures"], stats.get("missing") or {}
    size = {
        "bars": things(stats["bars"], "bar"),
        "trades": things(figures["trades"], "trade"),
        "per_year": number(figures.get("periods_per_year"), 1),
    }
    numbers = []
    for name, (label, write, formula) in FIGURES.items():
        value = figures.get(name)
        low, high = figures.get(f"{name}_low"), figures.get(f"{name}_high")
        meaning = formula.format(**size).capitalize() + "."
        numbers.append(
            Number(
                label=label,
                value=write(value),
                meaning=meaning,
                beside=absent.get(name) or absent.get(f"{name}_low") or interval(low, high, write),
            )
        )
    return numbers


def _equity(equity: pl.DataFrame | None) -> tuple[Figure, ...]:
    if equity is None or equity.is_empty():
        return ()
    return (
        Figure(
            name="equity",
            title="Equity and drawdown",
            drawing=_equity_and_drawdown(equity),
            meaning=f"Equity after costs from 1, and its distance below the highest so far; "
            f"{count(equity.height)} bars. Always long buys all symbols once, at the same costs.",
            wide=True,
        ),
    )


def equity_line(equity: pl.DataFrame, *, points: int, height_px: int = 300) -> Drawing:
    """Equity beside buying and holding, both starting at 1."""
    return theme.draw(
        *_equity_traces(equity, points),
        x={"type": "date"},
        y=theme.named("equity", tickformat=".2f"),
        height_px=height_px,
        hovermode="x unified",
    )


def _equity_traces(equity: pl.DataFrame, points: int) -> list[Scatter]:
    lines = {"always_long": ("always long", theme.GREY), "equity": ("signals", theme.BLUE)}
    return [
        _over_time(thin(equity, column, points), column, name=name, line={"color": colour})
        for column, (name, colour) in lines.items()
    ]


def _equity_and_drawdown(equity: pl.DataFrame) -> Drawing:
    underwater = _over_time(
        thin(equity, "drawdown", LINE_POINTS),
        "drawdown",
        name="drawdown",
        line={"color": theme.ORANGE, "width": 1},
        fill="tozeroy",
        fillcolor=theme.ORANGE_SOFT,
        hovertemplate="%{y:.1%}",
        yaxis="y2",
    )
    lowest = min(equity["drawdown"].to_numpy().min(), -0.01)
    drawing = equity_line(equity, points=LINE_POINTS, height_px=460)
    drawing.add_trace(underwater)
    drawing.update_layout(
        yaxis={"domain": [0.36, 1]},
        yaxis2=theme.axis(
            {
                **theme.named("drawdown", tickformat=".1%", range=[lowest * 1.05, 0]),
                "domain": [0, 0.28],
            }
        ),
        xaxis={"anchor": "y2"},
    )
    return drawing


def _over_time(rows: pl.DataFrame, column: str, **settings: Any) -> Scatter:
    return Scatter(
        **{
            "x": rows["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S").to_list(),
            "y": rows[column].round(6).to_list(),
            "mode": "lines",
            "hovertemplate": "%{y:.3f}",
            **settings,
        }
    )


def _chance(stats: Document) -> tuple[Figure, ...]:
    """The total return beside random entries of the same count and holding."""
    random = stats.get("random_entries") or {}
    if random.get("low") is None or random.get("high") is None:
        return ()
    drawn = Scatter(
        name="random entries, 5 % to 95 %",
        x=[random["low"], random["high"]],
        y=["return", "return"],
        mode="lines",
        line={"color": theme.PURPLE, "width": 14},
        opacity=0.45,
        hovertemplate="%{x:.1%}",
    )
    held, reached = stats["always_long"].get("total_return"), stats["figures"]["total_return"]
    points = [
        _point("their mean", random["mean"], theme.SOFT_INK, "line-ns"),
        _point("always long", held, theme.GREY, "square"),
        _point("signals", reached, theme.BLUE, "diamond"),
    ]
    shown = [value for value in (random["low"], random["high"], held, reached) if value is not None]
    margin = (max(shown) - min(shown)) * 0.08
    spread = {"range": [min(shown) - margin, max(shown) + margin], "tickformat": ".1%"}
    return (
        Figure(
            name="chance",
            title="Total return beside chance",
            drawing=theme.draw(
                drawn,
                *points,
                x={**spread, "zeroline": True, "zerolinecolor": theme.SOFT_INK},
                y={"showticklabels": False, "ticks": "", "showgrid": False},
                height_px=190,
            ),
            meaning=f"{count(random['draws'])} draws of {count(random['trades'])} entries "
            "at random times, held as long and at the same costs.",
            note=f"{share(random['p_value'])} of the random draws did at least as well.",
            wide=True,
        ),
    )


def _point(name: str, value: Value, colour: str, symbol: str) -> Scatter:
    return Scatter(
        name=name,
        x=[value],
        y=["return"],
        mode="markers",
        marker={
            "color": colour,
            "size": 15,
            "symbol": symbol,
            "line": {"width": 2, "color": colour},
        },
        hovertemplate="%{x:.1%}",
    )


def _returns(trades: pl.DataFrame | None) -> tuple[Figure, ...]:
    """How the returns of single trades are spread."""
    if trades is None or trades.is_empty():
        return ()
    returns = trades["return"].to_numpy()
    edges = _edges(returns)
    counts, _ = np.histogram(returns, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    colours = [theme.BLUE if middle > 0 else theme.ORANGE for middle in middles]
    return (
        Figure(
            name="returns",
            title="Returns of the trades",
            drawing=theme.draw(
                Bar(
                    x=middles.round(6).tolist(),
                    y=counts.tolist(),
                    marker={"color": colours},
                    hovertemplate="%{y} trades near %{x:.2%}",
                    name="",
                ),
                x=theme.named("return after costs", tickformat=".1%"),
                y="trades",
                showlegend=False,
            ),
            meaning=f"Profit after fees over entry value; {count(len(returns))} trades.",
            wide=True,
        ),
    )


def _edges(returns: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Edges of equal bins, one of them at zero, so that no bar mixes gains and losses."""
    low, high = min(0.0, returns.min()), max(0.0, returns.max())
    bins = int(np.clip(np.sqrt(len(returns)) * 2, 8, BINS))
    width = (high - low or 0.01) / bins
    return np.arange(np.floor(low / width), np.ceil(high / width) + 1) * width


def _trades(inputs: Inputs) -> tuple[Table, ...]:
    trades = inputs.trades
    if trades is None:
        return ()
    if trades.is_empty():
        return (Table(title="Trades", columns=(), rows=(), note="No signal led to a trade."),)
    write = day if inputs.daily else moment
    times = {
        name: Column(label=TRADE_COLUMNS[name].label, write=write, meaning="UTC")
        for name in ("entry_time", "exit_time")
    }
    columns = {**TRADE_COLUMNS, **times}
    return (tabulate("Trades", trades, columns, limit=TRADE_ROWS, sortable=True),)


def _records(title: str, records: list[Document] | None) -> tuple[Table, ...]:
    """A table of rows as stats.json holds them, whatever their columns are."""
    if not records:
        return ()
    frame = pl.DataFrame(records, infer_schema_length=None)
    columns = {
        name: Column(
            label=name.replace("_", " ").capitalize(),
            write=WRITERS.get(name, number if dtype.is_float() else text),
            numeric=(dtype.is_numeric() or name in WRITERS) and name != "year",
        )
        for name, dtype in frame.schema.items()
    }
    return (tabulate(title, frame, columns, limit=RECORD_ROWS, sortable=True),)


def _ignored(stats: Document) -> tuple[Table, ...]:
    ignored = {reason: signals for reason, signals in stats["ignored"].items() if signals}
    columns = (Column(label="Reason"), Column(label="Signals", write=count, numeric=True))
    table = Table(title="Signals not traded", columns=columns, rows=tuple(ignored.items()))
    return (table,) if ignored else ()


def _execution(execution: Document) -> Table:
    return Table(
        title="Execution",
        columns=(Column(label="Setting"), Column(label="Value")),
        rows=tuple(execution.items()),
    )
