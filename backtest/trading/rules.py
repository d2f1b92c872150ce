"""What a market does not let be traded: price limits, suspended bars, no sale on the same day.

The rules of Chinese A-shares, each of which can be set alone. A limit up is met by a purchase at
or above it, a limit down by a sale at or below it; whether the fill meets one is judged by its
own price before slippage. So a bar that opens at its limit and leaves it later fills no order at
the open.
"""

import numpy as np

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, SymbolBars
from quantsig.data.barriers import Bars
from quantsig.data.labels import free_bars

ROUNDING = 1e-9  # relative: prices that differ less are one price


def rule_bars(bars: SymbolBars, execution: Execution) -> Bars:
    """The bars of one symbol with the rules that its market sets each of them."""
    made = free_bars(bars.prices)
    if execution.price_limit is not None or not execution.trade_without_volume:
        ceilings, floors = _limits(bars, execution)
        if not execution.trade_without_volume and bars.volumes is not None:
            suspended = ~(bars.volumes > 0)
            ceilings[suspended], floors[suspended] = 0.0, np.inf
        made = made._replace(ceilings=ceilings, floors=floors)
    if not execution.same_session_sale:
        dates = bars.calendar.days(bars.times)
        made = made._replace(first_sales=np.searchsorted(dates, dates, side="right"))
    return made


def _limits(bars: SymbolBars, execution: Execution) -> tuple[Floats, Floats]:
    """The prices that a purchase must stay below and a sale above, (N,) each.

    Exchanges reckon in raw prices: the close before, after the dividend of the day, rounded to a
    tick, is the reference that they print; reference * (1 + limit) is rounded again, half a tick
    up. The prices here are raw ones times a factor.
    """
    count = len(bars.times)
    if execution.price_limit is None:
        return np.full(count, np.inf), np.full(count, -np.inf)
    factors = np.ones(count) if bars.factors is None else bars.factors
    reference = session_references(bars)
    raw = _to_tick(reference / factors, execution.price_tick)
    up = _to_tick(raw * (1.0 + execution.price_limit), execution.price_tick) * factors
    down = _to_tick(raw * (1.0 - execution.price_limit), execution.price_tick) * factors
    unknown = np.isnan(reference)
    return (
        np.where(unknown, np.inf, up * (1.0 - ROUNDING)),
        np.where(unknown, -np.inf, down * (1.0 + ROUNDING)),
    )


def session_references(bars: SymbolBars) -> Floats:
    """(N,) the last close of the session before that of each bar; NaN where there is none."""
    times: Integers = np.concatenate([bars.earlier.times, bars.times])
    closes = np.concatenate([[np.nan], bars.earlier.closes, bars.prices.close])
    dates = bars.calendar.days(times)
    before = np.searchsorted(dates, dates[len(bars.earlier.times) :], side="left")
    found: Floats = closes[before]  # shifted by one: the bar before the first of the date
    return found


def _to_tick(prices: Floats, tick: float) -> Floats:
    if tick == 0:
        return prices
    return np.floor(prices / tick + 0.5 + 1e-6) * tick
