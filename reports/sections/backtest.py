"""What the signals would have earned, beside what would have been earned without them."""

from collections.abc import Callable, Sequence

import polars as pl
from plotly.graph_objects import Scatter

from quantsig.backtest.record import WALKED, StatsRecord
from quantsig.backtest.statistics.figure_table import FIGURES
from quantsig.data.language.saying import retell, say, word
from quantsig.data.storage.records import Figures
from quantsig.reports.figures.backtest.decile_portfolios import decile_part
from quantsig.reports.figures.backtest.equity_curves import (
    equity_and_drawdown,
    exposure_and_turnover,
    rolling_sharpe,
)
from quantsig.reports.figures.backtest.execution_settings import execution_settings
from quantsig.reports.figures.backtest.ladders import cost_ladder, delay_ladder
from quantsig.reports.figures.backtest.price_chart import entries_and_exits
from quantsig.reports.figures.backtest.stated_figures import RETURNS, TRADES, lacking, stated
from quantsig.reports.figures.backtest.sweep_map import sweep_map
from quantsig.reports.figures.backtest.swept_cell import best_cell
from quantsig.reports.figures.backtest.trade_returns import excursions, return_histogram
from quantsig.reports.inputs import TradedFiles, session_days
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Figure, Section, Subsection, Table, tabulate
from quantsig.reports.page.numerals import (
    BY_UNIT,
    Value,
    count,
    day,
    gain,
    moment,
    number,
    price,
    share,
    side,
    text,
    things,
    yes_or_no,
)

CONTENTS = {  # parts of stats.json that earlier versions did not write
    "monthly": "returns of every month",
    "drawdowns": "the deepest drawdowns",
    "ladders": "costs and delays",
}
NO_SWEEP = "No sweep yet: quantsig sweep tries other settings on the calibration rows."


OF_CAPITAL = "Of the start capital"


def _money(value: Value) -> str:
    return share(value, 2)


def _cost(value: Value) -> str:
    return share(value, 4)


TRADE_COLUMNS = {
    "trade_id": Column(label="#", write=count, numeric=True),
    "symbol": Column(label="Symbol"),
    "direction": Column(label="Side", write=side),
    "entry_time": Column(label="Entry", meaning="UTC"),
    "exit_time": Column(label="Exit", meaning="UTC"),
    "entry_price": Column(label="Entry price", write=price, numeric=True, meaning="With slippage"),
    "exit_price": Column(label="Exit price", write=price, numeric=True, meaning="With slippage"),
    "return": Column(
        label="Return",
        write=gain,
        numeric=True,
        signed=True,
        meaning="Profit after fees over entry value",
    ),
    "mae": Column(
        label="Worst",
        write=share,
        numeric=True,
        meaning="Lowest value from entry to exit, a fraction of the entry price (MAE)",
    ),
    "mfe": Column(
        label="Best",
        write=share,
        numeric=True,
        meaning="Highest value from entry to exit, a fraction of the entry price (MFE)",
    ),
    "holding_bars": Column(label="Bars", write=count, numeric=True),
    "reason": Column(label="Ended by", write=word),
    "probability": Column(label="Probability", write=lambda v: number(v, 3), numeric=True),
    "fees": Column(label="Fees", write=_cost, numeric=True, meaning=OF_CAPITAL),
    "slippage": Column(label="Slippage", write=_cost, numeric=True, meaning=OF_CAPITAL),
}
DRAWDOWN_COLUMNS = {
    "start": Column(label="From", write=day, meaning="The highest equity before it"),
    "bottom": Column(label="Lowest", write=day),
    "end": Column(label="Until", write=day, meaning="Back at the highest; a dash: not yet"),
    "depth": Column(label="Depth", write=share, numeric=True),
    "days": Column(label="Days", write=count, numeric=True, meaning="Calendar days"),
}
LADDER_COLUMNS = {
    "multiple": Column(label="Costs", write=lambda v: f"{number(v, 1)}×", numeric=True),
    "delay_bars": Column(label="Delay in bars", write=count, numeric=True),
    "reachable": Column(
        label="Can be reached",
        write=yes_or_no,
        meaning="No one can trade at prices from before the decision",
    ),
    "trades": Column(label="Trades", write=count, numeric=True),
    "total_return": Column(label="Total return", write=gain, numeric=True, signed=True),
    "sharpe": Column(label="Sharpe", write=number, numeric=True, signed=True),
    "expectancy": Column(label="Expectancy a trade", write=gain, numeric=True, signed=True),
}
OF_TRADES: dict[str, Callable[[Value], str]] = {"return": gain, "profit": _money}  # sums of them
WRITERS = {name: BY_UNIT[figure.unit] for name, figure in FIGURES.items()} | OF_TRADES
SIGNED = ("total_return", "return", "expectancy", "profit", "sharpe")


def section(inputs: TradedFiles) -> Section:
    """Equity, drawdown, trades, years, and the comparison with chance."""
    stats = inputs.stats
    if stats is None:
        return Section(
            title="Backtest", missing="No backtest yet: quantsig backtest writes one into this run."
        )
    equity = _equity(inputs)
    return Section(
        title="Backtest",
        warnings=(*_bankrupt(stats), *map(retell, stats.remarks or ())),
        paragraphs=(_assumptions(stats.execution), *lacking(stats, CONTENTS)),
        numbers=stated(stats, RETURNS),
        figures=(
            *(() if equity is None else (equity_and_drawdown(equity),)),
            *_chance(stats),
        ),
        parts=(
            _time(inputs, stats),
            _trades_part(inputs, stats),
            *decile_part(stats),
            _settings(inputs, stats),
        ),
    )


def _equity(inputs: TradedFiles) -> pl.DataFrame | None:
    """The equity, where it has a row."""
    return None if inputs.equity is None or inputs.equity.is_empty() else inputs.equity


def _bankrupt(stats: StatsRecord) -> tuple[str, ...]:
    if stats.bankrupt is None:
        return ()
    return (
        say(
            "The account was bankrupt on {day}: nothing was traded after it, and every figure "
            "holds for the time until then.",
            day=day(stats.bankrupt),
        ),
    )


def _assumptions(execution: Figures) -> str:
    return say(
        "A decision at a bar's close is filled at the open {delay} later, {slippage} bps worse "
        "than that open and {fee} bps in fees per side. Stops are checked on the entry bar too, "
        "and a bar that holds both stop and target counts as the stop.",
        delay=things(execution["delay_bars"], "bar"),
        slippage=number(execution["slippage_bps"], 1),
        fee=number(execution["fee_bps"], 1),
    )


def _time(inputs: TradedFiles, stats: StatsRecord) -> Subsection:
    """What happened when."""
    equity = _equity(inputs)
    figures: tuple[Figure, ...] = ()
    if equity is not None:
        days = session_days(equity["timestamp"], inputs)
        figures = (*rolling_sharpe(equity, days, stats), *exposure_and_turnover(equity, days))
    return Subsection(
        title="Through time",
        figures=figures,
        tables=(*_records("By year", stats.yearly), *_drawdowns(stats)),
    )


def _trades_part(inputs: TradedFiles, stats: StatsRecord) -> Subsection:
    """Trade by trade."""
    trades = inputs.trades
    some = trades is not None and not trades.is_empty()
    figures: tuple[Figure, ...] = ()
    paragraphs: tuple[str, ...] = ()
    if trades is not None and some:
        prices = entries_and_exits(inputs.bars, trades)
        figures = (*prices, return_histogram(trades), *excursions(trades))
        paragraphs = () if prices else (_no_prices(),)
    return Subsection(
        title="Trade by trade",
        paragraphs=paragraphs,
        numbers=stated(stats, TRADES),
        figures=figures,
        tables=(
            *_trades(inputs),
            *_records("By symbol", stats.per_symbol),
            *_ignored(stats),
        ),
    )


def _no_prices() -> str:
    return say(
        "Entries and exits are not drawn on the price: the bars of the sample set cannot be "
        "opened any more."
    )


def _settings(inputs: TradedFiles, stats: StatsRecord) -> Subsection:
    """What other costs, delays and settings would have given."""
    sweep = sweep_map(inputs.cells, inputs.sweep)
    swept = bool(sweep) or stats.split == WALKED  # no walk is swept
    return Subsection(
        title="Costs, delays and other settings",
        paragraphs=() if swept else (say(NO_SWEEP),),
        figures=(*cost_ladder(stats), *delay_ladder(stats), *sweep),
        tables=(
            *_ladders(stats),
            *best_cell(inputs.sweep),
            execution_settings(stats.execution),
        ),
    )


def _chance(stats: StatsRecord) -> tuple[Figure, ...]:
    """The total return beside random entries of the same count and holding."""
    random = stats.random_entries
    if random.low is None or random.high is None:
        return ()
    drawn = Scatter(
        name=say("random entries, 5 % to 95 %"),
        x=[random.low, random.high],
        y=["return", "return"],
        mode="lines",
        line={"color": theme.PURPLE, "width": 14},
        opacity=0.45,
        hovertemplate="%{x:.1%}",
    )
    held, reached = stats.always_long.total_return, stats.figures["total_return"]
    points = [
        _point("their mean", random.mean, theme.SOFT_INK, "line-ns"),
        _point("always long", held, theme.GREY, "square"),
        _point("strategy", reached, theme.BLUE, "diamond"),
    ]
    shown = [value for value in (random.low, random.high, held, reached) if value is not None]
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
            meaning=say(
                "All {trades} trades moved together by {draws} numbers of sessions, at the same "
                "costs."
                if random.together
                else "{draws} draws of {trades} entries at random times, held as long and at the "
                "same costs.",
                draws=count(random.draws),
                trades=count(random.trades),
            ),
            note=say(
                "By mean return over its error {share} of them did at least as well."
                if random.together
                else "{share} of the random draws did at least as well.",
                share=share(random.p_value),
            ),
            wide=True,
        ),
    )


def _point(name: str, value: Value, colour: str, symbol: str) -> Scatter:
    return Scatter(
        name=say(name),
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


def _trades(inputs: TradedFiles) -> tuple[Table, ...]:
    trades = inputs.trades
    if trades is None:
        return ()
    if trades.is_empty():
        return (
            Table(title="List of trades", columns=(), rows=(), note="No signal led to a trade."),
        )
    write = day if inputs.daily else moment
    times = {
        name: Column(label=TRADE_COLUMNS[name].label, write=write, meaning="UTC")
        for name in ("entry_time", "exit_time")
    }
    return (tabulate("List of trades", trades, {**TRADE_COLUMNS, **times}),)


def _drawdowns(stats: StatsRecord) -> tuple[Table, ...]:
    if not stats.drawdowns:
        return ()
    return (
        Table(
            title="The deepest drawdowns",
            columns=tuple(DRAWDOWN_COLUMNS.values()),
            rows=tuple(
                tuple(getattr(row, name) for name in DRAWDOWN_COLUMNS) for row in stats.drawdowns
            ),
        ),
    )


def _ladders(stats: StatsRecord) -> tuple[Table, ...]:
    if stats.ladders is None:
        return ()
    titles = {"At higher costs": stats.ladders.costs, "At later entries": stats.ladders.delays}
    frames = {title: pl.DataFrame(rows, infer_schema_length=None) for title, rows in titles.items()}
    return tuple(
        tabulate(title, frame, LADDER_COLUMNS, sortable=False) for title, frame in frames.items()
    )


def _records(title: str, records: Sequence[Figures] | None) -> tuple[Table, ...]:
    """A table of rows as stats.json holds them, whatever their columns are."""
    if not records:
        return ()
    frame = pl.DataFrame(records, infer_schema_length=None)
    columns = {
        name: Column(
            label=say(FIGURES[name].label if name in FIGURES else _plain(name)),
            write=WRITERS.get(name, number if dtype.is_float() else text),
            numeric=(dtype.is_numeric() or name in WRITERS) and name != "year",
            signed=name in SIGNED,
        )
        for name, dtype in frame.schema.items()
    }
    return (tabulate(title, frame, columns),)


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _ignored(stats: StatsRecord) -> tuple[Table, ...]:
    ignored = {reason: signals for reason, signals in stats.ignored.items() if signals}
    columns = (
        Column(label="Reason", write=word),
        Column(label="Signals", write=count, numeric=True),
    )
    table = Table(title="Signals not traded", columns=columns, rows=tuple(ignored.items()))
    return (table,) if ignored else ()
