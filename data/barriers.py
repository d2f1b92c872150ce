"""The barrier walk: where a trade ends.

One function serves the triple-barrier labels and the stops of the backtest, so a label is what
a trade would have earned. It knows no money.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantsig.data.kernels import njit

Prices = NDArray[np.float64]
Integers = NDArray[np.int64]

AT_OPEN, AT_CLOSE, TYPICAL = 0, 1, 2  # the price that entries and timed exits fill at


class ExitReason(IntEnum):
    """Why a trade ended, by the numbers that compiled loops keep."""

    TIME = 0  # it was held as long as it was to be
    STOP = 1
    TARGET = 2
    END = 3  # the bars ran out
    TRAILING_STOP = 4
    MARGIN_CALL = 5
    BANKRUPT = 6  # of its account, which no walk knows

    @property
    def text(self) -> str:
        """As trades.parquet has it."""
        return self.name.lower().replace("_", " ")


class Bars(NamedTuple):
    """What a walk reads of one symbol, (N,) each; the last three are empty without such rules."""

    open: Prices
    high: Prices
    low: Prices
    close: Prices
    ceilings: Prices  # a purchase fills only below this price
    floors: Prices  # a sale fills only above this price; infinite: the bar fills nothing
    first_sales: Integers  # the first bar at which what was bought at this bar may be sold


class Barriers(NamedTuple):
    """What is agreed for a trade at its entry."""

    direction: int  # +1 long, -1 short
    fill: int  # AT_OPEN, AT_CLOSE or TYPICAL
    holding_bars: int  # from the entry to the timed exit, >= 1
    stop_price: float  # NaN for none, as below
    target_price: float
    trailing: float  # distance of the trailing stop, a fraction of the best price so far
    margin_price: float  # at which the lender closes a short


class Exit(NamedTuple):
    """The bar a trade ends on, the price before slippage, and why."""

    bar: int
    price: float
    reason: ExitReason


@njit(cache=True, nogil=True, inline="always")
def bars_of(symbol: int, bars: Bars, starts: Integers) -> Bars:
    """The bars of one symbol of several that lie end to end; `starts` has where each begins."""
    own = slice(starts[symbol], starts[symbol + 1])
    return Bars(
        bars.open[own],
        bars.high[own],
        bars.low[own],
        bars.close[own],
        bars.ceilings[own],  # a slice of an empty array is empty
        bars.floors[own],
        bars.first_sales[own],
    )


@njit(cache=True, nogil=True)
def walk(bars: Bars, entry_bar: int, terms: Barriers) -> Exit:
    """Follow a trade entered at bar `entry_bar` until it ends.

    A trade entered at the open is checked on its entry bar already; one entered at the close, or
    at the typical price, which is worked for through the whole bar, is not. Within a bar a stop
    counts before the target; an open beyond a barrier fills at that open. If neither is met the
    trade ends `holding_bars` after its entry at the same price of the bar as it began, and at
    the typical price that bar is not checked. The trailing stop follows the entry price and the
    highs (of a short the lows) of the bars lived through up to the previous one.

    A bar in which the rules of the market let no exit fill is passed over; every order lives on.

    Args:
        bars: of one symbol.
        entry_bar: the bar that the trade begins in.
        terms: what it was entered on.

    Returns:
        The exit; reason END, with the last bar and a NaN price, where the bars end first.
    """
    due = entry_bar + terms.holding_bars
    best = fill_price(bars, entry_bar, terms.fill)
    for bar in range(first_checked(entry_bar, terms.fill), len(bars.open)):
        if bar >= due and terms.fill != AT_CLOSE:
            price = fill_price(bars, bar, terms.fill)
            if can_end(bars, entry_bar, bar, price, terms.direction):
                return Exit(bar, price, ExitReason.TIME)
        end = _inside(bars, bar, best, terms)
        if end.reason != ExitReason.END and can_end(
            bars, entry_bar, bar, end.price, terms.direction
        ):
            return end
        if bar >= due and terms.fill == AT_CLOSE:
            price = bars.close[bar]
            if can_end(bars, entry_bar, bar, price, terms.direction):
                return Exit(bar, price, ExitReason.TIME)
        best = max(best, bars.high[bar]) if terms.direction > 0 else min(best, bars.low[bar])
    return Exit(len(bars.open) - 1, np.nan, ExitReason.END)


@njit(cache=True, nogil=True, inline="always")
def fill_price(bars: Bars, bar: int, fill: int) -> float:
    """The price of entries and timed exits; typical is (high + low + close) / 3."""
    if fill == AT_OPEN:
        return float(bars.open[bar])
    if fill == AT_CLOSE:
        return float(bars.close[bar])
    return float((bars.high[bar] + bars.low[bar] + bars.close[bar]) / 3.0)


@njit(cache=True, nogil=True, inline="always")
def first_checked(entry_bar: int, fill: int) -> int:
    """The first bar inside which a trade can end."""
    return entry_bar if fill == AT_OPEN else entry_bar + 1


@njit(cache=True, nogil=True, inline="always")
def can_fill(bars: Bars, bar: int, price: float, side: int) -> bool:
    """Whether the market lets a purchase (side +1) or a sale (-1) fill at this price."""
    if side > 0:
        return len(bars.ceilings) == 0 or price < bars.ceilings[bar]
    return len(bars.floors) == 0 or price > bars.floors[bar]


@njit(cache=True, nogil=True, inline="always")
def is_suspended(bars: Bars, bar: int) -> bool:
    """Whether the bar fills nothing at any price."""
    return len(bars.floors) > 0 and bars.floors[bar] == np.inf


@njit(cache=True, nogil=True, inline="always")
def can_end(bars: Bars, entry_bar: int, bar: int, price: float, direction: int) -> bool:
    """Whether a trade may end at this price; what was bought may have to be kept for a while."""
    if direction > 0 and len(bars.first_sales) > 0 and bar < bars.first_sales[entry_bar]:
        return False
    return can_fill(bars, bar, price, -direction)


@njit(cache=True, nogil=True, inline="always")
def _inside(bars: Bars, bar: int, best: float, terms: Barriers) -> Exit:
    """The exit inside one bar; reason END where there is none."""
    direction, opened = terms.direction, bars.open[bar]
    worst = bars.low[bar] if direction > 0 else bars.high[bar]
    stop, reason = _nearest_stop(best, terms)
    if direction * (worst - stop) <= 0:
        return Exit(bar, opened if direction * (opened - stop) < 0 else stop, reason)
    target = terms.target_price
    reached = bars.high[bar] if direction > 0 else bars.low[bar]
    if direction * (reached - target) >= 0:
        return Exit(bar, opened if direction * (opened - target) > 0 else target, ExitReason.TARGET)
    return Exit(bar, np.nan, ExitReason.END)


@njit(cache=True, nogil=True, inline="always")
def _nearest_stop(best: float, terms: Barriers) -> tuple[float, ExitReason]:
    """The stop that the price meets first, and its reason; NaN where there is none."""
    direction = terms.direction
    stop, reason = terms.stop_price, ExitReason.STOP
    trail = best * (1.0 - direction * terms.trailing)
    if not np.isnan(trail) and not direction * (trail - stop) <= 0:
        stop, reason = trail, ExitReason.TRAILING_STOP
    margin = terms.margin_price
    if not np.isnan(margin) and not direction * (margin - stop) <= 0:
        stop, reason = margin, ExitReason.MARGIN_CALL
    return stop, reason
