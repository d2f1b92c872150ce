"""One definition of execution: which signals become trades, and at which prices.

A decision at the close of bar t fills `delay_bars` later, at that bar's open, against us by the
slippage. The trade ends at its stop, at its target, at the open after its holding limit, or at
the last close where the bars end first. What a trade earns does not depend on the account it is
made in, so this file knows no money.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from quantsig.backtest.following import (
    NO_BAR,
    POSITION_OPEN,
    TRADED,
    Conditions,
    Wish,
    follow,
    free_from,
)
from quantsig.backtest.market import Floats, Integers, SymbolBars, SymbolSignals
from quantsig.data import barriers
from quantsig.data.barriers import AT_OPEN
from quantsig.data.errors import ConfigError
from quantsig.data.labels import free_bars

TIME = barriers.TIME_LIMIT
REASONS = ("time", "stop", "target", "end", "trailing stop", "margin call")  # as in `barriers`

WHOLE_BPS = 10_000.0

Number = TypeVar("Number", np.float64, np.int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """How a signal is traded, and what that costs."""

    delay_bars: int | None = None  # from the decision to the entry; None: that of the label
    holding_bars: int | None = None  # from open to open; None: the horizon of the signal's label
    fee_bps: float = 1.0  # per side, basis points of the traded value
    slippage_bps: float = 1.0  # per side, basis points of the price, against us
    stop_loss: float | None = None  # fraction of the entry's open; None: the signal's own
    take_profit: float | None = None  # fraction of the entry's open; None: the signal's own
    size_fraction: float = 1.0  # of the symbol's account, entry fee included

    def __post_init__(self) -> None:
        for name in ("fee_bps", "slippage_bps"):
            bps = getattr(self, name)
            _require(name, bps, 0 <= bps < WHOLE_BPS, "from 0 to below 10000")
        size = self.size_fraction
        _require("size_fraction", size, 0 < size <= 1, "above 0 and at most 1")
        for name in ("delay_bars", "holding_bars"):
            bars = getattr(self, name)
            _require(name, bars, bars is None or bars >= 1, "at least 1")
        if self.stop_loss is not None:
            _require("stop_loss", self.stop_loss, 0 < self.stop_loss < 1, "between 0 and 1")
        if self.take_profit is not None:
            good = 0 < self.take_profit < math.inf
            _require("take_profit", self.take_profit, good, "above 0")

    @property
    def fee(self) -> float:
        """Fee per side as a fraction of the traded value."""
        return self.fee_bps / WHOLE_BPS

    @property
    def slippage(self) -> float:
        """Slippage per side as a fraction of the price."""
        return self.slippage_bps / WHOLE_BPS


@dataclass(frozen=True, kw_only=True, slots=True)
class Fills:
    """The trades of one symbol in the order of time, (K,) each, prices after slippage."""

    signals: Integers  # row of the signal in `SymbolSignals`
    directions: Integers
    entry_bars: Integers
    exit_bars: Integers
    entry_prices: Floats
    exit_prices: Floats
    reasons: Integers  # position in `REASONS`
    ignored: Mapping[str, int]  # signals not traded, by reason

    def __len__(self) -> int:
        return len(self.signals)


class Wishes(NamedTuple):
    """What each signal of one symbol asks for, (K,) each, in the order of time."""

    entry_bars: Integers
    directions: Integers
    holding_bars: Integers
    stops: Floats
    targets: Floats


class Outcomes(NamedTuple):
    """What became of each signal, (K,) each; prices after slippage."""

    status: Integers  # of `following`; the rest holds for traded ones only
    exit_bars: Integers
    entry_prices: Floats
    exit_prices: Floats
    reasons: Integers


def fills(bars: SymbolBars, signals: SymbolSignals, execution: Execution) -> Fills:
    """Turn the signals of one symbol into trades, one position at a time.

    A signal whose entry falls into an open position is ignored and counted. At an open where a
    trade ends by its time limit the next one may begin: the exit comes first. Stops and targets
    are measured from the entry's open and are checked on the entry bar; a stop fills with
    slippage, a target is a limit order and never fills worse than its price.
    """
    wishes = Wishes(
        entry_bars=signals.bars + _override(signals.delay_bars, execution.delay_bars),
        directions=signals.directions,
        holding_bars=_override(signals.horizon_bars, execution.holding_bars),
        stops=_override(signals.stops, execution.stop_loss),
        targets=_override(signals.targets, execution.take_profit),
    )
    conditions = Conditions(AT_OPEN, execution.slippage, np.nan)
    outcomes = _trade(free_bars(bars.prices), wishes, conditions)
    traded = np.flatnonzero(outcomes.status == TRADED)
    return Fills(
        signals=traded,
        directions=wishes.directions[traded],
        entry_bars=wishes.entry_bars[traded],
        exit_bars=outcomes.exit_bars[traded],
        entry_prices=outcomes.entry_prices[traded],
        exit_prices=outcomes.exit_prices[traded],
        reasons=outcomes.reasons[traded],
        ignored={
            "position open": int((outcomes.status == POSITION_OPEN).sum()),
            "no bar to fill": int((outcomes.status == NO_BAR).sum()),
        },
    )


def account_growth(
    entry_prices: Floats, exit_prices: Floats, directions: Integers, execution: Execution
) -> Floats:
    """What each trade multiplies its account by, fees included.

    The position is `size_fraction` of the account, entry fee included:
    size = size_fraction * account / (entry_price * (1 + fee)).

    Args:
        entry_prices, exit_prices: after slippage, any shape.
        directions: +1 or -1, the same shape.
        execution: gives the fee and the size.

    Returns:
        The same shape; 1 is no change, 0 or less means that the account is lost.
    """
    gained = directions * (exit_prices - entry_prices)
    paid = execution.fee * (entry_prices + exit_prices)
    return 1.0 + execution.size_fraction * (gained - paid) / (entry_prices * (1.0 + execution.fee))


@njit(cache=True, nogil=True)
def _trade(bars: barriers.Bars, wishes: Wishes, conditions: Conditions) -> Outcomes:
    count = len(wishes.entry_bars)
    status = np.full(count, POSITION_OPEN, np.int64)
    exit_bars = np.full(count, -1, np.int64)
    entry_prices = np.full(count, np.nan)
    exit_prices = np.full(count, np.nan)
    reasons = np.full(count, -1, np.int64)
    free = 0  # the first bar that a position may begin in
    for row in range(count):
        entry = wishes.entry_bars[row]
        if free <= entry < len(bars.open):
            wish = Wish(
                wishes.directions[row],
                wishes.holding_bars[row],
                wishes.stops[row],
                wishes.targets[row],
                np.nan,
            )
            end = follow(bars, entry, wish, conditions)
            status[row] = end.status
            exit_bars[row] = end.exit_bar
            entry_prices[row] = end.entry_price
            exit_prices[row] = end.exit_price
            reasons[row] = end.reason
            if end.status == TRADED:
                free = free_from(end, conditions.fill)
        elif entry >= len(bars.open):
            status[row] = NO_BAR
    return Outcomes(status, exit_bars, entry_prices, exit_prices, reasons)


def _override(own: NDArray[Number], setting: float | None) -> NDArray[Number]:
    """The signals' own values, or the setting for all of them."""
    return own if setting is None else np.full_like(own, setting)


def _require(name: str, value: float, good: bool, wanted: str) -> None:
    if not good:
        raise ConfigError(
            f"{name} is {value}; it must be {wanted}.",
            where=f"backtest setting {name}",
            remedy="Correct the setting, or leave it out for the default.",
        )
