"""One signal's trade, from its entry to its exit, whatever account it is made in.

Both users of a signal call this function: the accounts of one strategy and the sweep over many.
No money enters it; a short's margin call is a stop at a price that is known at the entry.
"""

from typing import NamedTuple

import numpy as np

from quantsig.backtest.trading.signal_status import SignalStatus
from quantsig.data.barriers import (
    AT_CLOSE,
    Barriers,
    Bars,
    ExitReason,
    can_fill,
    fill_price,
    is_suspended,
    walk,
)
from quantsig.data.kernels import njit


class Order(NamedTuple):
    """What one signal asks for."""

    direction: int  # +1 long, -1 short
    holding_bars: int
    stop: float  # distance from the entry's price, a fraction of it; NaN for none, as below
    target: float
    trailing: float


class Conditions(NamedTuple):
    """What every trade is subject to."""

    fill: int  # AT_OPEN, AT_CLOSE or TYPICAL
    slippage: float  # fraction of the price, against us
    maintenance: float  # of a short, margin over its value below which it is closed; NaN: never


class TradeOutcome(NamedTuple):
    """What became of the signal; prices after slippage, and only where it was traded."""

    status: SignalStatus
    exit_bar: int
    entry_price: float
    exit_price: float
    reason: ExitReason
    slipped: float  # price lost to slippage on both sides


@njit(cache=True, nogil=True)
def follow(bars: Bars, entry_bar: int, order: Order, conditions: Conditions) -> TradeOutcome:
    """Follow the trade that a signal opens at `entry_bar`.

    Stop, target and trailing stop are measured from the entry's price before slippage. Stops and
    timed exits fill with slippage; a target is a limit order and never fills worse than its
    price. Where the bars end first the trade is valued at the last close, whether or not it
    could be sold there. An entry that the market does not fill in its bar is given up.

    A short's collateral is the value it was entered at, kept beside the proceeds of the sale. It
    is called at the price p at which both together are (1 + maintenance) p: at entry price x
    that is p = 2 x / (1 + maintenance).
    """
    direction, last = order.direction, len(bars.open) - 1
    if entry_bar > last - (conditions.fill == AT_CLOSE):  # a close that nothing follows
        return _not_traded(SignalStatus.NO_BAR_TO_FILL)
    price = fill_price(bars, entry_bar, conditions.fill)
    if not can_fill(bars, entry_bar, price, direction):
        return _not_traded(
            SignalStatus.SUSPENDED if is_suspended(bars, entry_bar) else SignalStatus.PRICE_LIMIT
        )
    entry_price = price * (1.0 + direction * conditions.slippage)
    target = price * (1.0 + direction * order.target)
    margin = 2.0 * entry_price / (1.0 + conditions.maintenance) if direction < 0 else np.nan
    terms = Barriers(
        direction,
        conditions.fill,
        order.holding_bars,
        price * (1.0 - direction * order.stop),
        target,
        order.trailing,
        margin,
    )
    end = walk(bars, entry_bar, terms)
    unslipped = bars.close[last] if end.reason == ExitReason.END else end.price
    exit_price = unslipped * (1.0 - direction * conditions.slippage)
    if end.reason == ExitReason.TARGET and direction * (target - exit_price) > 0:
        exit_price = target
    slipped = abs(entry_price - price) + abs(exit_price - unslipped)
    return TradeOutcome(SignalStatus.TRADED, end.bar, entry_price, exit_price, end.reason, slipped)


@njit(cache=True, nogil=True, inline="always")
def free_from(end: TradeOutcome, fill: int) -> int:
    """The first bar in which the next trade of the symbol may be entered.

    The bar of the exit itself where the exit comes first: a timed one, or any before its close.
    """
    comes_first = fill == AT_CLOSE or end.reason == ExitReason.TIME
    return end.exit_bar if comes_first else end.exit_bar + 1


@njit(cache=True, nogil=True, inline="always")
def _not_traded(status: SignalStatus) -> TradeOutcome:
    return TradeOutcome(status, -1, np.nan, np.nan, ExitReason.END, np.nan)
