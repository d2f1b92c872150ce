"""How signals were traded, in words and units."""

from collections.abc import Callable, Mapping
from typing import Any

from quantsig.backtest.execution import Execution
from quantsig.data.language.saying import enumerate_words, say, word
from quantsig.data.storage.records import Figures
from quantsig.reports.page.content import Column, Table
from quantsig.reports.page.numerals import count, number, share, things, yes_or_no

Written = tuple[str, Callable[[Any], str]]  # what a setting is called, and how it is written


def _bars(value: Any) -> str:
    return things(value, "bar")


def _bps(value: Any) -> str:
    return say("{n} bps a side", n=number(value, 1))


def _money(value: Any) -> str:
    return number(value, 2)


ALWAYS: Mapping[str, Written] = {  # told whatever they are
    "delay_bars": ("Entry after the decision", _bars),
    "holding_bars": ("Longest holding", _bars),
    "fill_price": ("Price of entries and timed exits", word),
    "directions": ("Sides that are traded", word),
    "fee_bps": ("Fee", _bps),
    "slippage_bps": ("Slippage", _bps),
    "stop_loss": ("Stop below the entry", share),
    "take_profit": ("Target above the entry", share),
    "sizing": ("How positions are sized", word),
    "size_fraction": ("Largest position, of the account", share),
    "start_capital": ("Start capital", count),
}
WHERE_CHANGED: Mapping[str, Written] = {
    "minimum_fee": ("Least fee a side, money", _money),
    "trailing_stop": ("Trailing stop below the best price", share),
    "maintenance_margin": ("Margin that a short has to keep", share),
    "fixed_cash": ("Money a trade", _money),
    "target_volatility": ("Volatility aimed at, a bar", share),
    "volatility_bars": ("Bars that volatility is taken from", count),
    "kelly_share": ("Share of Kelly's fraction", share),
    "kelly_win": ("Mean win for Kelly's fraction", share),
    "kelly_loss": ("Mean loss for Kelly's fraction", share),
    "lot_size": ("Shares in a lot", number),
    "shared_cash": ("One account for all symbols", yes_or_no),
    "same_session_sale": ("Sold in the session it was bought in", yes_or_no),
    "price_limit": ("Price limit of a session", share),
    "price_tick": ("Tick that price limits are rounded to, money", _money),
    "trade_without_volume": ("Bars without volume are traded", yes_or_no),
}
USUAL = Execution()
NONE, EACH = "none", "each signal's own"
OF_SIGNALS = ("stop_loss", "take_profit", "holding_bars", "delay_bars")  # which they may have


def execution_settings(execution: Figures, title: str = "Execution", missing: str = NONE) -> Table:
    """What is always told and what differs from the default; the others are named below.

    Args:
        execution: settings by name.
        title: of the table.
        missing: what holds where a setting that a signal may have itself has no value.
    """
    known = {name: value for name, value in execution.items() if name in WHERE_CHANGED}
    changed = [name for name, value in known.items() if value != getattr(USUAL, name)]
    shown = [*(name for name in ALWAYS if name in execution), *changed]
    usual = [say(WHERE_CHANGED[name][0]) for name in known if name not in changed]
    return Table(
        title=title,
        columns=(Column(label="Setting"), Column(label="Value")),
        rows=tuple(
            told(name, execution[name], missing if name in OF_SIGNALS else NONE) for name in shown
        ),
        note=say("As by default: {names}.", names=enumerate_words(list(usual))) if usual else "",
        sortable=False,
    )


def told(name: str, value: Any, missing: str = NONE) -> tuple[str, str]:
    """What a setting is called, and its value with its unit; what it is where it has none."""
    label, write = {**ALWAYS, **WHERE_CHANGED}[name]
    if value is None:
        return say(label), say(missing)
    return say(label), word(value) if isinstance(value, str) else write(value)
