"""The paper account: positions that are open, what was earned, and every trade."""

from typing import Any

import polars as pl

from quantsig.data.language.saying import say, word
from quantsig.reports.figures.backtest.equity_curves import overlaid
from quantsig.reports.forward.inputs import ForwardInputs
from quantsig.reports.page.content import Column, Figure, Number, Section, Table, tabulate
from quantsig.reports.page.numerals import count, day, gain, moment, number, price, share, side

POINTS = 1500
TRADES = 60


def account(inputs: ForwardInputs) -> Section:
    """What trading every signal that was in time came to, after costs."""
    held = inputs.account
    if held is None:
        return Section(title="Paper account", missing="No bar has closed since the test began.")
    return Section(
        title="Paper account",
        paragraphs=(
            say(
                "Signals that were recorded in time, traded on paper by the backtest's own "
                "account: one position a symbol, after costs. It begins with 1."
            ),
        ),
        warnings=(
            (say("{n} signals are left out: their bars are not there any more.", n=held.lost),)
            if held.lost
            else ()
        ),
        numbers=_numbers(inputs),
        figures=_equity(held.equity),
        tables=(*_open(inputs), *_waiting(inputs), *_closed(inputs), *_fills(inputs)),
    )


def _numbers(inputs: ForwardInputs) -> tuple[Number, ...]:
    held = inputs.account
    assert held is not None
    equity = held.equity["equity"]
    worst = float((equity / equity.cum_max() - 1.0).min())  # type: ignore[arg-type]
    closed, paid = held.closed, float(held.outcome.accounts.trades["fees"].sum())
    won = closed.filter(pl.col("return") > 0).height / closed.height if closed.height else None
    return (
        Number(
            label="Return",
            value=gain(float(equity[-1]) - 1.0),
            meaning="Of the paper account since the start, after costs, open positions at the last "
            "close.",
            beside=say("worst drawdown {share}", share=share(worst)),
        ),
        Number(
            label="Trades",
            value=count(closed.height),
            meaning="That have ended.",
            beside=say("{n} open", n=count(held.open.height)),
        ),
        Number(label="Win rate", value=share(won), meaning="Share of ended trades with a profit."),
        Number(
            label="Costs",
            value=share(paid, 2),
            meaning="Fees of all trades over the start capital; slippage is in the prices.",
        ),
    )


def _equity(equity: pl.DataFrame) -> tuple[Figure, ...]:
    if len(equity) < 2:
        return ()
    return (
        Figure(
            name="paper-equity",
            title="Equity of the paper account",
            drawing=overlaid({say("paper account"): equity}, points=POINTS),
            meaning="After costs, from 1.",
            wide=True,
            log_axis="yaxis",
        ),
    )


def _open(inputs: ForwardInputs) -> tuple[Table, ...]:
    held = inputs.account
    assert held is not None
    if held.open.is_empty():
        return ()
    rows = held.open.join(
        inputs.record.taken.rows().select("symbol", "decision_time", "stop", "target"),
        on=["symbol", "decision_time"],
        how="left",
    )
    stop = inputs.execution.stop_loss
    target = inputs.execution.take_profit
    own = rows.with_columns(
        stop=pl.col("stop") if stop is None else pl.lit(stop),
        target=pl.col("target") if target is None else pl.lit(target),
    ).with_columns(
        stop_price=pl.col("entry_price") * (1 - pl.col("direction") * pl.col("stop")),
        target_price=pl.col("entry_price") * (1 + pl.col("direction") * pl.col("target")),
    )
    return (tabulate("Open positions", own, _columns(inputs, OPEN)),)


def _waiting(inputs: ForwardInputs) -> tuple[Table, ...]:
    held = inputs.account
    assert held is not None
    if held.waiting.is_empty():
        return ()
    return (tabulate("Signals that wait for their entry", held.waiting, _columns(inputs, WAITING)),)


def _closed(inputs: ForwardInputs) -> tuple[Table, ...]:
    held = inputs.account
    assert held is not None
    if held.closed.is_empty():
        return ()
    newest = held.closed.sort("exit_time", descending=True)
    return (tabulate("Trades that ended", newest, _columns(inputs, CLOSED), limit=TRADES),)


def _fills(inputs: ForwardInputs) -> tuple[Table, ...]:
    """Fills of the user's broker beside those on paper."""
    if inputs.fills is None:
        return ()
    note = say(
        "Mean slippage against the paper account, by value: {bps} bps, worse where above zero. "
        "Fills that no paper trade of that symbol and side is near: {unmatched}.",
        bps=number(inputs.fills.mean_slippage_bps),
        unmatched=count(inputs.fills.unmatched),
    )
    times = {
        "time": Column(label="Filled", write=moment),
        "paper_time": Column(label="On paper", write=moment),
    }
    columns = {name: times.get(name) or COLUMNS[name] for name in FILLED}
    return (tabulate("Fills of the broker", inputs.fills.matched, columns, note=note),)


def _columns(inputs: ForwardInputs, names: tuple[str, ...]) -> dict[str, Column]:
    write = day if inputs.daily else moment
    times = {
        "decision_time": Column(label="Decided", write=write),
        "entry_time": Column(label="Entered", write=write),
        "exit_time": Column(label="Left", write=write),
    }
    return {name: times.get(name) or COLUMNS[name] for name in names}


def _money(value: Any) -> str:
    return share(value, 2)


OPEN = (
    "symbol",
    "direction",
    "decision_time",
    "entry_time",
    "entry_price",
    "exit_price",
    "stop_price",
    "target_price",
    "return",
)
WAITING = ("symbol", "direction", "decision_time", "probability", "close")
CLOSED = (
    "symbol",
    "direction",
    "decision_time",
    "entry_time",
    "exit_time",
    "entry_price",
    "exit_price",
    "return",
    "profit",
    "reason",
)
FILLED = (
    "symbol",
    "side",
    "time",
    "price",
    "quantity",
    "fee",
    "paper_time",
    "paper_price",
    "slippage_bps",
)
COLUMNS = {
    "side": Column(label="Side", write=lambda v: say("buy") if v > 0 else say("sell")),
    "price": Column(label="Price", write=price, numeric=True),
    "quantity": Column(label="Quantity", write=number, numeric=True),
    "fee": Column(label="Fee", write=number, numeric=True),
    "paper_price": Column(label="Paper price", write=price, numeric=True),
    "slippage_bps": Column(
        label="Slippage, bps",
        write=number,
        numeric=True,
        meaning="How much worse than the paper price, in basis points of it.",
    ),
    "symbol": Column(label="Symbol"),
    "direction": Column(label="Side", write=side),
    "probability": Column(label="Probability", write=lambda v: number(v, 3), numeric=True),
    "close": Column(label="Close", write=price, numeric=True),
    "entry_price": Column(label="Entry", write=price, numeric=True, meaning="After slippage."),
    "exit_price": Column(
        label="Exit", write=price, numeric=True, meaning="After slippage; of an open position now."
    ),
    "stop_price": Column(label="Stop", write=price, numeric=True),
    "target_price": Column(label="Target", write=price, numeric=True),
    "return": Column(label="Return", write=gain, numeric=True, signed=True, meaning="After costs."),
    "profit": Column(
        label="Profit", write=_money, numeric=True, signed=True, meaning="Of the start capital."
    ),
    "reason": Column(label="Ended by", write=word),
}
